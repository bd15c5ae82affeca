"""Rows of the SQLite history as nouns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from ingest.history import DeadLetter, ExportRow, SourceCounters
from ingest.instants import instant, microseconds
from ingest.vocabulary import (
    Event,
    EventState,
    Quality,
    Reading,
    Series,
    Severity,
    Value,
)

_READING_COLUMNS = """series.machine, series.signal, readings.value, readings.is_bool,
    readings.unit, readings.quality, readings.source_time, readings.received_time,
    series.source, readings.sequence"""

_EVENT_COLUMNS = """machine, code, severity, state, text, source_time, received_time, source,
    sequence, id"""

_MICROS = 1_000_000


def machine_series(connection: sqlite3.Connection, machine: str) -> Mapping[str, list[int]]:
    """The ids of a machine's series, by signal; a signal has one for each source."""
    found: dict[str, list[int]] = {}
    query = "SELECT signal, id FROM series WHERE machine = ? ORDER BY signal, id"
    for signal, identity in connection.execute(query, (machine,)):
        found.setdefault(signal, []).append(identity)
    return found


def good_series(
    connection: sqlite3.Connection, signal: str, ids: list[int], *, start: datetime, end: datetime
) -> Series | None:
    """The good numbers of a signal, start included, end excluded; None where there are none."""
    query = f"""
        SELECT source_time, value, id, unit FROM readings
        WHERE series IN ({_marks(ids)}) AND source_time >= ? AND source_time < ?
          AND quality = ? AND typeof(value) IN ('real', 'integer')
        ORDER BY source_time, id"""
    bounds = (*ids, microseconds(start), microseconds(end), Quality.GOOD)
    rows = connection.execute(query, bounds).fetchall()
    if not rows:
        return None
    times, values, row_ids, units = zip(*rows, strict=True)
    return Series(
        signal=signal,
        unit=units[-1],
        times=tuple(time / _MICROS for time in times),
        values=tuple(float(value) for value in values),
        rows=row_ids,
    )


def signal_readings(
    connection: sqlite3.Connection, ids: list[int], start: datetime, end: datetime
) -> list[Reading]:
    """Every reading of some series, start included, end excluded, in time order."""
    query = f"""
        SELECT {_READING_COLUMNS} FROM readings JOIN series ON series.id = readings.series
        WHERE readings.series IN ({_marks(ids)}) AND source_time >= ? AND source_time < ?
        ORDER BY source_time, readings.id"""
    bounds = (*ids, microseconds(start), microseconds(end))
    return [_reading(row) for row in connection.execute(query, bounds)]


def newest_reading(connection: sqlite3.Connection, ids: list[int]) -> Reading | None:
    """The newest reading of some series."""
    query = f"""
        SELECT {_READING_COLUMNS} FROM readings JOIN series ON series.id = readings.series
        WHERE readings.series = ? ORDER BY source_time DESC, readings.id DESC LIMIT 1"""
    found = [_reading(row) for identity in ids for row in connection.execute(query, (identity,))]
    return max(found, key=lambda reading: reading.source_time, default=None)


def newest_events(
    connection: sqlite3.Connection,
    machine: str | None,
    *,
    start: datetime,
    end: datetime,
    limit: int,
) -> list[Event]:
    """The newest events, in time order."""
    where = "source_time >= ? AND source_time < ?"
    bounds: tuple[int | str, ...] = (microseconds(start), microseconds(end))
    if machine is not None:
        where, bounds = f"machine = ? AND {where}", (machine, *bounds)
    query = f"""SELECT {_EVENT_COLUMNS} FROM events WHERE {where}
                ORDER BY source_time DESC, id DESC LIMIT ?"""
    rows = connection.execute(query, (*bounds, limit)).fetchall()
    return [_event(row) for row in reversed(rows)]


def export_rows(
    connection: sqlite3.Connection,
    machine: str | None,
    *,
    start: datetime | None,
    end: datetime | None,
) -> Iterator[ExportRow]:
    """Every reading in time order, without holding them all."""
    conditions = [
        ("series.machine = ?", machine),
        ("readings.source_time >= ?", microseconds(start) if start else None),
        ("readings.source_time < ?", microseconds(end) if end else None),
    ]
    stated = [(condition, value) for condition, value in conditions if value is not None]
    where = " AND ".join(condition for condition, _ in stated) or "TRUE"
    query = f"""
        SELECT {_READING_COLUMNS} FROM readings JOIN series ON series.id = readings.series
        WHERE {where} ORDER BY source_time, readings.id"""
    for row in connection.execute(query, tuple(value for _, value in stated)):
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


def all_counters(connection: sqlite3.Connection) -> list[SourceCounters]:
    """The counters of every source."""
    query = """SELECT source, received, stored, duplicates, dead_lettered, last_received
               FROM counters ORDER BY source"""
    return [
        SourceCounters(source, received, stored, duplicates, dead_lettered, instant(last))
        for source, received, stored, duplicates, dead_lettered, last in connection.execute(query)
    ]


def newest_dead_letters(
    connection: sqlite3.Connection, limit: int, source: str
) -> list[DeadLetter]:
    """The newest dead letters of sources that hold this text, newest first."""
    query = """SELECT source, payload, reason, received_time, id FROM dead_letters
               WHERE instr(source, ?) ORDER BY id DESC LIMIT ?"""
    found = connection.execute(query, (source, limit))
    return [
        DeadLetter(source, payload, reason, instant(received), identity)
        for source, payload, reason, received, identity in found
    ]


def _marks(ids: list[int]) -> str:
    return ", ".join("?" * len(ids))


def _reading(row: tuple[str, str, Value, int, str, str, int, int, str, int | None]) -> Reading:
    machine, signal, value, is_bool, unit, quality, source_time, received, source, sequence = row
    return Reading(
        machine=machine,
        signal=signal,
        value=bool(value) if is_bool else value,
        unit=unit,
        quality=Quality(quality),
        source_time=instant(source_time),
        received_time=instant(received),
        source=source,
        sequence=sequence,
    )


def _event(row: tuple[str, str, str, str, str, int, int, str, int | None, int]) -> Event:
    machine, code, severity, state, text, source_time, received, source, sequence, identity = row
    return Event(
        machine=machine,
        code=code,
        severity=Severity(severity),
        state=EventState(state),
        text=text,
        source_time=instant(source_time),
        received_time=instant(received),
        source=source,
        sequence=sequence,
        row=identity,
    )
