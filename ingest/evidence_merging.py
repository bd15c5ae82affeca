"""Overlapping findings of one signal and one cause become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """The findings of one signal without those that another one explains."""
    found = _joined(list(findings), settings)
    return [
        finding for finding in found if not any(_hides(other, finding, settings) for other in found)
    ]


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


def _rows(one: Finding, other: Finding) -> tuple[RowRange, ...]:
    rows = [*one.rows, *other.rows]
    if not rows:
        return ()
    return (RowRange(rows[0].table, min(r.first for r in rows), max(r.last for r in rows)),)


def _hides(other: Finding, finding: Finding, settings: EvidenceSettings) -> bool:
    if other is finding or other.kind not in HIDDEN_BY.get(finding.kind, ()):
        return False
    if finding.kind in SHIFTS and other.kind in SWINGS:
        return _only_noise(finding, other)
    if finding.kind is EvidenceKind.NOISE_CHANGE and _only_noise(other, finding):
        return False
    near = settings.block_s if finding.kind is EvidenceKind.SPIKE else 0.0
    return other.overlap(finding) + near >= MOSTLY * (finding.end - finding.start)


def _only_noise(shift: Finding, noise: Finding) -> bool:
    """A shift that is smaller than the noise or the swing that came with it is part of that."""
    if shift.kind not in SHIFTS or shift.overlap(noise) <= 0:
        return False
    size = noise.numbers["level" if noise.kind is EvidenceKind.NOISE_CHANGE else "amplitude"]
    return shift.numbers["change"].value < size.value
