"""What belongs together and what comes first: causes, the alarms they set off, notes, sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ingest.vocabulary import Evidence, EvidenceKind, Severity, Statement

NEAR = timedelta(minutes=2)
"""An alarm that comes this soon after the onset of a signal's finding is told with it."""
BEFORE = timedelta(seconds=30)
"""Or this shortly before it: machines have limits of their own."""
ALARMS = frozenset(
    {
        EvidenceKind.ALARM,
        EvidenceKind.CHATTERING,
        EvidenceKind.STANDING,
        EvidenceKind.FLOOD,
        EvidenceKind.FIRST_OUT,
    }
)
ATTACHED = ALARMS - {EvidenceKind.FLOOD, EvidenceKind.FIRST_OUT}
OF_SIGNALS = frozenset(
    {
        EvidenceKind.LIMIT_VIOLATION,
        EvidenceKind.STEP,
        EvidenceKind.DRIFT,
        EvidenceKind.SPIKE,
        EvidenceKind.STUCK,
        EvidenceKind.NOISE_CHANGE,
        EvidenceKind.OSCILLATION,
        EvidenceKind.DROPOUT,
        EvidenceKind.GAP,
    }
)
EXCEPTIONS, STANDING, OUT, CARDS, INSTRUCTIONS = (
    "exceptions",
    "standing",
    "out_of_service",
    "open_cards",
    "instructions",
)
SECTIONS = (EXCEPTIONS, STANDING, OUT, CARDS, INSTRUCTIONS)
"""Of a handover, in their order."""
_SECTION_OF = {
    EvidenceKind.STANDING: STANDING,
    EvidenceKind.OUT_OF_SERVICE: OUT,
    EvidenceKind.OPEN_CARD: CARDS,
    EvidenceKind.INSTRUCTION: INSTRUCTIONS,
}
_STANDS = (EvidenceKind.ALARM, EvidenceKind.CHATTERING)

Place = tuple[bool, datetime, str, bool, datetime, str]


def section_of(item: Evidence) -> str:
    """The part of a handover that an item belongs to, whoever writes the sentence."""
    if item.kind in _STANDS and item.active and item.severity is not Severity.INFO:
        return STANDING
    return _SECTION_OF.get(item.kind, EXCEPTIONS)


def attached(evidence: Iterable[Evidence]) -> Mapping[str, Evidence]:
    """Alarms by id, each with the finding in a signal that it began together with."""
    items = list(evidence)
    told = [item for item in items if item.kind in OF_SIGNALS and _urgent(item)]
    found: dict[str, Evidence] = {}
    for alarm in items:
        if alarm.kind in ATTACHED and _urgent(alarm):
            near = [item for item in told if _together(item, alarm)]
            if near:
                found[alarm.id] = min(near, key=lambda i: (abs(i.start - alarm.start), i.id))
    return found


def arranged(
    statements: Iterable[Statement],
    evidence: Sequence[Evidence],
    *,
    sections: bool = False,
    strictly: bool = False,
) -> tuple[Statement, ...]:
    """First what came first, each cause before the alarms it set off, notes last.

    Args:
        statements: each cites at least one item.
        evidence: everything that may be cited.
        sections: with their sections, in the order of these and machine by machine.
        strictly: by onset alone, whatever belongs together.
    """
    items = {item.id: item for item in evidence}
    leads = {} if strictly else attached(evidence)
    places = {identity: place(item, leads) for identity, item in items.items()}

    def first(statement: Statement) -> str:
        return min(statement.evidence, key=lambda identity: places[identity])

    if not sections:
        return tuple(sorted(statements, key=lambda s: places[first(s)]))
    named = [replace(s, section=section_of(items[first(s)])) for s in statements]

    def position(statement: Statement) -> tuple[int, bool, str, Place]:
        at = places[first(statement)]
        return SECTIONS.index(statement.section), at[0], items[first(statement)].machine, at

    return tuple(sorted(named, key=position))


def place(item: Evidence, leads: Mapping[str, Evidence]) -> Place:
    """Where an item is told among the others."""
    lead = leads.get(item.id, item)
    note = item.kind is EvidenceKind.NOTE
    return (note, lead.start, lead.id, lead is not item, item.start, item.id)


def _urgent(item: Evidence) -> bool:
    return item.severity is not Severity.INFO


def _together(item: Evidence, alarm: Evidence) -> bool:
    return item.machine == alarm.machine and -BEFORE <= alarm.start - item.start <= NEAR
