"""What a cell still owes its centre: every newly stored record, until the centre has confirmed it.

The outbox lies in the file of the history and is filled by triggers, so a record and its debt
are one transaction, whoever stores it: a collector, a replay, a push. A record that was known
already is not stored, so it is not owed again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, NamedTuple, Self

from ingest.errors import DataFault, SettingsFault, StoreFault
from ingest.history import DeadLetter, Record
from ingest.instants import instant, microseconds
from ingest.outbox_items import record_of
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity
from ingest.writing import Writing

REFUSED = "forward:"
"""Before the source of a dead letter that the centre refused."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS outbox (
           id INTEGER PRIMARY KEY AUTOINCREMENT,  -- a number confirmed once is never given again
           is_event INTEGER NOT NULL, machine TEXT NOT NULL, name TEXT NOT NULL,
           source TEXT NOT NULL, source_time INTEGER NOT NULL, received_time INTEGER NOT NULL,
           sequence INTEGER, value, is_bool INTEGER NOT NULL, unit TEXT NOT NULL,
           grade TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS outbox_target (
           one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, cell TEXT NOT NULL)""",
)

_COLUMNS = """(is_event, machine, name, source, source_time, received_time, sequence,
               value, is_bool, unit, grade, state, text)"""

_QUEUE = f"INSERT INTO outbox {_COLUMNS} VALUES ({', '.join('?' * 13)})"

_LETTERS = """
    SELECT id, source, payload, reason, received_time FROM dead_letters
    WHERE source GLOB ? AND id > ? ORDER BY id LIMIT 1000"""

_TRIGGERS = {
    "outbox_readings": f"""
        AFTER INSERT ON readings BEGIN
            INSERT INTO outbox {_COLUMNS}
            SELECT 0, machine, signal, source, NEW.source_time, NEW.received_time, NEW.sequence,
                   NEW.value, NEW.is_bool, NEW.unit, NEW.quality, '', ''
            FROM series WHERE id = NEW.series;
        END""",
    "outbox_events": f"""
        AFTER INSERT ON events BEGIN
            INSERT INTO outbox {_COLUMNS}
            VALUES (1, NEW.machine, NEW.code, NEW.source, NEW.source_time, NEW.received_time,
                    NEW.sequence, NULL, 0, '', NEW.severity, NEW.state, NEW.text);
        END""",
}


class Waiting(NamedTuple):
    """A record and its place in the queue."""

    id: int
    record: Record


class Refused(NamedTuple):
    """A record that the centre will never take, as it was sent, and why."""

    waiting: Waiting
    payload: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How much is owed."""

    url: str
    cell: str
    waiting: int
    """Records; up to one request more than there are while one is confirmed in part."""
    oldest: datetime | None
    """When the cell received the record that has waited longest."""


