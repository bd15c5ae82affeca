"""How the tables of the document store came to be: numbered steps, run once each, in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from ingest.errors import StoreFault

Migration = Callable[[sqlite3.Connection], None]

_FIRST = (
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS documents (
        key TEXT PRIMARY KEY, origin TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
        kind TEXT NOT NULL, machine_kinds TEXT NOT NULL, machines TEXT NOT NULL,
        revision TEXT NOT NULL, effective_from INTEGER, effective_until INTEGER,
        status TEXT NOT NULL, language TEXT NOT NULL, source TEXT NOT NULL,
        source_hash TEXT NOT NULL, passages INTEGER NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS documents_by_id ON documents (id)",
    """CREATE TABLE IF NOT EXISTS passages (
        id TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES documents (key),
        ordinal INTEGER NOT NULL, page INTEGER NOT NULL, section TEXT NOT NULL,
        kind TEXT NOT NULL, text TEXT NOT NULL, codes TEXT NOT NULL, defines TEXT NOT NULL,
        text_hash TEXT NOT NULL, vector BLOB NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS passages_by_key ON passages (key, ordinal)",
    "CREATE INDEX IF NOT EXISTS passages_by_hash ON passages (text_hash)",
    """CREATE TABLE IF NOT EXISTS codes (
        code TEXT NOT NULL, printed TEXT NOT NULL, meaning TEXT NOT NULL,
        error_class TEXT NOT NULL, reaction TEXT NOT NULL,
        passage TEXT NOT NULL REFERENCES passages (id)) STRICT""",
    "CREATE INDEX IF NOT EXISTS codes_by_code ON codes (code)",
    "CREATE INDEX IF NOT EXISTS codes_by_passage ON codes (passage)",
    """CREATE TABLE IF NOT EXISTS terms (
        term TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
)


def _first(connection: sqlite3.Connection) -> None:
    """What stood before the steps were numbered, where it is not there yet."""
    for statement in _FIRST:
        connection.execute(statement)


def _readers_and_pages(connection: sqlite3.Connection) -> None:
    """Some stores have these columns already, from before the steps were numbered."""
    _add(connection, "documents", "readers TEXT NOT NULL DEFAULT '[]'")
    _add(connection, "documents", "page_labels TEXT NOT NULL DEFAULT '[]'")
    _add(connection, "documents", "ocr_pages TEXT NOT NULL DEFAULT '[]'")
    _add(connection, "documents", "unread_pages TEXT NOT NULL DEFAULT '[]'")
    _add(connection, "passages", "last_page INTEGER NOT NULL DEFAULT 0")
    _add(connection, "passages", "boxes TEXT NOT NULL DEFAULT '[]'")


def _who_and_when(connection: sqlite3.Connection) -> None:
    """Who took a document in, what became of it, and what is under way."""
    _add(connection, "documents", "added_at TEXT")
    _add(connection, "documents", "added_by TEXT NOT NULL DEFAULT ''")
    connection.execute(
        """CREATE TABLE withdrawals (
            key TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL,
            reason TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )
    connection.execute(
        """CREATE TABLE changes (
            number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, by TEXT NOT NULL,
            action TEXT NOT NULL, document TEXT NOT NULL, revision TEXT NOT NULL,
            reason TEXT NOT NULL, source_hash TEXT NOT NULL) STRICT"""
    )
    connection.execute("CREATE INDEX changes_by_document ON changes (document, number)")
    connection.execute("CREATE TABLE mending (document TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    connection.execute(
        """CREATE TABLE taken_out (
            source_hash TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )
    connection.execute(
        """CREATE TABLE stamps (
            path TEXT PRIMARY KEY, stamp TEXT NOT NULL,
            source_hash TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )


MIGRATIONS: Sequence[Migration] = (_first, _readers_and_pages, _who_and_when)
"""Number n is entry n - 1. Append only: what has run in a plant is never changed."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to today, each step in a transaction of its own.

    Raises:
        StoreFault: a newer Andon wrote them.
    """
    if _version(connection) > len(MIGRATIONS):
        raise StoreFault(
            f"The document store was written by a newer Andon (schema {_version(connection)}).",
            remedy="Update Andon, or give it another home.",
        )
    while _version(connection) < len(MIGRATIONS):
        _step(connection)


def _step(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = _version(connection)  # another process may have been quicker
        if done < len(MIGRATIONS):
            MIGRATIONS[done](connection)
            connection.execute(f"PRAGMA user_version = {done + 1}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _add(connection: sqlite3.Connection, table: str, column: str) -> None:
    there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    if column.split(maxsplit=1)[0] not in there:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
