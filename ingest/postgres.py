"""The history in a PostgreSQL database, for several collectors and services at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import psycopg

from ingest import postgres_reading as reading_out
from ingest.errors import NotKnown, SettingsFault, StoreFault
from ingest.history import Birth, DeadLetter, ExportRow, Record, SourceCounters, Written
from ingest.postgres_link import Connection, PostgresLink
from ingest.postgres_schema import has_history, migrate, warn_of_unsafe
from ingest.postgres_writing import ROW_FAULTS, STAGE, PostgresWriting, SeriesKey
from ingest.thinning import keep_extremes
from ingest.vocabulary import Event, Reading, Window

Found = TypeVar("Found")

_TRIES = 5
_AGAIN = psycopg.errors.TransactionRollback
"""A deadlock with writers that are not ours: the same write is tried again."""


class Fill(Protocol):
    """Brings what is to be written into a transaction."""

    def __call__(self, writing: PostgresWriting, *, singly: bool) -> None:
        """Called once more, singly, when the server refuses a row."""
        ...


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

        def fill(writing: PostgresWriting, *, singly: bool) -> None:
            writing.take(records, singly=singly)
            writing.set_aside(dead)
            writing.remember(births)

        return self._written(fill)

    def replay(self, letter: DeadLetter, records: Sequence[Record]) -> Written:
        """Put records in the place of a stored dead letter and correct the counters."""

        def fill(writing: PostgresWriting, *, singly: bool) -> None:
            query = "DELETE FROM dead_letters WHERE id = %s"
            if writing.connection.execute(query, (letter.id,)).rowcount != 1:
                raise NotKnown(f"There is no dead letter {letter.id}.")
            writing.take_back(letter)
            writing.take(records, singly=singly)

        return self._written(fill)

    def window(self, machine: str, start: datetime, end: datetime) -> Window:
        """A machine's good numeric readings and its events, start included, end excluded."""
        return self._read(lambda link: reading_out.window(link, machine, start, end))

    def readings(
        self, machine: str, signal: str, start: datetime, end: datetime, *, max_points: int = 0
    ) -> list[Reading]:
        """One signal in time order; 0 points: all, else thinned so that extremes stay."""
        found = self._read(
            lambda link: reading_out.signal_readings(link, machine, signal, start, end)
        )
        return keep_extremes(found, max_points)

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

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        return self._read(lambda link: reading_out.newest_dead_letters(link, limit))

    def births(self) -> list[Birth]:
        """The last birth of every node and device."""
        return self._read(reading_out.all_births)

    def export(
        self,
        machine: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[ExportRow]:
        """Every reading in time order."""
        with self._link.own_faults(), self._link.connect() as connection:
            yield from reading_out.export_rows(connection, machine, start, end)

    def _written(self, fill: Fill) -> Written:
        """Fill a transaction and commit it; row by row once the server refuses one of the rows."""
        singly = False
        with self._lock, self._link.own_faults():
            for left in reversed(range(_TRIES)):
                try:
                    return self._attempt(fill, singly=singly)
                except psycopg.Error as fault:
                    refused_row = isinstance(fault, ROW_FAULTS) and not singly
                    singly = singly or refused_row
                    if refused_row or (left and isinstance(fault, _AGAIN)):
                        continue
                    self._forget_writer()
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, fill: Fill, *, singly: bool) -> Written:
        connection = self._connected_writer()
        writing = PostgresWriting(connection, self._series)
        with connection.transaction():
            fill(writing, singly=singly)
            written = writing.finish()
        self._series |= writing.new_series
        return written

    def _connected_writer(self) -> Connection:
        if self._closed:
            raise StoreFault(f"The history {self.place} is closed.")
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
                    self._idle.append(connection)
                    return found

    def _borrowed(self) -> tuple[Connection, bool]:
        """A connection for one reading alone, and whether it is a new one."""
        try:
            return self._idle.pop(), False
        except IndexError:
            return self._link.connect(), True

    def _forget_readers(self) -> None:
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()
