"""Rollups and retention of the SQLite history."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingest.instants import instant, microseconds
from ingest.rollups import Rollup, Stretch
from ingest.upkeep import (
    BEGINNING,
    END,
    HOUR,
    MINUTE,
    Limits,
    Pace,
    Slice,
    Standing,
    floor,
    next_slice,
)

_PIECE = 5_000
"""Rows that are deleted in one transaction."""
_COLUMNS = """machine, signal, source, bucket, count, rest, texts, total, low, low_time, high,
    high_time, first, first_time, last, last_time, received_time, unit, all_good, is_bool"""
_TIMES = (3, 9, 11, 13, 15, 16)
"""Where the columns that are times stand."""
_STEP_AT = 4
_MARKS = 3
"""Late hours that are rolled up again in one transaction."""

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]

# One reading is a rollup of its own; so readings make minutes in the same way as minutes hours.
_OF_READINGS = """
    SELECT series, source_time - (source_time % :step + :step) % :step AS bucket,
           number, NOT number AS rest, NOT number AND typeof(value) = 'text' AS texts,
           CASE WHEN number THEN value END AS total,
           value AS low, source_time AS low_time, value AS high, source_time AS high_time,
           value AS first, source_time AS first_time, value AS last, source_time AS last_time,
           received_time, unit, quality = 'good' OR NOT number AS all_good,
           is_bool OR NOT number AS is_bool, source_time AS newest
    FROM (SELECT readings.*, quality <> 'bad' AND typeof(value) IN ('real', 'integer') AS number
          FROM series CROSS JOIN readings ON readings.series = series.id
          WHERE source_time >= :start AND source_time < :end
            AND series.id BETWEEN :from AND :to)"""
_OF_MINUTES = """
    SELECT series, bucket - (bucket % :step + :step) % :step AS bucket, count AS number, rest,
           texts, total, low, low_time, high, high_time, first, first_time, last, last_time,
           received_time, unit, all_good, is_bool, bucket AS newest
    FROM (SELECT rollups.* FROM series CROSS JOIN rollups
          ON rollups.series = series.id AND rollups.step = :minute
          WHERE bucket >= :start AND bucket < :end AND series.id BETWEEN :from AND :to)"""

# SQLite takes a bare column from the row in which the only min() or max() was found.
_ROLL = """
    WITH parts AS MATERIALIZED ({parts}),
    numbers AS MATERIALIZED (SELECT * FROM parts WHERE number > 0)
    SELECT whole.series, :step, whole.bucket, count, rest, texts, total, low, low_time,
           high, high_time, first, first_time, last, last_time, received_time, unit,
           all_good, is_bool
    FROM (SELECT series, bucket, sum(number) AS count, sum(rest) AS rest, sum(texts) AS texts,
                 total(total) AS total, max(received_time) AS received_time,
                 min(all_good) AS all_good, min(is_bool) AS is_bool
          FROM parts GROUP BY series, bucket) AS whole
    JOIN (SELECT series, bucket, unit, max(newest) FROM parts GROUP BY series, bucket)
         USING (series, bucket)
    LEFT JOIN (SELECT series, bucket, min(low) AS low, low_time
               FROM numbers GROUP BY series, bucket) USING (series, bucket)
    LEFT JOIN (SELECT series, bucket, max(high) AS high, high_time
               FROM numbers GROUP BY series, bucket) USING (series, bucket)
    LEFT JOIN (SELECT series, bucket, first, min(first_time) AS first_time
               FROM numbers GROUP BY series, bucket) USING (series, bucket)
    LEFT JOIN (SELECT series, bucket, last, max(last_time) AS last_time
               FROM numbers GROUP BY series, bucket) USING (series, bucket)"""

_KEEP = f"INSERT OR REPLACE INTO rollups VALUES ({', '.join('?' * 19)})"

_PORTION = "SELECT max(id) FROM (SELECT id FROM series WHERE id > ? ORDER BY id LIMIT ?)"
_NEXT = """
    SELECT min((SELECT min(source_time) FROM readings
                WHERE readings.series = series.id AND source_time >= ?)) FROM series"""
_EXPIRE_READINGS = """
    DELETE FROM readings WHERE id IN (
        SELECT readings.id FROM series CROSS JOIN readings ON readings.series = series.id
        WHERE source_time < ? LIMIT ?)"""
_EXPIRE_ROLLUPS = """
    DELETE FROM rollups WHERE (series, step, bucket) IN (
        SELECT series, step, bucket FROM series CROSS JOIN rollups
        ON rollups.series = series.id AND step = ? AND bucket < ? LIMIT ?)"""


class SqliteUpkeep:
    """Reads beside whoever writes, and takes the writer's place for moments only."""

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading = reading
        self._writing = writing
        self._pace = Pace()
        self._slice: Slice | None = None

    def advance(self, to: datetime) -> None:
        """Call readings from before that whole minute late from now on."""
        with self._writing() as connection:
            late = microseconds(floor(to, MINUTE))
            connection.execute("UPDATE upkeep SET marked_to = max(marked_to, ?)", (late,))

    def roll(self) -> int:
        """Do a piece of the rollups; how many were made, 0 when nothing is left to do."""
        if self._slice is None:  # a mark may be about a part of the slice that is done
            with self._writing() as connection:
                if made := _roll_late(connection, standing_of(connection)):
                    return made
        return self._roll_on()

    def expire(self, limits: Limits) -> int:
        """Delete a piece of what is too old; how much, 0 when nothing is left to do."""
        with self._writing() as connection:
            kept_from, minutes_from = _let_go(connection, limits)
            readings = connection.execute(_EXPIRE_READINGS, (kept_from, _PIECE)).rowcount
            minute = (_us(MINUTE), minutes_from, _PIECE)
            minutes = connection.execute(_EXPIRE_ROLLUPS, minute).rowcount
            if limits.hours is None:
                return readings + minutes
            hour = (_us(HOUR), microseconds(floor(limits.hours, HOUR)), _PIECE)
            return readings + minutes + connection.execute(_EXPIRE_ROLLUPS, hour).rowcount

    def _roll_on(self) -> int:
        """Roll up some series of a slice; a reading that comes meanwhile is late and marked."""
        began = time.monotonic()
        with self._reading() as connection:
            current = self._slice or _slice(connection)
            if current is None:
                return 0
            portion = (current.after, self._pace.series)
            (last,) = connection.execute(_PORTION, portion).fetchone()
        if last is None:
            self._slice = None
            with self._writing() as connection:
                _move(connection, current.end)
            return 1
        rolls = Rolls(self._reading, self._writing, (current.after + 1, last))
        made = rolls.make(current.start, current.end)
        self._slice = Slice(current.start, current.end, after=last)
        self._pace.took(time.monotonic() - began)
        return made or 1


