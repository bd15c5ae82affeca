"""The embedded history: SQLite in WAL mode, every commit on the disk before it is confirmed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import reading_out
from ingest.errors import NotKnown, SettingsFault, StoreFault
from ingest.history import Birth, DeadLetter, ExportRow, Record, SourceCounters, Written
from ingest.instants import instant
from ingest.rollups import Rollup, Sources, thinned
from ingest.room import DiskRoom
from ingest.schema import migrate
from ingest.sqlite_upkeep import SqliteUpkeep, all_rollups, rollups_of, standing_of
from ingest.storable import SeriesKey, remember
from ingest.upkeep import Upkeep
from ingest.vocabulary import Event, Reading, Window
from ingest.writing import Writing


class SqliteHistory:
    """A `History` in one file. Any thread may write or read; writes go one after the other."""

    def __init__(self, path: Path, *, busy_s: float = 15.0, reserve_bytes: int = 0) -> None:
        self.path = path
        self._busy_s = busy_s
        self._room = DiskRoom(path, reserve_bytes)
        self._lock = threading.Lock()
        self._series: dict[SeriesKey, int] = {}
        self._idle: list[sqlite3.Connection] = []
        """Reading connections that nobody uses; as many are made as ever read at once."""
        self._opened: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SettingsFault(
                f"The folder {path.parent} cannot be made: {fault.strerror}.",
                remedy="Name another with --home or ANDON_HOME.",
            ) from fault
        with self._own_faults():
            self._writer = self._connect()
            migrate(self._writer)
        self._file = _file_of(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where it is kept, to be told to people."""
        return str(self.path)

    def close(self) -> None:
        """Close every connection; the history cannot be used after that."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def write(
        self,
        records: Sequence[Record],
        dead: Sequence[DeadLetter] = (),
        births: Sequence[Birth] = (),
    ) -> Written:
        """Keep records, dead letters and births, and count, in one durable transaction."""
        with self._transaction() as writing:
            writing.take(records)
            for letter in dead:
                writing.set_aside(letter)
            for birth in births:
                writing.remember(birth)
            return writing.finish()

    def replay(self, letter: DeadLetter, records: Sequence[Record]) -> Written:
        """Put records in the place of a stored dead letter and correct the counters."""
        with self._transaction() as writing:
            query = "DELETE FROM dead_letters WHERE id = ?"
            if writing.connection.execute(query, (letter.id,)).rowcount != 1:
                raise NotKnown(f"There is no dead letter {letter.id}.")
            writing.take_back(letter)
            writing.take(records)
            return writing.finish()

    def window(self, machine: str, start: datetime, end: datetime) -> Window:
        """A machine's good numeric readings and its events, start included, end excluded."""
        with self._reading() as connection:
            found = {
                signal: series
                for signal, ids in reading_out.machine_series(connection, machine).items()
                if (
                    series := reading_out.good_series(connection, signal, ids, start=start, end=end)
                )
            }
            events = reading_out.newest_events(connection, machine, start=start, end=end, limit=-1)
        return Window(machine, start, end, found, tuple(events))

    def readings(
        self, machine: str, signal: str, start: datetime, end: datetime, *, max_points: int = 0
    ) -> list[Reading]:
        """One signal in time order; 0 points: all, else thinned so that extremes stay."""
        with self._reading() as connection:
            ids = reading_out.machine_series(connection, machine).get(signal, [])
            sources = Sources(
                lambda first, last: reading_out.signal_readings(connection, ids, first, last),
                lambda stretch: rollups_of(connection, ids, stretch),
            )
            return thinned(sources, start, end, max_points, standing_of(connection))

    def events(
        self, machine: str | None, start: datetime, end: datetime, *, limit: int = 1000
    ) -> list[Event]:
        """The newest events of one machine or of all, in time order."""
        with self._reading() as connection:
            return reading_out.newest_events(connection, machine, start=start, end=end, limit=limit)

    def latest(self, machine: str) -> list[Reading]:
        """The newest reading of every signal of a machine."""
        with self._reading() as connection:
            series = reading_out.machine_series(connection, machine)
            found = [reading_out.newest_reading(connection, ids) for ids in series.values()]
        return [reading for reading in found if reading is not None]

    def machines(self) -> list[str]:
        """Every machine with a reading or an event."""
        query = "SELECT machine FROM series UNION SELECT machine FROM events ORDER BY 1"
        with self._reading() as connection:
            return [machine for (machine,) in connection.execute(query)]

    def counters(self) -> list[SourceCounters]:
        """The counters of every source."""
        with self._reading() as connection:
            return reading_out.all_counters(connection)

    def dead_letters(self, limit: int = 100, *, source: str = "") -> list[DeadLetter]:
        """The newest dead letters, newest first; only of sources that hold this text."""
        with self._reading() as connection:
            return reading_out.newest_dead_letters(connection, limit, source)

    def births(self) -> list[Birth]:
        """The last birth of every node and device."""
        query = "SELECT broker, name, content, received_time FROM births ORDER BY broker, name"
        with self._reading() as connection:
            return [
                Birth(broker, name, content, instant(received))
                for broker, name, content, received in connection.execute(query)
            ]

    def export(
        self,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[ExportRow]:
        """Every reading in time order."""
        with self._reading() as connection:
            yield from reading_out.export_rows(connection, machine, start=start, end=end)

    def upkeep(self) -> Upkeep:
        """What brings the rollups up to date and lets the old go."""
        return SqliteUpkeep(self._reading, self._locked)

    def rollups(
        self,
        step: timedelta,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Rollup]:
        """Every rollup of a minute or an hour that begins in a time, series by series."""
        with self._reading() as connection:
            yield from all_rollups(connection, step, machine, (start, end))

    @contextmanager
    def _transaction(self) -> Iterator[Writing]:
        """A write that ends in a durable commit, or leaves no trace."""
        with self._locked() as connection:
            writing = Writing(connection, self._series)
            self._room.check(connection)
            yield writing
        remember(self._series, writing.new_series)

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection, in a transaction that nobody else writes beside."""
        with self._lock, self._own_faults(), self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._refuse_moved()
            yield self._writer

    def _refuse_moved(self) -> None:
        """What is written into a file that was moved away or deleted, nobody will find again."""
        if _file_of(self.path) != self._file:
            raise StoreFault(
                f"The history {self.path} was moved, replaced or deleted while it was in use.",
                remedy="Put it back, or end every process that uses it and start them again.",
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for this reading alone, used again by the next one."""
        with self._own_faults():
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        self._opened.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def _own_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreFault(
                f"The history {self.path} cannot be used: {fault}.",
                remedy=_remedy(fault),
            ) from fault


def _file_of(path: Path) -> tuple[int, int] | None:
    """Which file bears that name now; None for no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remedy(fault: sqlite3.Error) -> str:
    """SQLite's plain DatabaseError is a file that is no history or not whole any more."""
    if type(fault) is sqlite3.DatabaseError or "no such" in str(fault):
        return "It is damaged or not ours: put a copy in its place, or move it away to begin anew."
    return "Look at the free space and the rights of its folder."
