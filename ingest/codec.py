"""What a message says: pure decoding into records, or the reason why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.errors import DataFault, NotKnown
from ingest.history import Birth, DeadLetter, Record
from ingest.json_text import Json, look_up, look_up_or, read_json, shown
from ingest.plant import Machine, Plant
from ingest.routes import Route, find_route
from ingest.settings import IngestSettings
from ingest.timestamps import CLOCK_AHEAD, source_time
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity, Value

_NUMBER = re.compile(r"[+-]?(\d+|\d*\.\d+|\d+\.)([eE][+-]?\d{1,4})?", re.ASCII)
_INTEGERS = range(-(2**63), 2**63)
_NOT_A_NUMBER = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the broker delivered it."""

    topic: str
    payload: bytes
    received_time: datetime
    broker: str = ""
    """Empty for the broker of `[mqtt]`, else the id of one of `[[brokers]]`."""

    @property
    def source(self) -> str:
        """Where its records come from: `mqtt:TOPIC`, or `mqtt@BROKER:TOPIC`."""
        return f"mqtt@{self.broker}:{self.topic}" if self.broker else f"mqtt:{self.topic}"

    def as_dead_letter(self, reason: str) -> DeadLetter:
        """The message set aside."""
        return DeadLetter(self.source, self.payload, reason, self.received_time)


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be published on a broker: a Sparkplug node is asked to announce itself."""

    broker: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """The records of a message, what of it could not be used, and what follows from it."""

    records: list[Record] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Codec:
    """Reads messages by the routes of a plant.

    A whole message that cannot be used is one dead letter. A value that cannot be used is one
    dead letter too, with the whole payload, and the message's other values are kept. NaN, an
    infinity and null are the sensor saying that it has no value: a reading of quality bad.
    """

    plant: Plant
    max_payload_bytes: int = 1_048_576
    clock_ahead: timedelta = CLOCK_AHEAD

    @classmethod
    def of(cls, plant: Plant, settings: IngestSettings) -> Codec:
        """With the bounds that are set."""
        ahead = timedelta(seconds=settings.clock_ahead_s)
        return cls(plant, max_payload_bytes=settings.max_payload_bytes, clock_ahead=ahead)

    def decode(self, message: Message) -> Decoded:
        """Every record of a message; never raises for what a stranger sent."""
        decoded = Decoded()
        try:
            self._take(message, decoded)
        except DataFault as fault:
            decoded.records.clear()
            decoded.dead[:] = [message.as_dead_letter(fault.message)]
        return decoded

    def _take(self, message: Message, decoded: Decoded) -> None:
        if len(message.payload) > self.max_payload_bytes:
            raise DataFault(f"payload of {len(message.payload)} bytes is too long")
        broker = self.plant.broker(message.broker)
        found = find_route(broker.routes, message.topic) if broker else None
        if found is None:
            raise DataFault(f"no route of the plant takes topic {shown(message.topic)}")
        route, parts = found
        machine = self._machine(parts)
        if route.codec == "scalar":
            decoded.records.append(_scalar(message, machine, parts["signal"]))
            return
        document = read_json(message.payload)
        stamp = _Stamp(
            machine=machine,
            source_time=self._time(document, route, message),
            received_time=message.received_time,
            source=message.source,
            sequence=_sequence(document, route),
        )
        if route.kind == "events":
            decoded.records.append(_event(document, route, stamp))
            return
        for entry in _readings(document, route, stamp):
            if isinstance(entry, Reading):
                decoded.records.append(entry)
            else:
                decoded.dead.append(message.as_dead_letter(entry))

    def _machine(self, parts: Mapping[str, str]) -> Machine:
        try:
            machine = self.plant.machine(parts["machine"])
        except NotKnown:
            raise DataFault(f"unknown machine {shown(parts['machine'])}") from None
        if parts.get("line", machine.line) != machine.line:
            stated = shown(parts["line"])
            raise DataFault(f"machine {machine.id!r} is on line {machine.line!r}, not on {stated}")
        return machine

    def _time(self, document: Json, route: Route, message: Message) -> datetime:
        if not route.time:
            return message.received_time
        latest = message.received_time + self.clock_ahead
        return source_time(look_up(document, route.time), route.time_unit, latest=latest)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What all records of a message have in common."""

    machine: Machine
    source_time: datetime
    received_time: datetime
    source: str
    sequence: int | None = None

    def reading(self, signal: str, value: Value) -> Reading:
        spec = self.machine.signals.get(signal)
        return Reading(
            machine=self.machine.id,
            signal=signal,
            value=value,
            unit=spec.unit if spec else "",
            quality=Quality.BAD if value is None else Quality.GOOD,
            source_time=self.source_time,
            received_time=self.received_time,
            source=self.source,
            sequence=self.sequence,
        )


