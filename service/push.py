"""Readings and events that came over HTTP, made into records or set aside with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingest.history import DeadLetter, Record
from ingest.plant import Machine, Plant
from ingest.timestamps import CLOCK_AHEAD, clock_fault
from ingest.vocabulary import Event, Quality, Reading
from service.bodies import EventIn, ReadingIn, Rejected
from service.reach import EVERYWHERE, Reach

MAX_PAYLOAD = 4096
"""Bytes of a rejected item that are kept."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The items of a push, each either a record or a dead letter."""

    records: tuple[Record, ...]
    dead: tuple[DeadLetter, ...]
    reasons: tuple[str, ...]
    """One an item, in the order sent; empty for an accepted one."""


def sort_items(
    items: Sequence[ReadingIn | EventIn | Rejected],
    plant: Plant,
    *,
    source: str,
    now: datetime,
    clock_ahead: timedelta = CLOCK_AHEAD,
    reach: Reach = EVERYWHERE,
) -> Sorted:
    """Make records of the items that the plant knows; the others are set aside, not dropped.

    Args:
        items: what was sent.
        plant: the machines that are known.
        source: the sender; a record's own source is kept behind it, so that the same record is
            known when it comes again, and the records of two senders are never taken for one.
        now: on our clock.
        clock_ahead: how far ahead of it a source time may be.
        reach: the machines that the sender may speak for.
    """
    records: list[Record] = []
    dead: list[DeadLetter] = []
    reasons: list[str] = []
    machines = {machine.id: machine for machine in plant.machines}
    for item in items:
        reason = _reason(item, machines, reach, latest=now + clock_ahead)
        reasons.append(reason)
        if reason:
            dead.append(DeadLetter(source, _payload(item), reason, now))
        elif isinstance(item, ReadingIn):
            spec = machines[item.machine].signals.get(item.signal)
            records.append(_reading(item, spec.unit if spec else "", source=source, now=now))
        elif isinstance(item, EventIn):
            records.append(_event(item, source=source, now=now))
    return Sorted(tuple(records), tuple(dead), tuple(reasons))


def _reason(
    item: ReadingIn | EventIn | Rejected,
    known: Mapping[str, Machine],
    reach: Reach,
    *,
    latest: datetime,
) -> str:
    if isinstance(item, Rejected):
        return item.reason
    if item.machine not in known:
        return f"Machine {item.machine!r} is not in the plant description."
    if not reach.has(known[item.machine]):
        return f"The key of the sender is not for machine {item.machine!r}."
    fault = clock_fault(item.source_time, latest=latest)
    return f"source_time: {item.source_time.isoformat()} {fault}." if fault else ""


def _reading(item: ReadingIn, unit: str, *, source: str, now: datetime) -> Reading:
    assumed = Quality.BAD if item.value is None else Quality.GOOD
    return Reading(
        machine=item.machine,
        signal=item.signal,
        value=item.value,
        unit=unit if item.unit is None else item.unit,
        quality=Quality.BAD if item.value is None else item.quality or assumed,
        source_time=item.source_time,
        received_time=_received(item, now),
        source=_source(item, source),
        sequence=item.sequence,
    )


def _event(item: EventIn, *, source: str, now: datetime) -> Event:
    return Event(
        machine=item.machine,
        code=item.code,
        severity=item.severity,
        state=item.state,
        text=item.text,
        source_time=item.source_time,
        received_time=_received(item, now),
        source=_source(item, source),
        sequence=item.sequence,
    )


def _source(item: ReadingIn | EventIn, sender: str) -> str:
    return f"{sender}/{item.source}" if item.source else sender


def _received(item: ReadingIn | EventIn, now: datetime) -> datetime:
    return now if item.received_time is None else min(item.received_time, now)


def _payload(item: Any) -> bytes:
    raw = item.item if isinstance(item, Rejected) else item.model_dump(mode="json")
    return json.dumps(raw, default=str).encode("utf-8", "replace")[:MAX_PAYLOAD]
