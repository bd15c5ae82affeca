"""What every codec reads, and what none can, over a real broker into a real history."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.codec import Codec
from ingest.collector import Collector
from ingest.dead_letters import replay
from ingest.mqtt import SUBSCRIBED
from ingest.plant import Plant
from ingest.routes import find_route
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from tests.flood import flood
from tests.payload_cases import ROUTES, case_messages, case_names, plant
from tests.sparkplug_packer import BOOLEAN, DOUBLE, INT64, Metric, payload, text, whole

Collecting = Callable[..., AbstractContextManager[Collector]]
Until = Callable[..., None]
AT = 1_795_341_600_123
OIL = Metric("oil", 61.5, DOUBLE, alias=10)
BY_ALIAS = Metric(alias=10, value=62.5, datatype=DOUBLE)

pytestmark = pytest.mark.parametrize("any_broker", ["mosquitto-5"], indirect=True)


@pytest.fixture
def listening(
    collecting: Collecting, until: Until, caplog: pytest.LogCaptureFixture
) -> Callable[[Plant], AbstractContextManager[Collector]]:
    """A collector for which the broker keeps what arrives from now on."""

    @contextmanager
    def run(described: Plant) -> Iterator[Collector]:
        caplog.set_level(logging.INFO, "ingest.mqtt")
        caplog.clear()
        with collecting(described) as collector:
            until(lambda: SUBSCRIBED in caplog.text, within_s=60)
            yield collector

    return run


def received(history: SqliteHistory) -> int:
    return sum(count.received for count in history.counters())


def test_every_case_of_bad_input_is_counted_where_it_belongs(
    any_broker: Any, listening: Any, history: SqliteHistory, until: Until
) -> None:
    """All that a broker would bring us, through one collector; each case has its own machine."""
    cases = {
        name: [case for case in case_messages(name) if find_route(ROUTES, case.topic)]
        for name in case_names()
    }
    messages = [
        (case.topic.replace("/m", f"/{name}", 1), case.payload)
        for name, listed in cases.items()
        for case in listed
    ]
    total = sum(case.records for listed in cases.values() for case in listed)
    with listening(plant(*cases, url=any_broker.url)):
        flood(any_broker.url, messages)
        until(lambda: received(history) >= total, within_s=60)
    counters = history.counters()
    assert sum(count.received for count in counters) == total
    for name, listed in cases.items():
        own = [count for count in counters if f"/{name}" in count.source]
        found = [
            sum(getattr(count, key) for count in own)
            for key in ("stored", "duplicates", "dead_lettered")
        ]
        assert (name, found) == (
            name,
            [
                sum(case.stored for case in listed),
                sum(case.duplicates for case in listed),
                sum(bool(case.dead) for case in listed),
            ],
        )


class SparkplugNode:
    """A node that answers a request for its birth, as real ones do."""

    def __init__(self, port: int) -> None:
        self.asked: list[bytes] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_message = self._on_command
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("spBv1.0/g/NCMD/m", qos=0)
        self._client.loop_start()
        assert ready.wait(60)

    def _on_command(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.asked.append(bytes(message.payload))
        self.birth()

    def birth(self) -> None:
        self.say("NBIRTH", Metric("bdSeq", 1, INT64), OIL, seq=0)

    def say(self, kind: str, *metrics: Metric, seq: int, at: int = AT) -> None:
        content = payload(*metrics, timestamp=at, seq=seq)
        self._client.publish(f"spBv1.0/g/{kind}/m", content, qos=0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def node(any_broker: Any) -> Iterator[SparkplugNode]:
    """On the wire before any collector is."""
    found = SparkplugNode(any_broker.port)
    yield found
    found.close()


def values(history: SqliteHistory) -> list[object]:
    return [row.value for row in history.export("m")]


def test_a_node_that_nobody_knows_is_asked_and_its_letters_are_read_afterwards(
    any_broker: Any, listening: Any, history: SqliteHistory, until: Until, node: SparkplugNode
) -> None:
    """Data first, birth on request, then the letter again; the births outlive the collector."""
    described = plant(url=any_broker.url)
    with listening(described):
        node.say("NDATA", BY_ALIAS, seq=7)
        until(lambda: values(history) == [61.5], within_s=60)
    (asked,) = node.asked
    assert text(1, "Node Control/Rebirth") + whole(3, AT)[:1] in asked
    assert asked.endswith(whole(4, BOOLEAN) + whole(14, 1))
    (letter,) = history.dead_letters()
    assert "no birth announced alias 10" in letter.reason
    codec = Codec.of(described, IngestSettings(), births=history.births())
    assert replay(history, codec, history.dead_letters()).replayed == 1
    assert sorted(map(str, values(history))) == ["61.5", "62.5"]
    for count in history.counters():
        assert count.received == count.stored + count.duplicates + count.dead_lettered


def test_aliases_are_known_to_the_next_collector(
    any_broker: Any, listening: Any, history: SqliteHistory, until: Until, node: SparkplugNode
) -> None:
    """It reads at once, and asks the node once whether its names still hold."""
    described = plant(url=any_broker.url)
    with listening(described):
        node.birth()
        until(lambda: len(history.births()) == 1, within_s=60)
    assert node.asked == []
    with listening(described):
        node.say("NDATA", BY_ALIAS, seq=1, at=AT + 5)
        until(lambda: 62.5 in values(history), within_s=60)
        until(lambda: len(node.asked) == 1, within_s=60)
    assert history.dead_letters() == []
