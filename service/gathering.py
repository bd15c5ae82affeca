"""The evidence of a summary or a handover: what is found in the log, and what is still to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.errors import NotKnown
from ingest.plant import Machine, Plant
from ingest.vocabulary import EventState, Evidence, EvidenceKind, Issue, Quantity, Severity, Window
from prompting.telling import Watched
from service.cards_store import CardStore
from service.instructions import Instruction, InstructionStore
from service.lookout import Look, Lookout
from service.stoppages import stoppages

QUOTE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Scope:
    """A machine, or a line with its machines."""

    id: str
    machines: tuple[Machine, ...]

    @classmethod
    def named(cls, plant: Plant, name: str) -> Scope:
        """The machine of that id, else the line; NotKnown when the plant has neither."""
        for machine in plant.machines:
            if machine.id == name:
                return cls(name, (machine,))
        try:
            return cls(name, plant.line(name))
        except NotKnown as fault:
            known = ", ".join(sorted({*_ids(plant.machines), *(m.line for m in plant.machines)}))
            raise NotKnown(
                f"There is no machine or line {name!r} in {plant.path}.", remedy=f"Known: {known}"
            ) from fault


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence in time order, numbered through, and what there was to look at."""

    evidence: tuple[Evidence, ...]
    watched: Watched


def gathered(
    scope: Scope, start: datetime, end: datetime, *, lookout: Lookout, normal: timedelta
) -> Gathered:
    """What is found in the log of a machine or a line, held against the time just before."""
    looks = _looks(scope, start, end, lookout=lookout, normal=normal)
    return _gathered(looks, ())


def handed_over(
    scope: Scope,
    start: datetime,
    end: datetime,
    *,
    lookout: Lookout,
    normal: timedelta,
    cards: CardStore,
    instructions: InstructionStore,
) -> Gathered:
    """The same for a handover: stops, cards open at the end, and every instruction not cleared.

    An instruction is there whatever the window: it returns until someone clears it.
    """
    looks = _looks(scope, start, end, lookout=lookout, normal=normal)
    machines = set(_ids(scope.machines))
    lines = {machine.line for machine in scope.machines}
    more = [item for look in looks for item in stoppages(look.window)]
    more += [_of_card(card, end) for card in cards.open_at(end, machines)]
    orders = instructions.in_force(lines=lines, machines=machines)
    more += [_of_instruction(one, end) for one in orders]
    return _gathered(looks, more)


def _looks(
    scope: Scope, start: datetime, end: datetime, *, lookout: Lookout, normal: timedelta
) -> list[Look]:
    return [lookout.look_back(one.id, start, end, normal=normal) for one in scope.machines]


def _gathered(looks: Sequence[Look], more: Iterable[Evidence]) -> Gathered:
    found = [*(item for look in looks for item in look.evidence), *more]
    ordered = sorted(found, key=lambda item: (item.start, item.machine, item.kind, item.id))
    numbered = tuple(replace(item, id=f"E{n:04d}") for n, item in enumerate(ordered, start=1))
    return Gathered(numbered, _watched([look.window for look in looks]))


def _watched(windows: Sequence[Window]) -> Watched:
    signals = sum(bool(len(s.times)) for window in windows for s in window.series.values())
    return Watched(signals, sum(1 for window in windows for _ in _words(window)))


def _words(window: Window) -> Iterator[object]:
    """A clearing says nothing new, and the collector is nobody on the floor."""
    for event in window.events:
        if not event.is_collectors and event.state is not EventState.CLEARED:
            yield event


def _ids(machines: Iterable[Machine]) -> list[str]:
    return [machine.id for machine in machines]


def _of_card(card: Issue, end: datetime) -> Evidence:
    return Evidence(
        id="",
        kind=EvidenceKind.OPEN_CARD,
        machine=card.machine,
        signals=(),
        start=card.opened_at,
        end=end,
        severity=card.severity,
        statement=f"issue card {card.id} open",
        numbers={"duration": Quantity((end - card.opened_at).total_seconds(), "s")},
        rows=(),
        codes=(card.id,),
        quotes=(card.title[:QUOTE_LENGTH],),
    )


def _of_instruction(given: Instruction, end: datetime) -> Evidence:
    return Evidence(
        id="",
        kind=EvidenceKind.INSTRUCTION,
        machine=given.machine or given.line,
        signals=(),
        start=given.given_at,
        end=max(end, given.given_at),
        severity=Severity.INFO,
        statement=f"instruction {given.id} not cleared yet",
        numbers={},
        rows=(),
        codes=(given.id, given.issue) if given.issue else (given.id,),
        quotes=(given.text[:QUOTE_LENGTH],),
    )