def _sequence(document: Json, route: Route) -> int | None:
    if not route.sequence:
        return None
    found = look_up(document, route.sequence)
    if isinstance(found, bool) or not isinstance(found, int) or found not in _INTEGERS or found < 0:
        raise DataFault(f"sequence {shown(found)} is no whole number from 0 to 2^63-1")
    return found


def _readings(document: Json, route: Route, stamp: _Stamp) -> Iterator[Reading | str]:
    """Each value as a reading, or the reason why it is none."""
    values = look_up(document, route.values)
    if not isinstance(values, dict):
        raise DataFault(f"what stands at {route.values!r} is no object of signal and value")
    for signal, stated in values.items():
        try:
            yield stamp.reading(_name(signal), _value(stated))
        except DataFault as fault:
            yield f"signal {shown(signal)}: {fault.message}"


def _name(signal: str) -> str:
    if not signal or len(signal) > _LONGEST_NAME or not signal.isprintable():
        raise DataFault("is no name for a signal")
    return signal


def _value(stated: Json) -> Value:
    if isinstance(stated, bool) or stated is None:
        return stated
    if isinstance(stated, float):
        return stated if stated - stated == 0 else None
    if isinstance(stated, int):
        if stated not in _INTEGERS:
            raise DataFault("an integer beyond 64 bits")
        return stated
    if isinstance(stated, str):
        return _text(stated, "value")
    raise DataFault(f"value {shown(stated)} is neither number, text, true, false nor null")


def _text(stated: Json, name: str) -> str:
    if not isinstance(stated, str):
        raise DataFault(f"{name} {shown(stated)} is no text")
    try:
        stated.encode("utf-8")
    except UnicodeEncodeError:
        raise DataFault(f"{name} holds half a character (a lone surrogate)") from None
    return stated


def _scalar(message: Message, machine: Machine, signal: str) -> Reading:
    stamp = _Stamp(machine, message.received_time, message.received_time, message.source)
    try:
        text = message.payload.decode("utf-8").strip()
    except UnicodeDecodeError as fault:
        raise DataFault(f"payload is not UTF-8 (byte {fault.start})") from None
    word = text.lower()
    if word in ("true", "false"):
        return stamp.reading(_name(signal), word == "true")
    if word in _NOT_A_NUMBER:
        return stamp.reading(_name(signal), None)
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST_NAME:
        raise DataFault(f"payload {shown(text)} is no number")
    is_whole = text.lstrip("+-").isdigit()
    return stamp.reading(_name(signal), _value(int(text) if is_whole else float(text)))


def _event(document: Json, route: Route, stamp: _Stamp) -> Event:
    code = _text(look_up_or(document, route.code, ""), "code").strip().upper()
    text = _text(look_up_or(document, route.text, ""), "text")
    if not code and not text.strip():
        raise DataFault("event has neither a code nor a text")
    default = EventState.RAISED if code else EventState.NOTE
    state = _text(look_up_or(document, route.state, default), "state").lower()
    severity = _text(look_up_or(document, route.severity, Severity.INFO), "severity").lower()
    if state not in list(EventState):
        raise DataFault(f"state {shown(state)} is none of {', '.join(EventState)}")
    if severity not in list(Severity):
        raise DataFault(f"severity {shown(severity)} is none of {', '.join(Severity)}")
    return Event(
        machine=stamp.machine.id,
        code=code,
        severity=Severity(severity),
        state=EventState(state),
        text=text,
        source_time=stamp.source_time,
        received_time=stamp.received_time,
        source=stamp.source,
        sequence=stamp.sequence,
    )
