"""Machines as they stand, their readings and their events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from ingest.errors import DataFault
from service.bodies import Moment
from service.parts import Parts, PartsPart
from service.replies import EventsOut, MachinesOut, ReadingsOut
from service.routes.callers import Operator
from service.schemas import EventOut, MachineOut, ReadingOut

router = APIRouter(prefix="/v1/machines", tags=["machines"])

Start = Annotated[Moment | None, Query(description="Included; an hour before `end` when left out.")]
End = Annotated[Moment | None, Query(description="Excluded; now when left out.")]
HOUR = timedelta(hours=1)


@router.get("")
def list_machines(parts: PartsPart, caller: Operator) -> MachinesOut:
    """Every machine that the key is for, with state, newest values and open card."""
    views = [parts.view(machine.id) for machine in caller.reach.among(parts.plant)]
    return MachinesOut(
        plant=parts.plant.name,
        timezone=parts.plant.timezone,
        machines=[MachineOut.model_validate(view) for view in views],
    )


@router.get("/{machine}")
def show_machine(machine: str, parts: PartsPart, caller: Operator) -> MachineOut:
    """One machine."""
    found = caller.reach.machine(parts.plant, machine)
    return MachineOut.model_validate(parts.view(found.id))


@router.get("/{machine}/readings")
def list_readings(
    machine: str,
    parts: PartsPart,
    caller: Operator,
    *,
    signal: Annotated[
        list[str] | None, Query(description="May be repeated; all signals when left out.")
    ] = None,
    start: Start = None,
    end: End = None,
    max_points: Annotated[
        int, Query(ge=1, le=20_000, description="A signal; thinned so that extremes stay.")
    ] = 1000,
) -> ReadingsOut:
    """Readings in time order, signal by signal: of what the plant describes, then of the rest."""
    described = caller.reach.machine(parts.plant, machine).signals
    span = _span(parts, start, end)
    if not signal:
        said = (reading.signal for reading in parts.history.latest(machine))
        signal = list(dict.fromkeys([*described, *said]))
    readings = [
        ReadingOut.model_validate(reading)
        for name in signal
        for reading in parts.history.readings(machine, name, *span, max_points=max_points)
    ]
    return ReadingsOut(machine=machine, start=span[0], end=span[1], readings=readings)


@router.get("/{machine}/events")
def list_events(
    machine: str,
    parts: PartsPart,
    caller: Operator,
    *,
    start: Start = None,
    end: End = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> EventsOut:
    """The newest events, oldest of them first."""
    caller.reach.machine(parts.plant, machine)
    span = _span(parts, start, end)
    events = parts.history.events(machine, *span, limit=limit)
    return EventsOut(
        machine=machine,
        start=span[0],
        end=span[1],
        events=[EventOut.model_validate(event) for event in events],
    )


def _span(parts: Parts, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    last = end or parts.clock()
    try:
        first = start or last - HOUR
    except OverflowError as error:
        raise DataFault("There is no time before that end.") from error
    if first >= last:
        raise DataFault("start must lie before end.")
    return first, last
