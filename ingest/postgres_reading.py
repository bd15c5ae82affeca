"""Rows of the PostgreSQL history as nouns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ingest.history import Birth, DeadLetter, ExportRow, SourceCounters
from ingest.postgres_link import Connection
from ingest.rollups import Rollup, Stretch
from ingest.upkeep import BEGINNING, END, MINUTE, floor
from ingest.vocabulary import (
    Event,
    EventState,
    Quality,
    Reading,
    Series,
    Severity,
    Value,
    Window,
)

Row = tuple[Any, ...]

_READING = """series.machine, series.signal, real, whole, words, is_bool, unit, quality,
    source_time, received_time, series.source, CASE WHEN numbered THEN sequence END"""
_EVENT = """machine, code, severity, state, text, source_time, received_time, source, sequence,
    id"""
_ROLLUP = """machine, signal, source, bucket, step, count, rest, texts, total, low, low_time,
    high, high_time, first, first_time, last, last_time, received_time, unit, all_good, is_bool"""
_ROWS_A_FETCH = 20_000


def machine_series(connection: Connection, machine: str) -> Mapping[str, list[int]]:
    """The ids of a machine's series, by signal; a signal has one for each source."""
    found: dict[str, list[int]] = {}
    query = 'SELECT signal, id FROM series WHERE machine = %s ORDER BY signal COLLATE "C", id'
    for signal, identity in connection.execute(query, (_asked(machine),)):
        found.setdefault(signal, []).append(identity)
    return found


def window(connection: Connection, machine: str, start: datetime, end: datetime) -> Window:
    """A machine's good numeric readings and its events, start included, end excluded."""
    found = {
        signal: series
        for signal, ids in machine_series(connection, machine).items()
        if (series := _good_series(connection, signal, ids, start, end))
    }
    events = newest_events(connection, machine, start, end, limit=None)
    return Window(machine, start, end, found, tuple(events))


def _good_series(
    connection: Connection, signal: str, ids: list[int], start: datetime, end: datetime
) -> Series | None:
    query = """
        SELECT date_part('epoch', source_time), coalesce(real, whole), id, unit FROM readings
        WHERE series = ANY(%s) AND source_time >= %s AND source_time < %s
          AND quality = %s AND coalesce(real, whole) IS NOT NULL
        ORDER BY source_time, id"""
    cursor = connection.cursor(binary=True)
    rows = cursor.execute(query, (ids, start, end, Quality.GOOD.value)).fetchall()
    if not rows:
        return None
    times, values, row_ids, units = zip(*rows, strict=True)
    return Series(signal=signal, unit=units[-1], times=times, values=values, rows=row_ids)


def signal_readings(
    connection: Connection, ids: list[int], start: datetime, end: datetime
) -> list[Reading]:
    """Every reading of some series, start included, end excluded, in time order."""
    query = f"""
        SELECT {_READING} FROM readings JOIN series ON series.id = readings.series
        WHERE readings.series = ANY(%s) AND source_time >= %s AND source_time < %s
        ORDER BY source_time, readings.id"""
    cursor = connection.cursor(binary=True)
    return [_reading(row) for row in cursor.execute(query, (ids, start, end))]


def newest_readings(connection: Connection, machine: str) -> list[Reading]:
    """The newest reading of every signal of a machine."""
    query = f"""
        SELECT DISTINCT ON (signal COLLATE "C") {_READING}
        FROM series CROSS JOIN LATERAL (
            SELECT * FROM readings WHERE readings.series = series.id
            ORDER BY source_time DESC, id DESC LIMIT 1) AS readings
        WHERE series.machine = %s
        ORDER BY signal COLLATE "C", source_time DESC, series.id"""
    cursor = connection.cursor(binary=True)
    return [_reading(row) for row in cursor.execute(query, (_asked(machine),))]


def newest_events(
    connection: Connection,
    machine: str | None,
    start: datetime,
    end: datetime,
    *,
    limit: int | None,
) -> list[Event]:
    """The newest events, in time order; no limit: all."""
    where = "source_time >= %s AND source_time < %s"
    bounds: list[Any] = [start, end, limit]
    if machine is not None:
        where = f"left(machine, 100) = left(%s, 100) AND machine = %s AND {where}"
        bounds = [_asked(machine), _asked(machine), *bounds]
    query = f"""SELECT {_EVENT} FROM events WHERE {where}
                ORDER BY source_time DESC, id DESC LIMIT %s"""
    rows = connection.execute(query, bounds).fetchall()
    return [_event(row) for row in reversed(rows)]


def machines(connection: Connection) -> list[str]:
    """Every machine with a reading or an event."""
    query = """SELECT machine FROM (SELECT machine FROM series UNION SELECT machine FROM events)
               AS both_tables ORDER BY machine COLLATE "C\""""
    return [str(machine) for (machine,) in connection.execute(query)]


