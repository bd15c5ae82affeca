"""Findings of several signals of a machine that began together become one, told by its lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ingest.baseline import Baseline
from ingest.detect import Finding
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, RowRange

Names = tuple[str, ...]
LEVELS = (EvidenceKind.STEP, EvidenceKind.LIMIT_VIOLATION)
SLACK = 0.1
"""Silences may begin and end apart by this share of the shorter: a slow signal is late."""
SAME_PERIOD = 0.2
SPIKE_S = 3.0
"""Spikes of one disturbance: the signals are not read in the same instant."""

LOOK_BACK = 50
"""So many bunches before a finding are looked at, the newest first."""


def together(
    findings: Iterable[Finding], baseline: Baseline, *, settings: EvidenceSettings
) -> list[Finding]:
    """One finding for those of one sort that began at the same time in different signals.

    All numbers, start, end and direction are the lead's: the worst, then the strongest in sigmas
    of its own baseline. The other signals are named after it; severity and rows are of all. A limit
    that was crossed is never told by another signal's.
    """
    bunches: list[list[Finding]] = []
    for finding in sorted(findings, key=_order):
        bunch = next((b for b in _recent(bunches, finding) if _fits(b, finding, settings)), None)
        if bunch is None:
            bunches.append([finding])
        else:
            bunch.append(finding)
    return [_one(bunch, baseline) for bunch in bunches]


def _recent(bunches: Sequence[list[Finding]], finding: Finding) -> Iterator[list[Finding]]:
    if finding.kind in _NEAR and len(finding.signals) == 1:
        yield from reversed(bunches[-LOOK_BACK:])


def _order(finding: Finding) -> tuple[float, float, str, Names, int, tuple[tuple[str, float], ...]]:
    """The same for the same findings in whatever order they come."""
    numbers = tuple((role, number.value) for role, number in sorted(finding.numbers.items()))
    kind, rank = finding.kind.value, finding.severity.rank
    return finding.start, finding.end, kind, finding.signals, rank, numbers


def _fits(bunch: Sequence[Finding], finding: Finding, settings: EvidenceSettings) -> bool:
    """Of the same sort as the first of the bunch, from the same time on, of another signal."""
    first = bunch[0]
    if not _same_sort(first, finding) or len(first.signals) != 1:
        return False
    if any(other.signals == finding.signals for other in bunch):
        return False
    crossed = [f for f in (*bunch, finding) if f.kind is EvidenceKind.LIMIT_VIOLATION]
    return len(crossed) < 2 and _NEAR[finding.kind](first, finding, settings)


def _same_sort(one: Finding, other: Finding) -> bool:
    if one.kind in LEVELS and other.kind in LEVELS:
        return "change" in one.numbers and "change" in other.numbers
    return one.kind is other.kind


def _one(bunch: Sequence[Finding], baseline: Baseline) -> Finding:
    if len(bunch) == 1:
        return bunch[0]
    lead, *others = sorted(bunch, key=lambda f: (*_weight(f, baseline), f.signals))
    return replace(
        lead,
        signals=tuple(name for finding in (lead, *others) for name in finding.signals),
        rows=_union(rows for finding in bunch for rows in finding.rows),
    )


def _weight(finding: Finding, baseline: Baseline) -> tuple[int, bool, float]:
    crossed = finding.kind is EvidenceKind.LIMIT_VIOLATION
    return -finding.severity.rank, not crossed, -_strength(finding, baseline)


def _strength(finding: Finding, baseline: Baseline) -> float:
    """How far it is out of the ordinary: in sigmas, as a ratio, or in seconds."""
    numbers = {role: quantity.value for role, quantity in finding.numbers.items()}
    if "ratio" in numbers:
        return numbers["ratio"]
    size = numbers.get("change", numbers.get("amplitude"))
    if finding.kind is EvidenceKind.SPIKE:
        size = abs(numbers["peak"] - numbers["level"])
    if size is None:
        return numbers.get("duration", 0.0)
    known = baseline.signals.get(finding.signals[0])
    norms = known.norms.values() if known is not None else ()
    usual = numbers.get("baseline", numbers.get("level", 0.0))
    near = min(norms, key=lambda norm: abs(norm.level - usual), default=None)
    return size / near.sigma if near is not None else 0.0


def _union(rows: Iterable[RowRange]) -> tuple[RowRange, ...]:
    """The same rows in as few ranges as can be."""
    joined: list[RowRange] = []
    for one in sorted(rows, key=lambda r: (r.table, r.first, r.last)):
        last = joined[-1] if joined else None
        if last is not None and last.table == one.table and one.first <= last.last + 1:
            joined[-1] = replace(last, last=max(last.last, one.last))
        else:
            joined.append(one)
    return tuple(joined)


def _level(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    return _starts(one, other, settings.block_s) and one.overlap(other) > 0


def _drift(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    return _starts(one, other, settings.merge_s) and _mostly(one, other)


def _noise(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    return _starts(one, other, settings.noise_s) and _mostly(one, other)


def _swing(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    periods = [finding.numbers["period"].value for finding in (one, other)]
    near = max(settings.merge_s, *periods)
    alike = max(periods) - min(periods) <= SAME_PERIOD * max(periods)
    return alike and _starts(one, other, near) and _mostly(one, other)


def _spike(one: Finding, other: Finding, _: EvidenceSettings) -> bool:
    return _starts(one, other, SPIKE_S) and abs(one.end - other.end) <= SPIKE_S


def _still(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    return _same_span(one, other, settings.block_s)


def _silent(one: Finding, other: Finding, settings: EvidenceSettings) -> bool:
    shorter = min(one.end - one.start, other.end - other.start)
    late = min(SLACK * shorter, settings.merge_s)
    return _same_span(one, other, max(settings.silence_floor_s, late))


def _same_span(one: Finding, other: Finding, near: float) -> bool:
    ends = one.active == other.active and abs(one.end - other.end) <= near
    return _starts(one, other, near) and ends


def _starts(one: Finding, other: Finding, near: float) -> bool:
    return abs(one.start - other.start) <= near


def _mostly(one: Finding, other: Finding) -> bool:
    """They share at least half of the shorter one."""
    return one.overlap(other) >= 0.5 * min(one.end - one.start, other.end - other.start)


_NEAR: dict[EvidenceKind, Callable[[Finding, Finding, EvidenceSettings], bool]] = {
    EvidenceKind.STEP: _level,
    EvidenceKind.LIMIT_VIOLATION: _level,
    EvidenceKind.DRIFT: _drift,
    EvidenceKind.NOISE_CHANGE: _noise,
    EvidenceKind.OSCILLATION: _swing,
    EvidenceKind.SPIKE: _spike,
    EvidenceKind.STUCK: _still,
    EvidenceKind.DROPOUT: _silent,
}
"""When two findings of one sort began together."""
