"""JSON messages: one sample, an array of samples, or arrays of values at a steady pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from ingest.codec_values import INTEGERS, quality_of, text_of, value_of
from ingest.errors import DataFault
from ingest.history import Record
from ingest.json_text import Json, look_up, look_up_or, read_json, shown
from ingest.messages import MOST_READINGS, Decoded, Message, Place, Stamp, apart, joined
from ingest.routes import Route, filled
from ingest.timestamps import clock_fault, source_time
from ingest.vocabulary import Event, EventState, Quality, Severity

_LONGEST_PERIOD_S = 86_400.0
_NOTHING: Any = object()


@dataclass(slots=True)
class _Sample:
    """One sample of a message; `content` is the message itself where it has no samples."""

    message: Message
    place: Place
    document: Json
    content: Json
    latest: datetime

    def at(self, pointer: str) -> Json:
        """What the sample says, or the message for all its samples."""
        if self.content is self.document:
            return look_up(self.document, pointer)
        found = look_up_or(self.content, pointer, _NOTHING)
        return look_up(self.document, pointer) if found is _NOTHING else found

    def quality(self, pointer: str) -> Quality:
        try:
            stated = self.at(pointer)
        except DataFault:
            return Quality.GOOD
        return quality_of(stated)

    def stamp(self) -> Stamp:
        route = self.place.route
        received = self.message.received_time
        moment = received
        if route.time:
            moment = source_time(
                self.at(route.time),
                route.time_unit,
                received=received,
                latest=self.latest,
                zone=route.zone,
            )
        return Stamp(
            self.place.known_machine().id,
            moment,
            received,
            self.place.source,
            _sequence(self.at(route.sequence)) if route.sequence else None,
            self.quality(route.quality) if route.quality else Quality.GOOD,
        )


@dataclass(slots=True)
class _Taken:
    """The records of a message as they are found."""

    records: list[Record] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def decode_json(message: Message, place: Place, clock_ahead: timedelta) -> Decoded:
    """Every record of a message; what of it cannot be used is one dead letter."""
    document = read_json(message.payload)
    latest = message.received_time + clock_ahead
    taken = _Taken()
    if place.route.samples is None:
        _take(_Sample(message, place, document, document, latest), taken)
    else:
        for content, sample_name in _samples(document, place.route.samples):
            try:
                _take(_Sample(message, place, document, content, latest), taken)
            except DataFault as fault:
                taken.reasons.append(f"{sample_name}: {fault.message}")
        if not _is_in_order(taken.records):
            taken.records = list(apart(taken.records))
    dead = [message.as_dead_letter(joined(taken.reasons))] if taken.reasons else []
    return Decoded(taken.records, dead)


def _is_in_order(records: Sequence[Record]) -> bool:
    """Whether every sample is later than that before it, so that none can be taken for another."""
    return all(
        one.source_time < other.source_time
        or (one.source_time is other.source_time and other.source_time is not other.received_time)
        for one, other in pairwise(records)
    )


def _samples(document: Json, pointer: str) -> Iterator[tuple[Json, str]]:
    found = look_up(document, pointer)
    if not isinstance(found, list):
        raise DataFault(f"what stands at {pointer!r} is no array of samples")
    if len(found) > MOST_READINGS:
        raise DataFault(f"{len(found)} samples in one message are too many")
    for index, content in enumerate(found):
        yield content, f"sample {index}"


def _take(sample: _Sample, taken: _Taken) -> None:
    stamp = sample.stamp()
    route = sample.place.route
    if route.kind == "events":
        taken.records.append(_event(sample, stamp))
        return
    values = _values(sample)
    if route.is_block:
        _take_block(sample, stamp, values, taken)
        return
    unit_of = sample.place.unit
    for signal, stated in values.items():
        try:
            unit = unit_of(signal)
            taken.records.append(stamp.reading(signal, value_of(stated), unit))
        except DataFault as fault:
            taken.reasons.append(f"signal {shown(signal)}: {fault.message}")


def _values(sample: _Sample) -> Mapping[str, Json]:
    place = sample.place
    values = look_up(sample.content, place.route.values)
    if isinstance(values, dict):
        return values
    if place.route.signal or "signal" in place.parts:
        return {filled(place.route.signal or "{signal}", place.parts): values}
    raise DataFault(f"what stands at {place.route.values!r} is no object of signal and value")


def _take_block(sample: _Sample, stamp: Stamp, values: Mapping[str, Json], taken: _Taken) -> None:
    """Values one after the other; all of a block share a clock, so all stand or fall with it."""
    period_s = _period_s(sample)
    rows = {name: row if isinstance(row, list) else [row] for name, row in values.items()}
    longest = max((len(row) for row in rows.values()), default=0)
    if longest > MOST_READINGS:
        raise DataFault(f"{longest} values of one signal in one message are too many")
    last = stamp.source_time + timedelta(seconds=period_s * longest)
    if wrong := clock_fault(last, latest=sample.latest):
        raise DataFault(f"the time {longest} times {period_s:g} s after the first value's {wrong}")
    begin = stamp.source_time
    times = [begin + timedelta(seconds=period_s * index) for index in range(longest)]
    for signal, row in rows.items():
        for index, value in enumerate(row):
            try:
                unit = sample.place.unit(signal)
                stamp.source_time = times[index]
                taken.records.append(stamp.reading(signal, value_of(value), unit))
            except DataFault as fault:
                taken.reasons.append(f"signal {shown(signal)}, value {index}: {fault.message}")


def _period_s(sample: _Sample) -> float:
    route = sample.place.route
    stated = sample.at(route.period) if route.period else route.period_s
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise DataFault(f"period {shown(stated)} is no number of seconds")
    if not 1e-6 <= stated <= _LONGEST_PERIOD_S:
        raise DataFault(f"period {shown(stated)} is not from 1e-6 to {_LONGEST_PERIOD_S:g} s")
    return stated


def _sequence(found: Json) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or found not in INTEGERS or found < 0:
        raise DataFault(f"sequence {shown(found)} is no whole number from 0 to 2^63-1")
    return found


def _event(sample: _Sample, stamp: Stamp) -> Event:
    route: Route = sample.place.route
    code = text_of(look_up_or(sample.content, route.code, ""), "code").strip().upper()
    text = text_of(look_up_or(sample.content, route.text, ""), "text")
    if not code and not text.strip():
        raise DataFault("event has neither a code nor a text")
    default = EventState.RAISED if code else EventState.NOTE
    state = text_of(look_up_or(sample.content, route.state, default), "state").lower()
    severity = text_of(
        look_up_or(sample.content, route.severity, Severity.INFO), "severity"
    ).lower()
    if state not in list(EventState):
        raise DataFault(f"state {shown(state)} is none of {', '.join(EventState)}")
    if severity not in list(Severity):
        raise DataFault(f"severity {shown(severity)} is none of {', '.join(Severity)}")
    return Event(
        machine=stamp.machine,
        code=code,
        severity=Severity(severity),
        state=EventState(state),
        text=text,
        source_time=stamp.source_time,
        received_time=stamp.received_time,
        source=stamp.source,
        sequence=stamp.sequence,
    )
