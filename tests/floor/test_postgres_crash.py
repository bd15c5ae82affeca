"""The database server dies while messages come in: none is lost, none is stored twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from ingest.collector import Collector
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.postgres import PostgresHistory
from ingest.routes import Route
from ingest.settings import IngestSettings
from tests.conftest import missing
from tests.flood import Flood, readings
from tests.mosquitto import Mosquitto
from tests.private_postgres import PrivatePostgres, programs

MESSAGES = 6_000


def plant_at(url: str) -> Plant:
    """A press whose telemetry is numbered."""
    routes = (Route("andon/{line}/{machine}/telemetry", time="/ts", sequence="/seq"),)
    signals = signals_by_id([SignalSpec("oil_temp", unit="degC")])
    press = Machine("press-3", "line-1", "press", signals, None)
    return Plant("Test", "UTC", MqttBroker(url=url, routes=routes), (press,), None, Path("p.toml"))


def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def test_a_server_that_crashes_under_load_loses_nothing(
    mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """What was not committed was not confirmed, so the broker still has it."""
    found = programs()
    if found is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with (
        PrivatePostgres(Path(str(found))) as server,
        server.database() as url,
        PostgresHistory(url) as history,
        Mosquitto(mosquitto, tmp_path / "broker", free_port()) as broker,
        ThreadPoolExecutor(2) as pool,
    ):
        stop = threading.Event()
        collector = Collector(plant_at(broker.url), history, IngestSettings(client_id="one"))
        collecting = pool.submit(collector.run, stop)
        try:
            until(lambda: collector.connected)
            allowed = 500
            flood = Flood(broker.url, allowed=lambda: allowed)
            publishing = pool.submit(flood.run, readings(MESSAGES))
            until(lambda: stored(url) >= 300)
            allowed = MESSAGES // 2
            server.stop(signal.SIGQUIT)
            until(lambda: flood.confirmed >= allowed)
            server.start()
            allowed = 10 * MESSAGES
            assert publishing.result(60).confirmed == MESSAGES
            until(lambda: stored(url) == MESSAGES)
        finally:
            stop.set()
            collecting.result(60)
        (count,) = history.counters()
        assert count.stored == MESSAGES
        assert count.received == count.stored + count.duplicates + count.dead_lettered
        assert count.dead_lettered == 0
        assert len({row.sequence for row in history.export()}) == MESSAGES


def stored(url: str) -> int:
    """How many readings are committed."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM readings").fetchone()
        return int(row[0]) if row else 0
