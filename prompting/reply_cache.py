"""Checked replies kept in a small SQLite file, bounded in number, bytes and age.

A cache that cannot be read or written costs a request to the model, never a summary.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)

Kept = TypeVar("Kept")

FILE = "llm-cache.db"
PATIENCE_S = 0.5
"""How long another process may hold the file."""
CLOCK_SLACK_S = 60.0
BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_TABLE = """CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, reply TEXT NOT NULL, size INTEGER NOT NULL, kept_at REAL NOT NULL
) WITHOUT ROWID"""
_TOO_OLD = "DELETE FROM replies WHERE kept_at NOT BETWEEN ? AND ?"
_TOO_MUCH = """DELETE FROM replies WHERE key IN (
    SELECT key FROM (
        SELECT key, row_number() OVER newest AS number, sum(size) OVER newest AS total
        FROM replies WINDOW newest AS (ORDER BY kept_at DESC, key))
    WHERE number > ? OR total > ?)"""


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """The most that is kept; no entries: no cache."""

    entries: int
    size: int
    """In bytes of replies."""
    age_s: float


class ReplyCache:
    """Safe for several threads and processes: each call opens the file anew."""

    def __init__(
        self, path: Path, limits: CacheLimits, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._limits = limits
        self._clock = clock
        self._complained = False

    def get(self, key: str) -> str | None:
        """The reply kept under that key; None where there is none that is young enough."""

        def read(connection: sqlite3.Connection) -> str | None:
            found = connection.execute(
                "SELECT reply FROM replies WHERE key = ? AND kept_at BETWEEN ? AND ?",
                (key, *self._valid()),
            ).fetchone()
            return found[0] if found and isinstance(found[0], str) else None

        return self._try(read)

    def put(self, key: str, reply: str) -> None:
        """Keep a checked reply; the oldest make room."""
        size = len(reply.encode())
        if size > self._limits.size:
            return

        def write(connection: sqlite3.Connection) -> None:
            row = (key, reply, size, self._clock())
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", row)
            connection.execute(_TOO_OLD, self._valid())
            connection.execute(_TOO_MUCH, (self._limits.entries, self._limits.size))
            connection.execute("COMMIT")

        self._try(write)

    def forget(self, key: str) -> None:
        """Drop a reply that cannot be used any more."""

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM replies WHERE key = ?", (key,))

        self._try(drop)

    def _valid(self) -> tuple[float, float]:
        """From the oldest to now; after a clock was set back, nothing from the future."""
        now = self._clock()
        return now - self._limits.age_s, now + CLOCK_SLACK_S

    def _try(self, work: Callable[[sqlite3.Connection], Kept | None]) -> Kept | None:
        """What the work gives, or None; a fault is said once and otherwise of no effect."""
        try:
            with closing(self._connected()) as connection:
                connection.execute(_TABLE)
                found = work(connection)
        except (OSError, sqlite3.Error) as fault:
            self._complain(fault)
            self._start_anew(fault)
            return None
        self._complained = False
        return found

    def _connected(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        return sqlite3.connect(self._path, timeout=PATIENCE_S, isolation_level=None)

    def _complain(self, fault: Exception) -> None:
        if not self._complained:
            words = {"file": str(self._path), "fault": str(fault)}
            log.warning("reply cache out of use", extra=words)
        self._complained = True

    def _start_anew(self, fault: Exception) -> None:
        """A file that is no database is thrown away; all that it held can be asked again."""
        if isinstance(fault, sqlite3.Error) and _primary(fault) in BROKEN:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


def _primary(fault: sqlite3.Error) -> int:
    """The kind of a fault; what Python itself raises has none."""
    return int(getattr(fault, "sqlite_errorcode", 0)) & 0xFF
