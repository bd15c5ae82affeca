"""The durable log of the floor: what it keeps, what it proves, and the port to it.

The unit of every count is the record: one reading, one event, or one message that could not be
read, wholly or in part. `received = stored + duplicates + dead_lettered` holds per source, at any
instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from ingest.rollups import Rollup
from ingest.upkeep import Upkeep
from ingest.vocabulary import Event, Quality, Reading, Value, Window

Record = Reading | Event


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something received that could not be kept, with the reason, to be looked at and replayed."""

    source: str
    payload: bytes
    reason: str
    received_time: datetime
    id: int | None = None
    """Row in the history once stored."""


@dataclass(frozen=True, slots=True)
class Birth:
    """What a Sparkplug node or device announced, so that a collector knows it after a restart."""

    broker: str
    name: str
    """`group/node` or `group/node/device`."""
    content: str
    """JSON that only the codec reads; it counts nowhere."""
    received_time: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the records of one write."""

    received: int = 0
    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0


@dataclass(frozen=True, slots=True)
class SourceCounters:
    """What became of every record that a source ever sent."""

    source: str
    received: int
    stored: int
    duplicates: int
    dead_lettered: int
    last_received: datetime


class ExportRow(NamedTuple):
    """One line of `andon history export`."""

    machine: str
    signal: str
    source_time: datetime
    received_time: datetime
    sequence: int | None
    value: Value
    unit: str
    quality: Quality


class History(Protocol):
    """The port to the durable log.

    A record is the same as a stored one when its source, its signal or code, its source time and
    its sequence number are; without a sequence number, when its content is. The source time is
    part of it so that a publisher that counts from 1 again after a restart is not merged.
    """

    @property
    def place(self) -> str:
        """Where it is kept, to be told to people."""
        ...

    def write(
        self,
        records: Sequence[Record],
        dead: Sequence[DeadLetter] = (),
        births: Sequence[Birth] = (),
    ) -> Written:
        """Keep records, dead letters and births, and count, in one durable transaction.

        A record that the store cannot hold (an integer beyond 64 bits) becomes a dead letter. A
        birth takes the place of an earlier one of its name, never that of a later one.

        Raises:
            StoreFault: nothing of this was kept; the same call may work later.
        """
        ...

    def replay(self, letter: DeadLetter, records: Sequence[Record]) -> Written:
        """Put records in the place of a stored dead letter and correct the counters."""
        ...

    def window(self, machine: str, start: datetime, end: datetime) -> Window:
        """A machine's good numeric readings and its events, start included, end excluded."""
        ...

    def readings(
        self, machine: str, signal: str, start: datetime, end: datetime, *, max_points: int = 0
    ) -> list[Reading]:
        """One signal in time order; 0 points: all, else thinned so that extremes stay.

        Where readings have been deleted, or are many more than the points, the lowest and the
        highest of each minute or hour stand for them (`Reading.rollup_s`). All readings means
        those that are there.
        """
        ...

    def events(
        self, machine: str | None, start: datetime, end: datetime, *, limit: int = 1000
    ) -> list[Event]:
        """The newest events of one machine or of all, in time order."""
        ...

    def latest(self, machine: str) -> list[Reading]:
        """The newest reading of every signal of a machine."""
        ...

    def machines(self) -> list[str]:
        """Every machine with a reading or an event."""
        ...

    def counters(self) -> list[SourceCounters]:
        """The counters of every source."""
        ...

    def dead_letters(self, limit: int = 100, *, source: str = "") -> list[DeadLetter]:
        """The newest dead letters, newest first; only of sources that hold this text."""
        ...

    def upkeep(self) -> Upkeep:
        """What brings the rollups up to date and lets the old go."""
        ...

    def births(self) -> list[Birth]:
        """The last birth of every node and device."""
        ...

    def export(
        self,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[ExportRow]:
        """Every reading in time order."""
        ...

    def rollups(
        self,
        step: timedelta,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Rollup]:
        """Every rollup of a minute or an hour that begins in a time, series by series."""
        ...


def history_path(home: Path) -> Path:
    """Where the history lies in Andon's folder."""
    return home / "history.db"
