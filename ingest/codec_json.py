"""JSON messages: one sample, an array of samples, or arrays of values at a steady pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise
from operator import lt
from typing import Any

from ingest.codec_quick import quick_readings
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


def decode_json(message: Message, place: Place, clock_ahead: timedelta) -> Decoded:
    """Every record of a message; what of it cannot be used is one dead letter."""
    document = read_json(message.payload)
    latest = message.received_time + clock_ahead
    taking = _Taking(message.received_time, latest, place, place.known_machine().id, document)
    if place.route.samples is None:
        taking.take(document)
    else:
        taking.take_samples(place.route.samples)
    dead = [message.as_dead_letter(joined(taking.reasons))] if taking.reasons else []
    return Decoded(taking.records, dead)


@dataclass(slots=True)
class _Taking:
    """The records of a message as they are found, sample by sample."""

    received: datetime
    latest: datetime
    place: Place
    machine: str
    document: Json
    records: list[Record] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def take_samples(self, pointer: str) -> None:
        """An array of samples; one that cannot be used harms no other."""
        found = look_up(self.document, pointer)
        if not isinstance(found, list):
            raise DataFault(f"what stands at {pointer!r} is no array of samples")
        if len(found) > MOST_READINGS:
            raise DataFault(f"{len(found)} samples in one message are too many")
        for index, content in enumerate(found):
            try:
                self.take(content)
            except DataFault as fault:
                self.reasons.append(f"sample {index}: {fault.message}")
        if not _is_in_order(self.records):
            self.records = list(apart(self.records))

    def take(self, content: Json) -> None:
        """One sample; the message itself where it has no samples."""
        usual = quick_readings(self.place, content, self.received, self.latest)
        if usual is not None:
            self.records += usual
            return
        stamp = self._stamp(content)
        route = self.place.route
        if route.kind == "events":
            self.records.append(_event(content, route, stamp))
            return
        values = self._values(content, route)
        if route.is_block:
            self._take_block(stamp, values, self._period_s(content, route))
        else:
            self._take_values(stamp, values)

    def _at(self, content: Json, pointer: str) -> Json:
        """What the sample says, or the message for all its samples."""
        if content is self.document:
            return look_up(content, pointer)
        found = look_up_or(content, pointer, _NOTHING)
        return look_up(self.document, pointer) if found is _NOTHING else found

    def _stamp(self, content: Json) -> Stamp:
        route, received = self.place.route, self.received
        moment = received
        if route.time:
            stated = self._at(content, route.time)
            moment = source_time(
                stated, route.time_unit, received=received, latest=self.latest, zone=route.zone
            )
        sequence = _sequence(self._at(content, route.sequence)) if route.sequence else None
        quality = self._quality(content, route.quality) if route.quality else Quality.GOOD
        return Stamp(self.machine, moment, received, self.place.source, sequence, quality)

    def _quality(self, content: Json, pointer: str) -> Quality:
        try:
            stated = self._at(content, pointer)
        except DataFault:
            return Quality.GOOD
        return quality_of(stated)

    def _values(self, content: Json, route: Route) -> dict[str, Json]:
        values = look_up(content, route.values)
        if isinstance(values, dict):
            return values
        if route.signal or "signal" in self.place.parts:
            return {filled(route.signal or "{signal}", self.place.parts): values}
        raise DataFault(f"what stands at {route.values!r} is no object of signal and value")

    def _take_values(self, stamp: Stamp, values: dict[str, Json]) -> None:
        """The inner loop of all that comes over MQTT."""
        units, keep = self.place.units, self.records.append
        for signal, stated in values.items():
            try:
                unit = units[signal] if signal in units else self.place.unit(signal)
                value = value_of(stated)
            except DataFault as fault:
                self.reasons.append(f"signal {shown(signal)}: {fault.message}")
            else:
                keep(stamp.reading(signal, value, unit))

    def _take_block(self, stamp: Stamp, values: dict[str, Json], period_s: float) -> None:
        """Values one after the other; all share a clock, so all stand or fall with it."""
        rows = {name: row if isinstance(row, list) else [row] for name, row in values.items()}
        longest = max((len(row) for row in rows.values()), default=0)
        if longest > MOST_READINGS:
            raise DataFault(f"{longest} values of one signal in one message are too many")
        begin = stamp.source_time
        if wrong := clock_fault(begin + timedelta(seconds=period_s * longest), latest=self.latest):
            after = f"{longest} times {period_s:g} s after the first value's"
            raise DataFault(f"the time {after} {wrong}")
        times = [begin + timedelta(seconds=period_s * index) for index in range(longest)]
        for signal, row in rows.items():
            for index, stated in enumerate(row):
                try:
                    unit, value = self.place.unit(signal), value_of(stated)
                except DataFault as fault:
                    reason = f"signal {shown(signal)}, value {index}: {fault.message}"
                    self.reasons.append(reason)
                else:
                    stamp.source_time = times[index]
                    self.records.append(stamp.reading(signal, value, unit))

    def _period_s(self, content: Json, route: Route) -> float:
        stated = self._at(content, route.period) if route.period else route.period_s
        if isinstance(stated, bool) or not isinstance(stated, int | float):
            raise DataFault(f"period {shown(stated)} is no number of seconds")
        if not 1e-6 <= stated <= _LONGEST_PERIOD_S:
            raise DataFault(f"period {shown(stated)} is not from 1e-6 to {_LONGEST_PERIOD_S:g} s")
        return stated


def _is_in_order(records: Sequence[Record]) -> bool:
    """Whether every sample is later than that before it, so that none can be taken for another."""
    times = [record.source_time for record in records]
    return all(map(lt, times, islice(times, 1, None))) or all(
        one.source_time < other.source_time
        or (one.source_time is other.source_time and other.source_time is not other.received_time)
        for one, other in pairwise(records)
    )


def _sequence(found: Json) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or found not in INTEGERS or found < 0:
        raise DataFault(f"sequence {shown(found)} is no whole number from 0 to 2^63-1")
    return found


def _event(content: Json, route: Route, stamp: Stamp) -> Event:
    code = text_of(look_up_or(content, route.code, ""), "code").strip().upper()
    text = text_of(look_up_or(content, route.text, ""), "text")
    if not code and not text.strip():
        raise DataFault("event has neither a code nor a text")
    default = EventState.RAISED if code else EventState.NOTE
    state = text_of(look_up_or(content, route.state, default), "state").lower()
    severity = text_of(look_up_or(content, route.severity, Severity.INFO), "severity").lower()
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
