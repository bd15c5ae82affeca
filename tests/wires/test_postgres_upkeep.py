"""Housekeeping in PostgreSQL beside a writer that has not committed yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg

from ingest.housekeeping import Housekeeping
from ingest.postgres import PostgresHistory
from ingest.settings import IngestSettings
from ingest.upkeep import MINUTE
from ingest.vocabulary import Quality, Reading

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def reading(number: int) -> Reading:
    """What comes in the minute of that number."""
    when = START + number * MINUTE
    return Reading("press-3", "oil_temp", 1.0, "degC", Quality.GOOD, when, when, "mqtt:p", number)


def tidy(history: PostgresHistory) -> None:
    """A round of housekeeping two hours later."""
    Housekeeping(history, IngestSettings()).run_once(START + timedelta(hours=2))


@contextmanager
def held_up(url: str) -> Iterator[Callable[[Future[object]], None]]:
    """Nobody can commit a write inside; gives a wait until a task is done or waits for a lock."""
    waiting = """SELECT count(*) FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    expected = 0
    with psycopg.connect(url) as blocker, psycopg.connect(url, autocommit=True) as watcher:
        blocker.execute("LOCK TABLE counters")

        def settle(task: Future[object]) -> None:
            nonlocal expected
            expected += 1
            while not task.done():
                row = watcher.execute(waiting).fetchone()
                if row and row[0] >= expected:
                    return
                threading.Event().wait(0.02)

        yield settle
        blocker.rollback()


def test_a_reading_that_is_being_written_is_rolled_up(postgres: str) -> None:
    """What is late from now on waits for those who began before."""
    with PostgresHistory(postgres) as first, PostgresHistory(postgres) as second:
        first.write([reading(1)])
        with ThreadPoolExecutor(2) as pool, held_up(postgres) as settle:
            writing: Future[object] = pool.submit(first.write, [reading(2)])
            settle(writing)
            tidying: Future[object] = pool.submit(tidy, second)
            settle(tidying)
        writing.result()
        tidying.result()
        tidy(second)
        assert sum(one.count for one in second.rollups(MINUTE)) == 2


def test_a_late_reading_that_is_being_written_is_rolled_up(postgres: str) -> None:
    """A mark that somebody still writes is not worked off before what it stands for is there."""
    with PostgresHistory(postgres) as first, PostgresHistory(postgres) as second:
        first.write([reading(1)])
        tidy(second)
        first.write([reading(2)])
        with ThreadPoolExecutor(2) as pool, held_up(postgres) as settle:
            writing: Future[object] = pool.submit(first.write, [reading(3)])
            settle(writing)
            tidying: Future[object] = pool.submit(second.upkeep().roll)
            settle(tidying)
        writing.result()
        tidying.result()
        tidy(second)
        assert sum(one.count for one in second.rollups(MINUTE)) == 3