class Outbox:
    """The queue of one home. One forwarder empties it; any number of processes fill it."""

    def __init__(self, path: Path, *, busy_s: float = 15.0) -> None:
        """Open the outbox of an existing history; nothing is queued before `begin`."""
        self.path = path
        self._lock = threading.Lock()
        with self._own_faults():
            self._connection = sqlite3.connect(
                path, timeout=busy_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._connection.close()

    def begin(self, url: str, cell: str = "") -> str:
        """Queue every record that is stored from now on for that centre; the cell's name there.

        Raises:
            SettingsFault: the cell has another name already.
        """
        with self._transaction() as connection:
            for statement in _TABLES:
                connection.execute(statement)
            known = connection.execute("SELECT cell FROM outbox_target").fetchone()
            if known and cell and known[0] != cell:
                raise SettingsFault(
                    f"This cell is {known[0]!r} at its centre, not {cell!r}.",
                    remedy="Leave ANDON_CELL as it was: under another name the centre would "
                    "store a repeat twice. `andon outbox end` gives the name up.",
                )
            name = str(known[0]) if known else cell or f"cell-{token_hex(4)}"
            connection.execute("REPLACE INTO outbox_target VALUES (1, ?, ?)", (url, name))
            for trigger, body in _TRIGGERS.items():
                connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
                connection.execute(f"CREATE TRIGGER {trigger} {body}")
        return name

    def end(self) -> int:
        """Queue nothing more and forget what waits; how many records that were."""
        with self._transaction() as connection:
            for trigger in _TRIGGERS:
                connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute("DELETE FROM outbox_target")
            return connection.execute("DELETE FROM outbox").rowcount

    def head(self, limit: int) -> list[Waiting]:
        """The records that have waited longest, in the order in which they were stored."""
        query = "SELECT * FROM outbox ORDER BY id LIMIT ?"
        with self._lock, self._own_faults():
            return [_waiting(row) for row in self._connection.execute(query, (limit,))]

    def confirm(self, taken: Sequence[Waiting], refused: Sequence[Refused], at: datetime) -> None:
        """Forget what the centre holds and set aside what it refused, in one transaction."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM outbox WHERE id = ?",
                [(waiting.id,) for waiting in (*taken, *(one.waiting for one in refused))],
            )
            writing = Writing(connection, {})
            for one in refused:
                source = f"{REFUSED}{one.waiting.record.source}"
                reason = f"the centre refuses it: {one.reason}"
                writing.set_aside(DeadLetter(source, one.payload, reason, at))
            writing.finish()

    def retry(self) -> int:
        """Queue again what the centre refused, as after its plant file was mended; how many."""
        queued, last = 0, 0
        with self._transaction() as connection:
            writing = Writing(connection, {})
            while letters := connection.execute(_LETTERS, (f"{REFUSED}*", last)).fetchall():
                queued += sum(_queued_again(writing, letter) for letter in letters)
                last = letters[-1][0]
            writing.finish()
        return queued

    def figures(self) -> OutboxFigures | None:
        """How much is owed; None where nothing is queued for anybody."""
        with self._lock, self._own_faults():
            return _figures(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._own_faults(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    @contextmanager
    def _own_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreFault(
                f"The outbox in {self.path} cannot be used: {fault}.",
                remedy="Look at the free space and the rights of its folder.",
            ) from fault


def outbox_figures(path: Path) -> OutboxFigures | None:
    """What the history at `path` owes a centre, without changing anything; None: no outbox.

    Raises:
        StoreFault: the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        reading = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=15)
        with closing(reading) as connection:
            return _figures(connection)
    except sqlite3.Error as fault:
        raise StoreFault(
            f"The outbox in {path} cannot be read: {fault}.", remedy="Look at its rights."
        ) from fault


def _figures(connection: sqlite3.Connection) -> OutboxFigures | None:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox_target'"
    if not connection.execute(query).fetchone():
        return None
    target = connection.execute("SELECT url, cell FROM outbox_target").fetchone()
    if target is None:
        return None
    url, cell = target
    # Both ends of the primary key: counting a long outbox would read all of it.
    first, last, oldest = connection.execute(
        """SELECT (SELECT min(id) FROM outbox), (SELECT max(id) FROM outbox),
                  (SELECT received_time FROM outbox ORDER BY id LIMIT 1)"""
    ).fetchone()
    if first is None:
        return OutboxFigures(url, cell, waiting=0, oldest=None)
    return OutboxFigures(url, cell, waiting=last - first + 1, oldest=instant(oldest))


def _waiting(row: tuple[Any, ...]) -> Waiting:
    number, is_event, machine, name, source, source_time, received_time, sequence, *rest = row
    value, is_bool, unit, grade, state, text = rest
    if is_event:
        event = Event(
            machine=machine,
            code=name,
            severity=Severity(grade),
            state=EventState(state),
            text=text,
            source_time=instant(source_time),
            received_time=instant(received_time),
            source=source,
            sequence=sequence,
        )
        return Waiting(number, event)
    reading = Reading(
        machine=machine,
        signal=name,
        value=bool(value) if is_bool else value,
        unit=unit,
        quality=Quality(grade),
        source_time=instant(source_time),
        received_time=instant(received_time),
        source=source,
        sequence=sequence,
    )
    return Waiting(number, reading)


def _queued_again(writing: Writing, letter: tuple[Any, ...]) -> bool:
    """Put a dead letter back into the queue; False for one that is cut off or not ours."""
    number, source, payload, reason, at = letter
    try:
        row = _row(record_of(payload))
    except DataFault:
        return False
    writing.connection.execute(_QUEUE, row)
    writing.connection.execute("DELETE FROM dead_letters WHERE id = ?", (number,))
    writing.take_back(DeadLetter(source, payload, reason, instant(at)))
    return True


def _row(record: Record) -> tuple[Any, ...]:
    times = microseconds(record.source_time), microseconds(record.received_time)
    if isinstance(record, Event):
        graded = (None, False, "", record.severity, record.state, record.text)
        return (1, record.machine, record.code, record.source, *times, record.sequence, *graded)
    content = (record.value, isinstance(record.value, bool), record.unit, record.quality, "", "")
    return (0, record.machine, record.signal, record.source, *times, record.sequence, *content)
