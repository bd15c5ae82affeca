"""Rollups and retention of the PostgreSQL history."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from ingest.postgres_link import Connection
from ingest.postgres_locks import WORKERS, WRITERS
from ingest.timescale import is_hypertable
from ingest.upkeep import HOUR, MINUTE, Limits, Pace, Slice, Standing, floor, next_slice

_PIECE = 5_000
"""Rows that are deleted in one transaction."""
_MARKS = 3
"""Late hours that are rolled up again in one transaction."""

# One reading is a rollup of its own; so readings make minutes in the same way as minutes hours.
_OF_READINGS = """
    SELECT series, date_bin(%(step)s, source_time, 'epoch') AS bucket,
           CASE WHEN number IS NULL THEN 0 ELSE 1 END AS count,
           CASE WHEN number IS NULL THEN 1 ELSE 0 END AS rest,
           CASE WHEN number IS NULL AND words IS NOT NULL THEN 1 ELSE 0 END AS texts,
           number AS total, number AS low, source_time AS low_time, number AS high,
           source_time AS high_time, number AS first, source_time AS first_time,
           number AS last, source_time AS last_time, received_time, unit,
           quality = 'good' OR number IS NULL AS all_good, is_bool OR number IS NULL AS is_bool,
           source_time AS newest
    FROM (SELECT *, CASE WHEN quality <> 'bad' THEN coalesce(real, whole) END AS number
          FROM readings WHERE series = chosen.id
            AND source_time >= %(start)s AND source_time < %(end)s) AS numbered"""
_OF_MINUTES = """
    SELECT series, date_bin(%(step)s, bucket, 'epoch') AS bucket, count, rest, texts, total,
           low, low_time, high, high_time, first, first_time, last, last_time, received_time,
           unit, all_good, is_bool, bucket AS newest
    FROM rollups WHERE series = chosen.id AND step = %(minute)s
      AND bucket >= %(start)s AND bucket < %(end)s"""
_ROLL = """
    INSERT INTO rollups
    SELECT series, %(step)s, bucket, sum(count), sum(rest), sum(texts), coalesce(sum(total), 0),
           min(low), (array_agg(low_time ORDER BY low, low_time) FILTER (WHERE count > 0))[1],
           max(high),
           (array_agg(high_time ORDER BY high DESC, high_time) FILTER (WHERE count > 0))[1],
           (array_agg(first ORDER BY first_time) FILTER (WHERE count > 0))[1],
           min(first_time) FILTER (WHERE count > 0),
           (array_agg(last ORDER BY last_time DESC) FILTER (WHERE count > 0))[1],
           max(last_time) FILTER (WHERE count > 0),
           max(received_time), (array_agg(unit ORDER BY newest DESC))[1],
           bool_and(all_good), bool_and(is_bool)
    FROM (SELECT id FROM series WHERE id BETWEEN %(from)s AND %(to)s) AS chosen
    CROSS JOIN LATERAL ({parts}) AS parts
    GROUP BY series, bucket ORDER BY series, bucket
    ON CONFLICT (series, step, bucket) DO UPDATE SET
        count = excluded.count, rest = excluded.rest, texts = excluded.texts,
        total = excluded.total, low = excluded.low, low_time = excluded.low_time,
        high = excluded.high, high_time = excluded.high_time, first = excluded.first,
        first_time = excluded.first_time, last = excluded.last, last_time = excluded.last_time,
        received_time = excluded.received_time, unit = excluded.unit,
        all_good = excluded.all_good, is_bool = excluded.is_bool"""

_NEXT = """
    SELECT min(next) FROM series CROSS JOIN LATERAL (
        SELECT min(source_time) AS next FROM readings
        WHERE readings.series = series.id AND source_time >= %s) AS of_series"""
_PORTION = (
    "SELECT max(id) FROM (SELECT id FROM series WHERE id > %s ORDER BY id LIMIT %s) AS portion"
)
_EXPIRE_READINGS = """
    DELETE FROM readings WHERE ctid = ANY (ARRAY(
        SELECT old.ctid FROM series CROSS JOIN LATERAL (
            SELECT readings.ctid FROM readings
            WHERE readings.series = series.id AND source_time < %(before)s LIMIT %(most)s) AS old
        LIMIT %(most)s))"""
_DROP_CHUNKS = "SELECT count(*) FROM drop_chunks('readings', older_than => %s::timestamptz)"
_EXPIRE_ROLLUPS = """
    DELETE FROM rollups WHERE ctid = ANY (ARRAY(
        SELECT old.ctid FROM series CROSS JOIN LATERAL (
            SELECT rollups.ctid FROM rollups WHERE rollups.series = series.id
              AND step = %(step)s AND bucket < %(before)s LIMIT %(most)s) AS old
        LIMIT %(most)s))"""


class PostgresUpkeep:
    """Each piece is a transaction; only to move an instant it waits for those who write."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction
        self._pace = Pace()
        self._slice: Slice | None = None

    def advance(self, to: datetime) -> None:
        """Call readings from before that whole minute late from now on."""
        with self._transaction() as connection:
            _alone(connection)
            query = "UPDATE upkeep SET marked_to = greatest(marked_to, %s)"
            connection.execute(query, (floor(to, MINUTE),))

    def roll(self) -> int:
        """Do a piece of the rollups; how many were made, 0 when nothing is left to do."""
        with self._transaction() as connection:
            if not _our_turn(connection):
                return 0
            standing = standing_of(connection)
            if self._slice is None:  # a mark may be about a part of the slice that is done
                if made := _roll_late(connection, standing):
                    return made
                self._slice = _slice(connection, standing)
            return self._roll_on(connection, self._slice) if self._slice else 0

    def expire(self, limits: Limits) -> int:
        """Delete a piece of what is too old; how much, 0 when nothing is left to do."""
        with self._transaction() as connection:
            if not _our_turn(connection):
                return 0
            chunks = is_hypertable(connection)
            _let_go(connection, limits)
        with self._transaction() as connection:
            standing = standing_of(connection)
            gone = _expire_readings(connection, standing.kept_from, chunks=chunks)
            gone += _expire_rollups(connection, MINUTE, standing.minutes_from)
            if limits.hours is not None:
                gone += _expire_rollups(connection, HOUR, floor(limits.hours, HOUR))
            return gone

    def _roll_on(self, connection: Connection, current: Slice) -> int:
        """Roll up some series of a slice; a reading that comes meanwhile is late and marked."""
        began = time.monotonic()
        last = _one(connection, _PORTION, (current.after, self._pace.series))
        if last is None:
            self._slice = None
            query = "UPDATE upkeep SET rolled_to = greatest(rolled_to, %s)"
            connection.execute(query, (current.end,))
            return 1
        made = _make(connection, (current.after + 1, last), current.start, current.end)
        self._slice = Slice(current.start, current.end, after=last)
        self._pace.took(time.monotonic() - began)
        return made or 1