@dataclass(frozen=True, slots=True)
class Rolls:
    """Makes the rollups of some series."""

    reading: Transaction
    writing: Transaction
    series: tuple[int, int]
    """The first and the last."""

    def make(self, start: datetime, end: datetime) -> int:
        """The minutes between two whole minutes, and the hours that end with them."""
        hours = floor(start, HOUR), floor(end, HOUR)
        return self._make(_OF_READINGS, MINUTE, start, end) + self._make(_OF_MINUTES, HOUR, *hours)

    def _make(self, parts: str, step: timedelta, start: datetime, end: datetime) -> int:
        if start >= end:
            return 0
        bounds = {
            "step": _us(step),
            "minute": _us(MINUTE),
            "start": microseconds(start),
            "end": microseconds(end),
            "from": self.series[0],
            "to": self.series[1],
        }
        with self.reading() as connection:
            rows = connection.execute(_ROLL.format(parts=parts), bounds).fetchall()
        with self.writing() as connection:
            connection.executemany(_KEEP, rows)
        return len(rows)


def _slice(connection: sqlite3.Connection) -> Slice | None:
    """What comes after all that is rolled up, behind any stretch without a reading."""
    standing = standing_of(connection)
    if standing.rolled_to >= standing.marked_to:
        return None
    (found,) = connection.execute(_NEXT, (microseconds(standing.rolled_to),)).fetchone()
    first = standing.marked_to if found is None else floor(instant(found), MINUTE)
    start = min(max(first, standing.rolled_to), standing.marked_to)
    return next_slice(start, standing.marked_to)


