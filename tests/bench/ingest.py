"""Writing to the history, and finding evidence in a million samples."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading
from tests.bench.evidence import evidence_of_a_million, evidence_of_a_minute
from tests.bench.measure import Measurement

START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = 20_000
BATCH = 100


def all_figures() -> list[Measurement]:
    """What this module measures."""
    return [history_write(), evidence_of_a_million(), evidence_of_a_minute()]


def history_write() -> Measurement:
    """Readings a second, committed in batches of 100 with full durability."""
    readings = [
        Reading(
            machine="press-3",
            signal="oil_temp",
            value=float(number),
            unit="degC",
            quality=Quality.GOOD,
            source_time=START + timedelta(milliseconds=number),
            received_time=START,
            source="mqtt:bench",
            sequence=number,
        )
        for number in range(RECORDS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        ours = RECORDS / _written(Path(folder) / "ours.db", readings)
        baseline = RECORDS / _plain(Path(folder) / "plain.db", readings)
    return Measurement(
        "history: readings committed", "readings/s", ours, baseline, "sqlite3, json, same batches"
    )


def _written(path: Path, readings: list[Reading]) -> float:
    with SqliteHistory(path) as history:
        began = time.perf_counter()
        for at in range(0, len(readings), BATCH):
            history.write(readings[at : at + BATCH])
        return time.perf_counter() - began


def _plain(path: Path, readings: list[Reading]) -> float:
    """What one writes in an afternoon: a row a message, identity as a unique key."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE m (source TEXT, seq INT, body TEXT, UNIQUE (source, seq))")
        began = time.perf_counter()
        for at in range(0, len(readings), BATCH):
            rows = [
                (r.source, r.sequence, json.dumps({"t": r.source_time.isoformat(), "v": r.value}))
                for r in readings[at : at + BATCH]
            ]
            database.executemany("INSERT OR IGNORE INTO m VALUES (?, ?, ?)", rows)
            database.commit()
        return time.perf_counter() - began
