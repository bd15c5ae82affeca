"""Readings committed to a PostgreSQL server of the bench's own, on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from ingest.postgres import PostgresHistory
from ingest.vocabulary import Quality, Reading
from tests.bench.measure import Measurement
from tests.private_postgres import PrivatePostgres, programs

START = datetime(2026, 1, 1, tzinfo=UTC)
MACHINES = 20
SIGNALS = 50
BATCH = 5_000
"""A hundred messages with fifty readings each."""
RECORDS = 300_000
BASELINE_RECORDS = 50_000


def all_figures() -> list[Measurement]:
    """What this module measures; nothing where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        return []
    with PrivatePostgres(found) as server:
        with server.database() as url:
            ours = RECORDS / _ours(url)
        with server.database() as url:
            baseline = BASELINE_RECORDS / _plain(url)
    return [
        Measurement(
            "postgres: readings committed",
            "readings/s",
            ours,
            baseline,
            "psycopg executemany, same batches",
        )
    ]


def _batches(count: int) -> Iterator[list[Reading]]:
    """Every signal of every machine once a second, numbered by its message."""
    readings: list[Reading] = []
    for number in range(count):
        series, second = number % (MACHINES * SIGNALS), number // (MACHINES * SIGNALS)
        machine, signal = divmod(series, SIGNALS)
        readings.append(
            Reading(
                machine=f"press-{machine}",
                signal=f"signal_{signal}",
                value=20.0 + number % 97 / 10,
                unit="degC",
                quality=Quality.GOOD,
                source_time=START + timedelta(seconds=second),
                received_time=START + timedelta(seconds=second, milliseconds=20),
                source=f"mqtt:andon/line-1/press-{machine}/telemetry",
                sequence=second,
            )
        )
        if len(readings) == BATCH:
            yield readings
            readings = []


def _ours(url: str) -> float:
    stored = 0
    with PostgresHistory(url) as history:
        history.write([])  # the connection is made before the clock runs

        def write(batch: list[Reading]) -> None:
            nonlocal stored
            stored += history.write(batch).stored

        took = _timed(write, RECORDS)
    assert stored == RECORDS
    return took


def _plain(url: str) -> float:
    """What one writes in an afternoon: a row a reading, identity as a unique key."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE m (source text, signal text, seq bigint, t timestamptz, v float8,"
            " UNIQUE (source, signal, seq, t))"
        )
        connection.commit()

        def write(batch: list[Reading]) -> None:
            rows = [(r.source, r.signal, r.sequence, r.source_time, r.value) for r in batch]
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO m VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", rows
                )
            connection.commit()

        return _timed(write, BASELINE_RECORDS)


def _timed(write: Callable[[list[Reading]], None], count: int) -> float:
    """Seconds spent in writing; what is to be written is made beside the clock."""
    took = 0.0
    for batch in _batches(count):
        began = time.perf_counter()
        write(batch)
        took += time.perf_counter() - began
    return took
