"""The roster of collectors on one host: a small SQLite file of its own in the home folder.

Not in the history's file: a sign of life must not queue behind the writer of readings, and after a
power cut there are no collectors whose leases would have to be remembered.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.errors import SettingsFault, StoreFault
from ingest.roster import FORGET_AFTER_S, Attendance, Lease, Member, Pulse, Share, share_of
from ingest.roster_rows import leases_of, member_row, members_of, pulses_of

_BUSY_S = 2.0
_TABLES = (
    """CREATE TABLE IF NOT EXISTS members (
           collector TEXT PRIMARY KEY, lanes TEXT NOT NULL,
           renewed REAL NOT NULL, term_s REAL NOT NULL,
           figures TEXT NOT NULL, words TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS leases (
           name TEXT PRIMARY KEY, holder TEXT NOT NULL,
           renewed REAL NOT NULL, term_s REAL NOT NULL) WITHOUT ROWID""",
)
_KEEP_LEASE = "INSERT OR REPLACE INTO leases (name, holder, renewed, term_s) VALUES (?, ?, ?, ?)"


def roster_path(home: Path) -> Path:
    """Where the roster lies in Andon's folder."""
    return home / "roster.db"


class SqliteRoster:
    """A `Roster` in one file; its clock is the host's."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SettingsFault(
                f"The folder {path.parent} cannot be made: {fault.strerror}.",
                remedy="Name another with --home or ANDON_HOME.",
            ) from fault
        with self._own_faults():
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            for table in _TABLES:
                self._connection.execute(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._connection.close()

    def attend(self, attendance: Attendance, term_s: float) -> Share:
        """Leave a pulse, renew what is held, and take what is free and due to us."""
        with self._transaction() as (connection, now):
            _forget(connection, now)
            connection.execute(
                """INSERT OR REPLACE INTO members
                       (collector, lanes, renewed, term_s, figures, words)
                   VALUES (?, ?, ?, ?, ?, ?)""",
                member_row(attendance, now, term_s),
            )
            share = share_of(
                attendance.collector, _members(connection), _leases(connection), now=now
            )
            connection.executemany(
                _KEEP_LEASE,
                [(lane, attendance.collector, now, term_s) for lane in sorted(share.held)],
            )
            return share

    def release(self, collector: str, lanes: Iterable[str]) -> None:
        """Give up leases before their time."""
        with self._transaction() as (connection, _now):
            connection.executemany(
                "DELETE FROM leases WHERE name = ? AND holder = ?",
                [(lane, collector) for lane in lanes],
            )

    def claim(self, name: str, holder: str, term_s: float) -> bool:
        """Take or renew the lease of a chore that one of all does; False: another has it."""
        with self._transaction() as (connection, now):
            lease = _leases(connection).get(name)
            if lease and lease.bars(holder, now):
                return False
            connection.execute(_KEEP_LEASE, (name, holder, now, term_s))
            return True

    def leave(self, collector: str) -> None:
        """Go in order: no pulse and no lease is left."""
        with self._transaction() as (connection, _now):
            connection.execute("DELETE FROM members WHERE collector = ?", (collector,))
            connection.execute("DELETE FROM leases WHERE holder = ?", (collector,))

    def pulses(self) -> list[Pulse]:
        """Every collector that is not struck off, by name."""
        query = "SELECT collector, renewed, figures, words FROM members ORDER BY collector"
        with self._lock, self._own_faults():
            rows = self._connection.execute(query).fetchall()
            now = self._clock()
        return pulses_of(rows, now)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, float]]:
        """The write lock is ours before the clock is read."""
        with self._lock, self._own_faults(), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection, self._clock()

    @contextmanager
    def _own_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreFault(
                f"The roster {self._path} cannot be used: {fault}.",
                remedy="Look at the free space and the rights of its folder; with no collector "
                "running it may be deleted.",
            ) from fault


def _forget(connection: sqlite3.Connection, now: float) -> None:
    for table in ("members", "leases"):
        connection.execute(f"DELETE FROM {table} WHERE renewed < ?", (now - FORGET_AFTER_S,))


def _members(connection: sqlite3.Connection) -> dict[str, Member]:
    query = "SELECT collector, lanes, renewed, term_s FROM members"
    return members_of(connection.execute(query))


def _leases(connection: sqlite3.Connection) -> dict[str, Lease]:
    return leases_of(connection.execute("SELECT name, holder, renewed, term_s FROM leases"))