def export_rows(
    connection: Connection, machine: str | None, start: datetime | None, end: datetime | None
) -> Iterator[ExportRow]:
    """Every reading in time order, without holding them all."""
    where = "source_time >= %s AND source_time < %s"
    bounds: list[Any] = [start or BEGINNING, end or END]
    if machine is not None:
        where, bounds = f"series.machine = %s AND {where}", [_asked(machine), *bounds]
    query = f"""
        SELECT {_READING} FROM readings JOIN series ON series.id = readings.series
        WHERE {where} ORDER BY source_time, readings.id"""
    for row in _streamed(connection, query, bounds):
        reading = _reading(row)
        yield ExportRow(
            reading.machine,
            reading.signal,
            reading.source_time,
            reading.received_time,
            reading.sequence,
            reading.value,
            reading.unit,
            reading.quality,
        )


def rollups_of(connection: Connection, ids: list[int], stretch: Stretch) -> list[Rollup]:
    """The rollups of some series that begin in a stretch or reach into it, in time order."""
    step = stretch.step or MINUTE
    query = f"""
        SELECT {_ROLLUP} FROM rollups JOIN series ON series.id = rollups.series
        WHERE rollups.series = ANY(%s) AND step = %s AND bucket >= %s AND bucket < %s
        ORDER BY bucket"""
    bounds = (ids, step, floor(stretch.start, step), stretch.end)
    return [Rollup(*row) for row in connection.cursor(binary=True).execute(query, bounds)]


def all_rollups(
    connection: Connection,
    step: timedelta,
    machine: str | None,
    span: tuple[datetime | None, datetime | None],
) -> Iterator[Rollup]:
    """Every rollup of a step, or those of a machine, series by series in time order."""
    start, end = span
    where = "TRUE" if machine is None else "machine = %(machine)s"
    query = f"""
        SELECT {_ROLLUP} FROM rollups JOIN series ON series.id = rollups.series
        WHERE {where} AND step = %(step)s AND bucket >= %(start)s AND bucket < %(end)s
        ORDER BY machine COLLATE "C", signal COLLATE "C", source COLLATE "C", bucket"""
    bounds: dict[str, Any] = {"machine": machine and _asked(machine), "step": step}
    bounds |= {"start": start or BEGINNING, "end": end or END}
    for row in _streamed(connection, query, bounds):
        yield Rollup(*row)


def all_counters(connection: Connection) -> list[SourceCounters]:
    """The counters of every source, over the shares of all collectors."""
    query = """
        SELECT min(source), sum(received)::bigint, sum(stored)::bigint, sum(duplicates)::bigint,
               sum(dead_lettered)::bigint, max(last_received)
        FROM counters GROUP BY identity ORDER BY min(source) COLLATE "C\""""
    return [SourceCounters(*row) for row in connection.execute(query)]


def newest_dead_letters(connection: Connection, limit: int, source: str) -> list[DeadLetter]:
    """The newest dead letters of sources that hold this text, newest first."""
    query = """SELECT source, payload, reason, received_time, id FROM dead_letters
               WHERE position(%s::text IN source) > 0 ORDER BY id DESC LIMIT %s"""
    cursor = connection.cursor(binary=True)
    return [DeadLetter(*row) for row in cursor.execute(query, (source, limit))]


def all_births(connection: Connection) -> list[Birth]:
    """The last birth of every node and device."""
    query = """SELECT broker, name, content, received_time FROM births
               ORDER BY broker COLLATE "C", name COLLATE "C\""""
    return [Birth(*row) for row in connection.execute(query)]


def _streamed(connection: Connection, query: str, bounds: Any) -> Iterator[Row]:
    """The rows of a query, without holding them all."""
    with (
        connection.transaction(),
        connection.cursor(name="andon_stream", binary=True) as cursor,
    ):
        cursor.itersize = _ROWS_A_FETCH
        yield from cursor.execute(query, bounds)


def _asked(text: str) -> str:
    """A name to look for; one that cannot be stored is like one that is not there."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _reading(row: Sequence[Any]) -> Reading:
    machine, signal, real, whole, words, is_bool, unit, quality, *rest = row
    source_time, received_time, source, sequence = rest
    value: Value = words if words is not None else real if real is not None else whole
    return Reading(
        machine=machine,
        signal=signal,
        value=bool(value) if is_bool else value,
        unit=unit,
        quality=Quality(quality),
        source_time=source_time,
        received_time=received_time,
        source=source,
        sequence=sequence,
    )


def _event(row: Sequence[Any]) -> Event:
    machine, code, severity, state, text, source_time, received, source, sequence, identity = row
    return Event(
        machine=machine,
        code=code,
        severity=Severity(severity),
        state=EventState(state),
        text=text,
        source_time=source_time,
        received_time=received,
        source=source,
        sequence=sequence,
        row=identity,
    )
