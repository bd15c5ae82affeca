"""What a broker delivered, and all that its decoding gives: nouns of the codecs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from ingest.codec_values import name_of
from ingest.errors import DataFault
from ingest.history import Birth, DeadLetter, Record
from ingest.making import make_reading
from ingest.plant import Machine
from ingest.routes import Route
from ingest.vocabulary import Quality, Reading, Value

MOST_READINGS = 100_000
"""In one message; a block of more is set aside as a whole."""

_MOST_NAMES = 20_000
_REASONS_SHOWN = 5


class Message(NamedTuple):
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


def address_of(source: str) -> tuple[str, str] | None:
    """Broker and topic of a source; None for one that is no broker's."""
    wire, _, topic = source.partition(":")
    kind, _, broker = wire.partition("@")
    return (broker, topic) if kind == "mqtt" else None


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be published on a broker: a Sparkplug node is asked to announce itself."""

    broker: str
    topic: str
    payload: bytes
    reason: str


@dataclass(slots=True)
class Decoded:
    """The records of a message, what of it could not be used, and what follows from it."""

    records: list[Record] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """What is the same for every message of a topic: found once, then only looked up."""

    source: str
    route: Route
    parts: Mapping[str, str]
    machine: Machine | None = None
    fault: str = ""
    """Why there is no machine."""
    units: dict[str, str] = field(default_factory=dict)
    """Of the machine's signals that were met, whose names were looked at."""
    keys: tuple[str, str, str] | None = None
    """Of time, sequence number and values in a usual sample; None: no sample is usual here."""

    def known_machine(self) -> Machine:
        """The machine that the topic names; DataFault when the plant has none of that name."""
        if self.machine is None:
            raise DataFault(self.fault)
        return self.machine

    def unit(self, signal: str) -> str:
        """The unit of a signal, whose name is looked at the first time; DataFault for no name."""
        known = self.units.get(signal)
        if known is None:
            spec = self.known_machine().signals.get(name_of(signal))
            known = spec.unit if spec else ""
            if len(self.units) < _MOST_NAMES:
                self.units[signal] = known
        return known


@dataclass(slots=True)
class Stamp:
    """What the readings of one sample have in common."""

    machine: str
    source_time: datetime
    received_time: datetime
    source: str
    sequence: int | None = None
    quality: Quality = Quality.GOOD

    def reading(self, signal: str, value: Value, unit: str) -> Reading:
        """One of them; no value is a bad one."""
        return make_reading(
            self.machine,
            signal,
            value,
            unit,
            Quality.BAD if value is None else self.quality,
            self.source_time,
            self.received_time,
            self.source,
            self.sequence,
        )


def apart(records: Iterable[Record]) -> Iterator[Record]:
    """Records of one message that share signal, time and sequence number, told apart by content.

    The first keeps its number. A later one that says something else loses it, so the history
    goes by its content; one that says the same keeps it and is found to be a duplicate.
    """
    seen: dict[tuple[object, ...], Record] = {}
    for record in records:
        name = record.signal if isinstance(record, Reading) else record.code
        first = seen.setdefault((name, record.source_time, record.sequence), record)
        yield record if record is first or record == first else replace(record, sequence=None)


def joined(reasons: Sequence[str]) -> str:
    """The reasons of one dead letter, the first few of very many."""
    more = len(reasons) - _REASONS_SHOWN
    return "; ".join(reasons[:_REASONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