def _move(connection: sqlite3.Connection, rolled_to: datetime) -> None:
    query = "UPDATE upkeep SET rolled_to = max(rolled_to, ?)"
    connection.execute(query, (microseconds(rolled_to),))


def standing_of(connection: sqlite3.Connection) -> Standing:
    """How far a history has come."""
    row = connection.execute(
        "SELECT rolled_to, marked_to, kept_from, minutes_from FROM upkeep"
    ).fetchone()
    return Standing(*(instant(stored) for stored in row))


def rollups_of(connection: sqlite3.Connection, ids: list[int], stretch: Stretch) -> list[Rollup]:
    """The rollups of some series that begin in a stretch or reach into it, in time order."""
    step = stretch.step or MINUTE
    query = f"""
        SELECT {_COLUMNS} FROM rollups JOIN series ON series.id = rollups.series
        WHERE rollups.series IN ({", ".join("?" * len(ids))}) AND step = ?
          AND bucket >= ? AND bucket < ? ORDER BY bucket"""
    bounds = (_us(step), microseconds(floor(stretch.start, step)), microseconds(stretch.end))
    return [_rollup(row, step) for row in connection.execute(query, (*ids, *bounds))]


def all_rollups(
    connection: sqlite3.Connection,
    step: timedelta,
    machine: str | None,
    span: tuple[datetime | None, datetime | None],
) -> Iterator[Rollup]:
    """Every rollup of a step, or those of a machine, series by series in time order."""
    start, end = span
    where = "TRUE" if machine is None else "machine = :machine"
    query = f"""
        SELECT {_COLUMNS} FROM series CROSS JOIN rollups ON rollups.series = series.id
        WHERE {where} AND step = :step AND bucket >= :start AND bucket < :end
        ORDER BY machine, signal, source, bucket"""
    bounds = {
        "machine": machine,
        "step": _us(step),
        "start": microseconds(start or BEGINNING),
        "end": microseconds(end or END),
    }
    for row in connection.execute(query, bounds):
        yield _rollup(row, step)


def _roll_late(connection: sqlite3.Connection, standing: Standing) -> int:
    """Roll up again what late readings fell into; no other may come before the mark is gone."""

    def same() -> AbstractContextManager[sqlite3.Connection]:
        return nullcontext(connection)

    query = "SELECT series, hour FROM late WHERE hour < ? LIMIT ?"
    bounds = (microseconds(standing.rolled_to), _MARKS)
    marks = connection.execute(query, bounds).fetchall()
    for series, stored in marks:
        hour = instant(stored)
        Rolls(same, same, (series, series)).make(hour, min(hour + HOUR, standing.rolled_to))
        connection.execute("DELETE FROM late WHERE series = ? AND hour = ?", (series, stored))
    return len(marks)


def _let_go(connection: sqlite3.Connection, limits: Limits) -> tuple[int, int]:
    """Decide from when on readings and minutes are kept; what is not rolled up yet stays."""
    standing = standing_of(connection)
    (marked,) = connection.execute("SELECT min(hour) FROM late").fetchone()
    safe = standing.rolled_to if marked is None else min(standing.rolled_to, instant(marked))
    kept_from = _moved(standing.kept_from, limits.raw, safe)
    minutes_from = _moved(standing.minutes_from, limits.minutes, kept_from)
    stored = microseconds(kept_from), microseconds(minutes_from)
    connection.execute("UPDATE upkeep SET kept_from = ?, minutes_from = ?", stored)
    return stored


def _moved(now: datetime, wanted: datetime | None, most: datetime) -> datetime:
    return now if wanted is None else max(now, floor(min(wanted, most), HOUR))


def _us(step: timedelta) -> int:
    return step // timedelta(microseconds=1)


def _rollup(row: tuple[Any, ...], step: timedelta) -> Rollup:
    """The columns in the order of the fields, with times and truths as such."""
    fields: list[Any] = list(row)
    for place in _TIMES:
        fields[place] = None if fields[place] is None else instant(fields[place])
    fields[-2:] = [bool(truth) for truth in fields[-2:]]
    fields.insert(_STEP_AT, step)
    return Rollup(*fields)
