"""The tables of the SQLite history, as numbered migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from ingest.errors import StoreFault
from ingest.instants import microseconds
from ingest.upkeep import BEGINNING

Migration = Callable[[sqlite3.Connection], None]


def _m0001_first_tables(connection: sqlite3.Connection) -> None:
    """Times are integer microseconds since the Unix epoch, in UTC."""
    for statement in (
        """CREATE TABLE series (
               id INTEGER PRIMARY KEY,
               machine TEXT NOT NULL, signal TEXT NOT NULL, source TEXT NOT NULL,
               UNIQUE (machine, signal, source))""",
        # `value` has no type on purpose: a number stays a number and a text a text.
        """CREATE TABLE readings (
               id INTEGER PRIMARY KEY,
               series INTEGER NOT NULL REFERENCES series (id),
               source_time INTEGER NOT NULL, received_time INTEGER NOT NULL,
               sequence INTEGER, fingerprint INTEGER NOT NULL,
               value, is_bool INTEGER NOT NULL, unit TEXT NOT NULL, quality TEXT NOT NULL)""",
        """CREATE UNIQUE INDEX readings_identity
               ON readings (series, source_time, ifnull(sequence, -1), fingerprint)""",
        """CREATE TABLE events (
               id INTEGER PRIMARY KEY,
               machine TEXT NOT NULL, code TEXT NOT NULL, severity TEXT NOT NULL,
               state TEXT NOT NULL, text TEXT NOT NULL,
               source_time INTEGER NOT NULL, received_time INTEGER NOT NULL,
               source TEXT NOT NULL, sequence INTEGER, fingerprint INTEGER NOT NULL)""",
        """CREATE UNIQUE INDEX events_identity
               ON events (machine, source_time, source, code, ifnull(sequence, -1), fingerprint)""",
        "CREATE INDEX events_by_time ON events (source_time)",
        """CREATE TABLE dead_letters (
               id INTEGER PRIMARY KEY,
               source TEXT NOT NULL, payload BLOB NOT NULL, reason TEXT NOT NULL,
               received_time INTEGER NOT NULL)""",
        """CREATE TABLE counters (
               source TEXT PRIMARY KEY,
               received INTEGER NOT NULL, stored INTEGER NOT NULL,
               duplicates INTEGER NOT NULL, dead_lettered INTEGER NOT NULL,
               last_received INTEGER NOT NULL) WITHOUT ROWID""",
    ):
        connection.execute(statement)


def _m0002_births(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE births (
               broker TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL,
               received_time INTEGER NOT NULL, PRIMARY KEY (broker, name)) WITHOUT ROWID"""
    )


def _m0003_rollups(connection: sqlite3.Connection) -> None:
    """See `ingest/upkeep.py` for the four instants, `ingest/rollups.py` for the columns."""
    beginning = microseconds(BEGINNING)
    for statement in (
        """CREATE TABLE upkeep (
               only INTEGER PRIMARY KEY CHECK (only = 1),
               rolled_to INTEGER NOT NULL, marked_to INTEGER NOT NULL,
               kept_from INTEGER NOT NULL, minutes_from INTEGER NOT NULL)""",
        f"INSERT INTO upkeep VALUES (1, {beginning}, {beginning}, {beginning}, {beginning})",
        """CREATE TABLE late (
               series INTEGER NOT NULL, hour INTEGER NOT NULL,
               PRIMARY KEY (series, hour)) WITHOUT ROWID""",
        """CREATE TABLE rollups (
               series INTEGER NOT NULL, step INTEGER NOT NULL, bucket INTEGER NOT NULL,
               count INTEGER NOT NULL, rest INTEGER NOT NULL, texts INTEGER NOT NULL,
               total REAL NOT NULL, low REAL, low_time INTEGER, high REAL, high_time INTEGER,
               first REAL, first_time INTEGER, last REAL, last_time INTEGER,
               received_time INTEGER NOT NULL, unit TEXT NOT NULL,
               all_good INTEGER NOT NULL, is_bool INTEGER NOT NULL,
               PRIMARY KEY (series, step, bucket)) WITHOUT ROWID""",
    ):
        connection.execute(statement)


MIGRATIONS: Sequence[Migration] = (_m0001_first_tables, _m0002_births, _m0003_rollups)
"""In order, never changed once released; `PRAGMA user_version` counts those done."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, each step in its own transaction.

    Several processes may open a new history at once: the write lock is taken before looking.
    """
    while _step(connection):
        pass


def _step(connection: sqlite3.Connection) -> bool:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        (done,) = connection.execute("PRAGMA user_version").fetchone()
        if done > len(MIGRATIONS):
            raise StoreFault(
                f"The history was written by a newer Andon (step {done}).",
                remedy="Update Andon, or name another folder with --home.",
            )
        if done == len(MIGRATIONS):
            return False
        MIGRATIONS[done](connection)
        connection.execute(f"PRAGMA user_version = {done + 1}")
        return True
