"""The service's own connection to history.db, with numbered migrations of its own tables."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ingest.errors import StoreFault

BUSY_S = 15.0
"""The collector writes to the same file; a commit of it takes milliseconds."""

Migration = Callable[[sqlite3.Connection], None]


def _cards(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE cards (
            number INTEGER PRIMARY KEY AUTOINCREMENT, machine TEXT NOT NULL, state TEXT NOT NULL,
            opened INTEGER NOT NULL, resolved INTEGER, body TEXT NOT NULL) STRICT"""
    )
    connection.execute("CREATE INDEX cards_machine ON cards (machine, number)")
    connection.execute(
        "CREATE UNIQUE INDEX cards_one_open ON cards (machine) WHERE state <> 'resolved'"
    )


def _ledger(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE given_answers (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL
            ) STRICT"""
    )
    connection.execute("CREATE INDEX given_answers_at ON given_answers (at)")
    connection.execute(
        """CREATE TABLE feedback (
            number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL,
            subject TEXT NOT NULL, verdict TEXT NOT NULL, label TEXT NOT NULL,
            comment TEXT NOT NULL, who TEXT NOT NULL) STRICT"""
    )
    connection.execute(
        """CREATE TABLE idempotency (
            key TEXT PRIMARY KEY, request TEXT NOT NULL, at INTEGER NOT NULL, reply TEXT NOT NULL
            ) STRICT"""
    )


def _idempotency_by_time(connection: sqlite3.Connection) -> None:
    """Old replies are dropped at every push: that must not read all of them."""
    connection.execute("CREATE INDEX idempotency_at ON idempotency (at)")


def _instructions(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE instructions (
            number INTEGER PRIMARY KEY AUTOINCREMENT, machine TEXT NOT NULL, line TEXT NOT NULL,
            issue TEXT NOT NULL, text TEXT NOT NULL, given INTEGER NOT NULL,
            given_by TEXT NOT NULL, cleared INTEGER, cleared_by TEXT NOT NULL) STRICT"""
    )
    connection.execute("CREATE INDEX instructions_in_force ON instructions (cleared, given)")


def _what_was_judged(connection: sqlite3.Connection) -> None:
    """Beside a verdict what it was about: an answer is kept for a while, a lesson for good."""
    connection.execute("ALTER TABLE feedback ADD COLUMN about TEXT NOT NULL DEFAULT '{}'")
    connection.execute("CREATE INDEX feedback_subject ON feedback (kind, subject)")


def _classified(connection: sqlite3.Connection) -> None:
    """What the classifiers said of late, and what the one in their shadow said to the same."""
    connection.execute(
        """CREATE TABLE classified (
            number INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, kind TEXT NOT NULL,
            subject TEXT NOT NULL, at INTEGER NOT NULL, version TEXT NOT NULL,
            outcome TEXT NOT NULL, label TEXT NOT NULL, confidence REAL NOT NULL,
            shadow_version TEXT NOT NULL, shadow_outcome TEXT NOT NULL,
            shadow_label TEXT NOT NULL, shadow_confidence REAL NOT NULL,
            UNIQUE (task, kind, subject)) STRICT"""
    )
    connection.execute("CREATE INDEX classified_task ON classified (task, number)")


def _trainings(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE trainings (
            number INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, state TEXT NOT NULL,
            body TEXT NOT NULL) STRICT"""
    )


def _asked(connection: sqlite3.Connection) -> None:
    """Answers get a table of their own, for the audit; those of before move there."""
    connection.execute(
        """CREATE TABLE asked (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            at INTEGER NOT NULL, caller TEXT NOT NULL, key TEXT NOT NULL, role TEXT NOT NULL,
            machine TEXT NOT NULL, conversation TEXT NOT NULL, declined INTEGER NOT NULL,
            body TEXT NOT NULL) STRICT"""
    )
    connection.execute("CREATE INDEX asked_at ON asked (at)")
    connection.execute("CREATE INDEX asked_machine ON asked (machine, number)")
    connection.execute("CREATE INDEX asked_conversation ON asked (conversation, number)")
    connection.execute(
        "INSERT INTO asked (id, at, caller, key, role, machine, conversation, declined, body) "
        "SELECT id, at, '', '', '', coalesce(json_extract(body, '$.machine'), ''), '', "
        "json_extract(body, '$.declined'), "
        "json_object('answer', json(body), 'scope', json('{}')) "
        "FROM given_answers WHERE kind = 'answer' ORDER BY at"
    )
    connection.execute("DELETE FROM given_answers WHERE kind = 'answer'")
    connection.execute("ALTER TABLE feedback ADD COLUMN answered TEXT NOT NULL DEFAULT ''")


MIGRATIONS: Sequence[Migration] = (
    _cards,
    _ledger,
    _idempotency_by_time,
    _instructions,
    _what_was_judged,
    _classified,
    _trainings,
    _asked,
)
"""Number n is entry n - 1. Append only: what has run in a plant is never changed."""


class Database:
    """One connection, one thread at a time; every use is a transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        except (sqlite3.Error, OSError) as error:
            raise StoreFault(f"Cannot open {path}: {error}.") from error
        self._migrate()

    def close(self) -> None:
        """Give the file back; closing twice does no harm."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the write lock is taken at the start."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # a full disk may have ended it
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path} refuses: {error}.") from error

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, without taking the write lock."""
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise StoreFault(f"{self.path} refuses: {error}.") from error

    def _migrate(self) -> None:
        with self.transaction() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS service_schema (version INTEGER PRIMARY KEY) STRICT"
            )
            (done,) = connection.execute(
                "SELECT coalesce(max(version), 0) FROM service_schema"
            ).fetchone()
            if done > len(MIGRATIONS):
                raise StoreFault(
                    f"{self.path} was written by a newer Andon (service schema {done}).",
                    remedy="Update Andon, or give it another home.",
                )
            for number, migration in enumerate(MIGRATIONS[done:], start=done + 1):
                migration(connection)
                connection.execute("INSERT INTO service_schema VALUES (?)", (number,))
