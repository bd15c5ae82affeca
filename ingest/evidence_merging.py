"""Overlapping findings of one signal and one cause become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ingest.detect import Finding
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, RowRange

SHIFTS = (EvidenceKind.STEP, EvidenceKind.DRIFT)
SWINGS = (EvidenceKind.NOISE_CHANGE, EvidenceKind.OSCILLATION)
HIDDEN_BY: Mapping[EvidenceKind, tuple[EvidenceKind, ...]] = {
    EvidenceKind.STEP: (EvidenceKind.STUCK, *SWINGS),
    EvidenceKind.DRIFT: (EvidenceKind.STUCK, *SWINGS),
    EvidenceKind.NOISE_CHANGE: (EvidenceKind.LIMIT_VIOLATION, EvidenceKind.OSCILLATION, *SHIFTS),
    EvidenceKind.SPIKE: (EvidenceKind.LIMIT_VIOLATION, *SHIFTS, *SWINGS),
}
"""What is only another view of what: a step of a value that stands still, a spike in a burst."""
MOSTLY = 0.5
TAKEN_OVER = ("level", "change", "slope")


def merged(findings: Iterable[Finding], *, settings: EvidenceSettings) -> list[Finding]:
    """The findings of one signal without those that others explain."""
    ordered = sorted(findings, key=lambda f: (f.start, f.end, f.kind.value, f.direction))
    found = _bursts(_joined(ordered, settings))
    return [finding for finding in found if not _explained(finding, found, settings)]


def _joined(findings: list[Finding], settings: EvidenceSettings) -> list[Finding]:
    """A shift that ends in a limit violation is told with it, from its onset on."""
    violations = [f for f in findings if f.kind is EvidenceKind.LIMIT_VIOLATION]
    others = [f for f in findings if f.kind is not EvidenceKind.LIMIT_VIOLATION]
    for index in range(len(violations)):
        for shift in [f for f in others if f.kind in SHIFTS]:
            if _same_cause(violations[index], shift, settings):
                violations[index] = _join(violations[index], shift)
                others.remove(shift)
    return [*violations, *others]


def _same_cause(violation: Finding, shift: Finding, settings: EvidenceSettings) -> bool:
    together = shift.overlap(violation) >= -settings.block_s
    return together and shift.direction == violation.direction


def _join(violation: Finding, shift: Finding) -> Finding:
    numbers = dict(violation.numbers)
    numbers.update({role: shift.numbers[role] for role in TAKEN_OVER if role in shift.numbers})
    if shift.start < violation.start:
        numbers["lead"] = Quantity(violation.start - shift.start, "s")
    return replace(
        violation,
        start=min(violation.start, shift.start),
        end=max(violation.end, shift.end),
        severity=max(violation.severity, shift.severity, key=lambda s: s.rank),
        numbers=numbers,
        rows=_rows(violation, shift),
    )


def _rows(*findings: Finding) -> tuple[RowRange, ...]:
    rows = [rows for finding in findings for rows in finding.rows]
    if not rows:
        return ()
    return (RowRange(rows[0].table, min(r.first for r in rows), max(r.last for r in rows)),)


def _bursts(found: list[Finding]) -> list[Finding]:
    """A limit that one burst of noise or one swing crosses again and again was crossed by it."""
    left = list(found)
    for swing in [f for f in found if f.kind in SWINGS]:
        for direction in ("up", "down"):
            inside = [
                f
                for f in left
                if f.kind is EvidenceKind.LIMIT_VIOLATION
                and f.direction == direction
                and _share(f, [swing], 0.0) >= MOSTLY
            ]
            if len(inside) > 1:
                left = [f for f in left if all(f is not one for one in inside)]
                left.append(_as_one(inside))
    return left


def _as_one(violations: Sequence[Finding]) -> Finding:
    """All crossings of one limit as one finding: the first one's words, the furthest peak."""
    first = min(violations, key=lambda f: f.start)
    furthest = max if first.direction == "up" else min
    critical = [f for f in violations if "critical_limit" in f.numbers]
    numbers = dict(critical[0].numbers if critical else {}) | dict(first.numbers)
    numbers["peak"] = furthest((f.numbers["peak"] for f in violations), key=lambda q: q.value)
    for role in ("count", "duration"):
        total = sum(f.numbers[role].value for f in violations)
        numbers[role] = Quantity(total, first.numbers[role].unit)
    return replace(
        first,
        end=max(f.end for f in violations),
        severity=max((f.severity for f in violations), key=lambda s: s.rank),
        numbers=numbers,
        rows=_rows(*violations),
        active=any(f.active for f in violations),
    )


def _explained(finding: Finding, found: Sequence[Finding], settings: EvidenceSettings) -> bool:
    """Others of the signal cover most of it, together, and say more."""
    others = [f for f in found if f is not finding and f.kind in HIDDEN_BY.get(finding.kind, ())]
    if finding.kind in SHIFTS:
        if any(_only_noise(finding, other) for other in others if other.kind in SWINGS):
            return True
        others = [other for other in others if other.kind not in SWINGS]
    if finding.kind is EvidenceKind.NOISE_CHANGE:
        others = [other for other in others if not _only_noise(other, finding)]
    near = settings.block_s if finding.kind is EvidenceKind.SPIKE else 0.0
    return _share(finding, others, near) >= MOSTLY


def _share(finding: Finding, others: Iterable[Finding], near: float) -> float:
    """How much of a finding the others cover, widened by `near`: 0 to 1; all of a mere moment."""
    spans = sorted((other.start - near, other.end + near) for other in others)
    clipped = [(max(a, finding.start), min(b, finding.end)) for a, b in spans]
    touching = [(a, b) for a, b in clipped if b >= a]
    length = finding.end - finding.start
    if not touching or length <= 0.0:
        return float(bool(touching))
    covered, until = 0.0, finding.start
    for first, last in touching:
        covered += max(0.0, last - max(first, until))
        until = max(until, last)
    return covered / length


def _only_noise(shift: Finding, noise: Finding) -> bool:
    """A shift that is smaller than the noise or the swing that came with it is part of that."""
    if shift.kind not in SHIFTS or shift.overlap(noise) <= 0:
        return False
    size = noise.numbers["level" if noise.kind is EvidenceKind.NOISE_CHANGE else "amplitude"]
    return shift.numbers["change"].value < size.value
