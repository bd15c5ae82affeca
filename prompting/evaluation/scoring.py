"""The score of one shift without a judge: what was found, rightly named, in time, and cited.

A fault is found by an item that names one of its signals or codes and overlaps it in time. A plain
alarm or a note only repeats what the machine or a person said: it names no kind of fault, and it
is no false alarm. Every other item that belongs to no fault is one, whatever its severity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingest.vocabulary import Evidence, EvidenceKind
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.shifts import Shift

EARLY_S, LATE_S = 120.0, 300.0
"""How far outside of a fault an item may begin or end and still speak of it."""
SILENT = (EvidenceKind.GAP, EvidenceKind.DROPOUT)
REPEATED = (EvidenceKind.ALARM, EvidenceKind.NOTE)
MAGNITUDES = ("change", "amplitude", "ratio", "peak", "count", "duration")
"""Roles by which a magnitude is compared; the first that truth and item both have."""


@dataclass(frozen=True, slots=True)
class Found:
    """One fault and the item that speaks of it."""

    kind: FaultKind
    sudden: bool
    listed: bool
    """An item of it is among the most urgent ones."""
    cited: bool
    """A sentence of the summary stands on an item of it."""
    told_as: str = ""
    """Kind of the item; empty if there is none."""
    kind_right: bool = False
    late_s: float = 0.0
    """By how much the item's start misses the onset; negative when too early."""
    magnitude_error: float | None = None
    """As a share of the true magnitude; None where there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """An item that belongs to no fault."""

    kind: str
    about: str
    severity: str


def find(
    shift: Shift, ranked: Sequence[Evidence], cited: Collection[str], most: int
) -> Iterator[Found]:
    """Every fault of a shift with what the evidence says of it.

    Args:
        shift: With the truth.
        ranked: Its evidence, the most urgent first.
        cited: Ids that the summary's sentences stand on.
        most: How many of the most urgent items count.
    """
    for fault in shift.faults:
        items = [item for item in ranked[:most] if speaks_of(item, fault)]
        known = any(item.id in cited and speaks_of(item, fault) for item in ranked)
        naming = _naming(items, fault)
        if not naming:
            yield Found(fault.kind, fault.sudden, listed=False, cited=known)
            continue
        best = naming[0]
        first = min(
            (item for item in naming if item.kind is best.kind), key=lambda item: item.start
        )
        yield Found(
            fault.kind,
            fault.sudden,
            listed=True,
            cited=known,
            told_as=best.kind.value,
            kind_right=best.kind in fault.right and _in_order(best, fault),
            late_s=fault.late(first.start.timestamp()),
            magnitude_error=_magnitude_error(first, fault),
        )


def _naming(items: Sequence[Evidence], fault: Fault) -> list[Evidence]:
    """Those that name a kind of fault, of the signal it began in if there are any.

    The most urgent of them says what kind of fault it is. A long fault that pauses of the machine
    cut into several is dated by the first one of that kind.
    """
    naming = [item for item in items if item.kind not in REPEATED] or list(items)
    lead = set(fault.signals[:1]) if fault.kind is not FaultKind.GAP else set()
    return [item for item in naming if lead & set(item.signals)] or naming


def _in_order(item: Evidence, fault: Fault) -> bool:
    """A chain of trips is only told rightly with the alarm that came first."""
    return fault.kind is not FaultKind.TRIP or item.codes[:1] == fault.codes[:1]


def speaks_of(item: Evidence, fault: Fault) -> bool:
    """Whether an item is about one of the fault's signals or codes, while it lasts."""
    if fault.kind is FaultKind.GAP:
        return item.kind in SILENT and overlaps(item, fault)
    named = set(item.codes) & set(fault.codes) or set(item.signals) & set(fault.signals)
    return bool(named) and overlaps(item, fault)


def overlaps(item: Evidence, fault: Fault) -> bool:
    """Whether they last together, with some patience at both ends."""
    end = max(fault.end, fault.recovered or fault.end)
    early = item.end.timestamp() < fault.onset - EARLY_S
    late = item.start.timestamp() > end + LATE_S
    return not early and not late


def _magnitude_error(item: Evidence, fault: Fault) -> float | None:
    for role in MAGNITUDES:
        if role in fault.numbers and role in item.numbers:
            true = fault.numbers[role]
            return abs(abs(item.numbers[role].value) - abs(true)) / abs(true)
    return None


def false_alarms(shift: Shift, evidence: Sequence[Evidence]) -> Iterator[FalseAlarm]:
    """Items that belong to no fault, to no trip's consequences and to no clock that was set."""
    for item in evidence:
        if item.kind in REPEATED or _of_a_fault(item, shift) or _of_the_clock(item, shift):
            continue
        yield FalseAlarm(
            item.kind.value, ", ".join(item.signals or item.codes), item.severity.value
        )


def _of_a_fault(item: Evidence, shift: Shift) -> bool:
    return any(
        speaks_of(item, fault) or (fault.everywhere and overlaps(item, fault))
        for fault in shift.faults
    )


def _of_the_clock(item: Evidence, shift: Shift) -> bool:
    """A clock that jumps leaves a hole in its own time: to tell it is right."""
    if shift.clock is None or item.kind not in SILENT:
        return False
    first, last = shift.clock
    return first - EARLY_S < item.end.timestamp() and item.start.timestamp() < last + EARLY_S
