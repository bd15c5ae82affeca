"""Wires to test against: brokers of both kinds, a collector beside the test, a way to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker import EmbeddedBroker
from ingest.collector import Collector
from ingest.plant import Machine, ModbusUnit, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from tests.mosquitto import Mosquitto

if TYPE_CHECKING:
    from tests.tiny_model import Brain

ROUTES = (
    Route("andon/{line}/{machine}/telemetry", time="/ts", sequence="/seq"),
    Route("andon/{line}/{machine}/events", kind="events", time="/ts", sequence="/seq"),
)


def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    """Wait for something that another thread or process does."""
    return until


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a tiny language model with random weights."""
    from tests.tiny_model import make

    return make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def brain(tiny_folder: Path) -> Brain:
    """That model, loaded."""
    from tests.tiny_model import Brain

    return Brain.of(tiny_folder)


@dataclass
class BrokerUnderTest:
    """A running broker that can be stopped and started."""

    url: str
    version: int
    start: Callable[[], None]
    stop: Callable[[], None]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@pytest.fixture(params=["embedded-5", "embedded-4", "mosquitto-5", "mosquitto-4"])
def any_broker(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[BrokerUnderTest]:
    """Each broker in each protocol version."""
    kind, version = request.param.split("-")
    if kind == "mosquitto":
        program: Path = request.getfixturevalue("mosquitto")
        with Mosquitto(program, tmp_path / "mosquitto", free_port()) as running:
            yield BrokerUnderTest(running.url, int(version), running.start, running.stop)
    else:
        with EmbeddedBroker(free_port(), tmp_path / "broker") as broker:
            url = broker.url if version == "5" else broker.url_v4
            yield BrokerUnderTest(url, int(version), broker.start, broker.stop)


class Publisher:
    """Publishes QoS 1 and waits for the broker's confirmation."""

    def __init__(self, broker: BrokerUnderTest) -> None:
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id="publisher",
            protocol=paho.MQTTv5 if broker.version == 5 else paho.MQTTv311,
        )
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def send(self, topic: str, *payloads: bytes | str) -> None:
        sent = [self._client.publish(topic, payload, qos=1) for payload in payloads]
        for info in sent:
            info.wait_for_publish(60)
            assert info.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def publisher_to() -> Iterator[Callable[[BrokerUnderTest], Publisher]]:
    """Makes publishers that are closed at the end."""
    made: list[Publisher] = []

    def make(broker: BrokerUnderTest) -> Publisher:
        made.append(Publisher(broker))
        return made[-1]

    yield make
    for publisher in made:
        publisher.close()


@pytest.fixture
def plant_of() -> Callable[..., Plant]:
    """Makes a plant of machines on line-1, with or without a broker and controllers."""

    def make(
        *machines: str,
        url: str = "",
        version: int = 5,
        share: str = "",
        controllers: dict[str, ModbusUnit] | None = None,
    ) -> Plant:
        units = controllers or {}
        described = []
        for machine in [*machines, *units]:
            unit = units.get(machine)
            names = [entry.signal for entry in unit.registers] if unit else ["oil_temp"]
            signals = signals_by_id([SignalSpec(name, unit="degC") for name in names])
            described.append(Machine(machine, "line-1", "press", signals, unit))
        mqtt = MqttBroker(url=url, version=version, share=share, routes=ROUTES)
        return Plant("Test", "UTC", mqtt, tuple(described), None, Path("plant.toml"))

    return make


@pytest.fixture
def history(tmp_path: Path) -> Iterator[SqliteHistory]:
    """An empty history."""
    with SqliteHistory(tmp_path / "history.db") as opened:
        yield opened


Collecting = Callable[..., AbstractContextManager[Collector]]


@pytest.fixture
def collecting(history: SqliteHistory) -> Collecting:
    """Runs a collector while a block runs, and ends it as SIGTERM would."""

    @contextmanager
    def run(plant: Plant, **settings: object) -> Iterator[Collector]:
        collector = Collector(plant, history, IngestSettings().model_copy(update=settings))
        stop = threading.Event()
        thread = threading.Thread(target=collector.run, args=(stop,))
        thread.start()
        try:
            yield collector
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()

    return run
