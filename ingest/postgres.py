"""The history in a PostgreSQL database, for several collectors and services at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import psycopg

from ingest import postgres_reading as reading_out
from ingest.errors import NotKnown, SettingsFault, StoreFault
from ingest.history import Birth, DeadLetter, ExportRow, Record, SourceCounters, Written
from ingest.postgres_link import Connection, PostgresLink
from ingest.postgres_schema import has_history, migrate, warn_of_unsafe
from ingest.postgres_upkeep import PostgresUpkeep, standing_of
from ingest.postgres_writing import ROW_FAULTS, STAGE, PostgresWriting, Way
from ingest.rollups import Rollup, Sources, thinned
from ingest.storable import SeriesKey, remember
from ingest.upkeep import Upkeep
from ingest.vocabulary import Event, Reading, Window

Found = TypeVar("Found")

_TRIES = 5
_AGAIN = psycopg.errors.TransactionRollback
"""A deadlock with writers that are not ours: the same write is tried again."""
_WARY = 100
"""After a duplicate, how many writes expect another."""
Fill = Callable[[PostgresWriting], None]
"""Brings what is to be written into a transaction."""


class PostgresHistory:
    """A `History` in a database. Any thread may write or read; a lost connection is made again.

    Whatever the server says that is not about one row ends in a StoreFault, and the next call
    connects anew.
    """

    def __init__(self, url: str, password_file: Path | None = None, *, make: bool = True) -> None:
        self._link = PostgresLink(url, password_file)
        self._lock = threading.Lock()
        self._series: dict[SeriesKey, int] = {}
        self._writer: Connection | None = None
        self._wary = 0
        self._idle: list[Connection] = []
        """Reading connections that nobody uses; as many are made as ever read at once."""
        self._closed = False
        with self._link.connect() as connection, self._link.own_faults():
            if not make and not has_history(connection):
                raise SettingsFault(
                    f"There is no history in {self.place}.",
                    remedy="Correct ANDON_HISTORY_URL, or run `andon ingest` first.",
                )
            migrate(connection)
            warn_of_unsafe(connection, self.place)

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
        return self._link.place

    def close(self) -> None:
        """Close every connection; the history cannot be used after that."""
        with self._lock:
            self._closed = True
            self._forget_writer()
            self._forget_readers()

    def write(
        self,
        records: Sequence[Record],
        dead: Sequence[DeadLetter] = (),
        births: Sequence[Birth] = (),
    ) -> Written:
        """Keep records, dead letters and births, and count, in one durable transaction."""

        def fill(writing: PostgresWriting) -> None:
            writing.take(records)
            writing.set_aside(dead)
            writing.remember(births)

        return self._written(fill)

    def replay(self, letter: DeadLetter, records: Sequence[Record]) -> Written:
        """Put records in the place of a stored dead letter and correct the counters."""

        def fill(writing: PostgresWriting) -> None:
            query = "DELETE FROM dead_letters WHERE id = %s"
            if writing.connection.execute(query, (letter.id,)).rowcount != 1:
                raise NotKnown(f"There is no dead letter {letter.id}.")
            writing.take_back(letter)
            writing.take(records)

        return self._written(fill)

    def window(self, machine: str, start: datetime, end: datetime) -> Window:
        """A machine's good numeric readings and its events, start included, end excluded."""
        return self._read(lambda link: reading_out.window(link, machine, start, end))

    def readings(
        self, machine: str, signal: str, start: datetime, end: datetime, *, max_points: int = 0
    ) -> list[Reading]:
        """One signal in time order; 0 points: all, else thinned so that extremes stay."""

        def look(link: Connection) -> list[Reading]:
            ids = reading_out.machine_series(link, machine).get(signal, [])
            sources = Sources(
                lambda first, last: reading_out.signal_readings(link, ids, first, last),
                lambda stretch: reading_out.rollups_of(link, ids, stretch),
            )
            return thinned(sources, start, end, max_points, standing_of(link))

        return self._read(look)

    def events(
        self, machine: str | None, start: datetime, end: datetime, *, limit: int = 1000
    ) -> list[Event]:
        """The newest events of one machine or of all, in time order."""
        return self._read(
            lambda link: reading_out.newest_events(link, machine, start, end, limit=limit)
        )

    def latest(self, machine: str) -> list[Reading]:
        """The newest reading of every signal of a machine."""
        return self._read(lambda link: reading_out.newest_readings(link, machine))

    def machines(self) -> list[str]:
        """Every machine with a reading or an event."""
        return self._read(reading_out.machines)

    def counters(self) -> list[SourceCounters]:
        """The counters of every source."""
        return self._read(reading_out.all_counters)

    def dead_letters(self, limit: int = 100, *, source: str = "") -> list[DeadLetter]:
        """The newest dead letters, newest first; only of sources that hold this text."""
        return self._read(lambda link: reading_out.newest_dead_letters(link, limit, source))

    def births(self) -> list[Birth]:
        """The last birth of every node and device."""
        return self._read(reading_out.all_births)

    def upkeep(self) -> Upkeep:
        """What brings the rollups up to date and lets the old go."""
        return PostgresUpkeep(self._transaction)

    def export(
        self,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[ExportRow]:
        """Every reading in time order."""
        with self._link.own_faults(), self._link.connect() as connection:
            yield from reading_out.export_rows(connection, machine, start, end)

    def rollups(
        self,
        step: timedelta,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Rollup]:
        """Every rollup of a minute or an hour that begins in a time, series by series."""
        with self._link.own_faults(), self._link.connect() as connection:
            yield from reading_out.all_rollups(connection, step, machine, (start, end))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction beside the writes, on a connection of its own."""
        with self._link.own_faults():
            connection, _ = self._borrowed()
            try:
                with connection.transaction():
                    yield connection
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)

    def _written(self, fill: Fill) -> Written:
        """Fill a transaction and commit it, the careful way once the quick one was refused."""
        with self._lock, self._link.own_faults():
            self._wary = max(self._wary - 1, 0)
            way = Way.STAGED if self._wary else Way.DIRECT
            for left in reversed(range(_TRIES)):
                try:
                    return self._attempt(fill, way)
                except psycopg.Error as fault:
                    careful = self._more_careful(way, fault)
                    if left and (careful or isinstance(fault, _AGAIN)):
                        way = careful or way
                        continue
                    self._forget_writer()
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _more_careful(self, way: Way, fault: psycopg.Error) -> Way | None:
        """The way on which one row harms the others less; None where it is not about a row."""
        if isinstance(fault, psycopg.errors.UniqueViolation) and way is Way.DIRECT:
            self._wary = _WARY
            return Way.STAGED
        if isinstance(fault, ROW_FAULTS) and way is not Way.SINGLY:
            return Way.SINGLY
        return None

    def _attempt(self, fill: Fill, way: Way) -> Written:
        connection = self._connected_writer()
        writing = PostgresWriting(connection, self._series, way)
        with connection.transaction():
            fill(writing)
            written = writing.finish()
        remember(self._series, writing.new_series)
        return written

    def _connected_writer(self) -> Connection:
        self._refuse_if_closed()
        if self._writer is None or self._writer.closed:
            self._series.clear()  # another database may stand behind the same URL by now
            self._writer = self._link.connect()
            self._writer.execute(STAGE)
        return self._writer

    def _forget_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _read(self, look: Callable[[Connection], Found]) -> Found:
        """What is found; once more by a new connection if the old one was lost while idle."""
        with self._link.own_faults():
            while True:
                connection, fresh = self._borrowed()
                try:
                    found = look(connection)
                except BaseException:
                    lost = connection.closed
                    connection.close()
                    if fresh or not lost:
                        raise
                    self._forget_readers()
                else:
                    self._give_back(connection)
                    return found

    def _borrowed(self) -> tuple[Connection, bool]:
        """A connection for one reading alone, and whether it is a new one."""
        self._refuse_if_closed()
        try:
            return self._idle.pop(), False
        except IndexError:
            return self._link.connect(), True

    def _give_back(self, connection: Connection) -> None:
        self._idle.append(connection)
        if self._closed:  # looked at last: nobody else may close what is given back after that
            self._forget_readers()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreFault(f"The history {self.place} is closed.")

    def _forget_readers(self) -> None:
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()
