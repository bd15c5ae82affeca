"""The roster of collectors on several hosts: two tables beside the history in PostgreSQL.

Its clock is the server's, read after the lock of the roster is ours, so that leases do not depend
on the clocks of the collectors' hosts nor on how long one waited for another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from ingest.errors import StoreFault
from ingest.postgres_link import PostgresLink
from ingest.roster import FORGET_AFTER_S, Attendance, Lease, Member, Pulse, Share, share_of
from ingest.roster_rows import leases_of, member_row, members_of, pulses_of

_LOCK = 0x616E646F6E
"""Number of the advisory lock that serialises everything that is done with the roster."""
_SESSION = "SET statement_timeout = 3000; SET lock_timeout = 3000; SET synchronous_commit = off"
"""A pulse need not survive a power cut, and must not wait longer than a lease lasts."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS roster_members (
        collector TEXT PRIMARY KEY, lanes TEXT NOT NULL,
        renewed DOUBLE PRECISION NOT NULL, term_s DOUBLE PRECISION NOT NULL,
        figures TEXT NOT NULL, words TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS roster_leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL,
        renewed DOUBLE PRECISION NOT NULL, term_s DOUBLE PRECISION NOT NULL);"""
_KEEP_MEMBER = """
    INSERT INTO roster_members (collector, lanes, renewed, term_s, figures, words)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (collector) DO UPDATE SET
        lanes = excluded.lanes, renewed = excluded.renewed, term_s = excluded.term_s,
        figures = excluded.figures, words = excluded.words"""
_KEEP_LEASE = """
    INSERT INTO roster_leases (name, holder, renewed, term_s) VALUES (%s, %s, %s, %s)
    ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder, renewed = excluded.renewed, term_s = excluded.term_s"""
_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"

Cursor = psycopg.Cursor[Any]


class PostgresRoster:
    """A `Roster` in a database; a connection that breaks is made again at the next call."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        self._link = PostgresLink(url, password_file)
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        with self._transaction():
            pass  # a database that cannot be used is said at the start

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
            self._drop()

    def attend(self, attendance: Attendance, term_s: float) -> Share:
        """Leave a pulse, renew what is held, and take what is free and due to us."""
        with self._transaction() as (cursor, now):
            for table in ("roster_members", "roster_leases"):
                cursor.execute(f"DELETE FROM {table} WHERE renewed < %s", (now - FORGET_AFTER_S,))
            cursor.execute(_KEEP_MEMBER, member_row(attendance, now, term_s))
            share = share_of(attendance.collector, _members(cursor), _leases(cursor), now=now)
            cursor.executemany(
                _KEEP_LEASE,
                [(lane, attendance.collector, now, term_s) for lane in sorted(share.held)],
            )
            return share

    def release(self, collector: str, lanes: Iterable[str]) -> None:
        """Give up leases before their time."""
        with self._transaction() as (cursor, _now):
            cursor.execute(
                "DELETE FROM roster_leases WHERE holder = %s AND name = ANY(%s)",
                (collector, list(lanes)),
            )

    def claim(self, name: str, holder: str, term_s: float) -> bool:
        """Take or renew the lease of a chore that one of all does; False: another has it."""
        with self._transaction() as (cursor, now):
            lease = _leases(cursor).get(name)
            if lease and lease.bars(holder, now):
                return False
            cursor.execute(_KEEP_LEASE, (name, holder, now, term_s))
            return True

    def leave(self, collector: str) -> None:
        """Go in order: no pulse and no lease is left."""
        with self._transaction() as (cursor, _now):
            cursor.execute("DELETE FROM roster_members WHERE collector = %s", (collector,))
            cursor.execute("DELETE FROM roster_leases WHERE holder = %s", (collector,))

    def pulses(self) -> list[Pulse]:
        """Every collector that is not struck off, by name."""
        with self._transaction() as (cursor, now):
            cursor.execute(
                "SELECT collector, renewed, figures, words FROM roster_members ORDER BY collector"
            )
            return pulses_of(cursor, now)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Cursor, float]]:
        """The roster's lock is ours before the clock is read."""
        with self._lock:
            try:
                with self._link.own_faults():
                    connection = self._connected()
                    with connection.transaction(), connection.cursor() as cursor:
                        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                        (now,) = cursor.execute(_NOW).fetchone() or (0.0,)
                        yield cursor, float(now)
            except StoreFault:
                self._drop()
                raise

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._link.connect()
            self._connection.execute(_SESSION)
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                self._connection.execute(_TABLES)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _members(cursor: Cursor) -> dict[str, Member]:
    return members_of(
        cursor.execute("SELECT collector, lanes, renewed, term_s FROM roster_members")
    )


def _leases(cursor: Cursor) -> dict[str, Lease]:
    return leases_of(cursor.execute("SELECT name, holder, renewed, term_s FROM roster_leases"))