def standing_of(connection: Connection) -> Standing:
    """How far a history has come."""
    query = "SELECT rolled_to, marked_to, kept_from, minutes_from FROM upkeep"
    row = connection.execute(query).fetchone()
    return Standing(*row) if row else Standing()


def _alone(connection: Connection) -> None:
    """Until the end of the transaction nobody writes readings."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS,))


def _our_turn(connection: Connection) -> bool:
    return bool(_one(connection, "SELECT pg_try_advisory_xact_lock(%s)", (WORKERS,)))


def _one(connection: Connection, query: str, bounds: tuple[Any, ...]) -> Any:
    row = connection.execute(query, bounds).fetchone()
    return row[0] if row else None


def _slice(connection: Connection, standing: Standing) -> Slice | None:
    """What comes after all that is rolled up, behind any stretch without a reading."""
    if standing.rolled_to >= standing.marked_to:
        return None
    found = _one(connection, _NEXT, (standing.rolled_to,))
    first = standing.marked_to if found is None else floor(found, MINUTE)
    start = min(max(first, standing.rolled_to), standing.marked_to)
    return next_slice(start, standing.marked_to)


def _roll_late(connection: Connection, standing: Standing) -> int:
    """Roll up again what late readings fell into; who marks an hour waits until it is done."""
    query = """
        WITH chosen AS (SELECT series, hour FROM late WHERE hour < %s
                        ORDER BY series, hour LIMIT %s FOR UPDATE)
        DELETE FROM late USING chosen
        WHERE late.series = chosen.series AND late.hour = chosen.hour
        RETURNING late.series, late.hour"""
    marks = connection.execute(query, (standing.rolled_to, _MARKS)).fetchall()
    for series, hour in marks:
        _make(connection, (series, series), hour, min(hour + HOUR, standing.rolled_to))
    return len(marks)


def _make(connection: Connection, series: tuple[int, int], start: datetime, end: datetime) -> int:
    """The minutes between two whole minutes, and the hours that end with them."""
    made = 0
    pieces: list[tuple[str, timedelta, datetime, datetime]] = [
        (_OF_READINGS, MINUTE, start, end),
        (_OF_MINUTES, HOUR, floor(start, HOUR), floor(end, HOUR)),
    ]
    for parts, step, first, last in pieces:
        if first < last:
            bounds = {"step": step, "minute": MINUTE, "start": first, "end": last}
            bounds |= {"from": series[0], "to": series[1]}
            made += connection.execute(_ROLL.format(parts=parts), bounds).rowcount
    return made


def _let_go(connection: Connection, limits: Limits) -> None:
    """Decide from when on readings and minutes are kept; what is not rolled up yet stays."""
    _alone(connection)
    standing = standing_of(connection)
    marked = _one(connection, "SELECT min(hour) FROM late", ())
    safe = min(standing.rolled_to, marked or standing.rolled_to)
    kept_from = _moved(standing.kept_from, limits.raw, safe)
    minutes_from = _moved(standing.minutes_from, limits.minutes, kept_from)
    query = "UPDATE upkeep SET kept_from = %s, minutes_from = %s"
    connection.execute(query, (kept_from, minutes_from))


def _moved(now: datetime, wanted: datetime | None, most: datetime) -> datetime:
    return now if wanted is None else max(now, floor(min(wanted, most), HOUR))


def _expire_readings(connection: Connection, before: datetime, *, chunks: bool) -> int:
    if chunks:
        return int(_one(connection, _DROP_CHUNKS, (before,)))
    bounds = {"before": before, "most": _PIECE}
    return connection.execute(_EXPIRE_READINGS, bounds).rowcount


def _expire_rollups(connection: Connection, step: timedelta, before: datetime) -> int:
    bounds = {"step": step, "before": before, "most": _PIECE}
    return connection.execute(_EXPIRE_ROLLUPS, bounds).rowcount
