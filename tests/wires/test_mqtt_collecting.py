"""What crosses a real broker is in the history once, whatever happens on the way."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.collector import Collector
from ingest.mqtt import Delivery, MqttWire
from ingest.mqtt_reading import Published
from ingest.plant import MqttBroker, Plant
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory

Collecting = Callable[..., AbstractContextManager[Collector]]
Until = Callable[..., None]
TELEMETRY = "andon/line-1/press-3/telemetry"


def message(sequence: int, value: object = 1.0) -> str:
    return json.dumps(
        {"ts": "2026-11-22T10:00:00Z", "seq": sequence, "values": {"oil_temp": value}}
    )


def stored(history: SqliteHistory) -> int:
    return sum(count.stored for count in history.counters())


def received(history: SqliteHistory) -> int:
    return sum(count.received for count in history.counters())


def test_readings_and_events_arrive(
    any_broker: Any,
    publisher_to: Callable[..., Any],
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Over each broker, in each protocol version."""
    with collecting(
        plant_of("press-3", url=any_broker.url, version=any_broker.version)
    ) as collector:
        until(lambda: collector.connected)
        publisher = publisher_to(any_broker)
        publisher.send(TELEMETRY, *(message(n) for n in range(300)))
        event = {"ts": "2026-11-22T10:00:00Z", "seq": 1, "code": "E217", "text": "hot"}
        publisher.send("andon/line-1/press-3/events", json.dumps(event))
        until(lambda: stored(history) == 301)
    by_source = {count.source: count for count in history.counters()}
    assert by_source[f"mqtt:{TELEMETRY}"].received == 300
    assert [reading.unit for reading in history.latest("press-3")] == ["degC"]


def test_what_arrives_while_no_collector_is_there_is_not_lost(
    any_broker: Any,
    publisher_to: Callable[..., Any],
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """The broker keeps the session under the fixed client id."""
    plant = plant_of("press-3", url=any_broker.url, version=any_broker.version)
    with collecting(plant) as collector:
        until(lambda: collector.connected)
        publisher = publisher_to(any_broker)
        publisher.send(TELEMETRY, *(message(n) for n in range(10)))
        until(lambda: stored(history) == 10)
    publisher.send(TELEMETRY, *(message(n) for n in range(10, 500)))
    with collecting(plant):
        until(lambda: stored(history) == 500)
    (count,) = history.counters()
    assert (count.received, count.duplicates) == (500, 0)


def test_bad_messages_are_set_aside_and_harm_no_other(
    any_broker: Any,
    publisher_to: Callable[..., Any],
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Each with its reason; the counters balance."""
    bad = [b"", b"\xff", b"{", b"[" * 100_000, message(1, 2**70).encode(), b"\x00" * 50_000]
    with collecting(
        plant_of("press-3", url=any_broker.url, version=any_broker.version)
    ) as collector:
        until(lambda: collector.connected)
        publisher = publisher_to(any_broker)
        for number, payload in enumerate(bad):
            publisher.send(TELEMETRY, payload, message(10 + number))
        publisher.send("andon/line-1/press-9/telemetry", message(1))
        until(lambda: received(history) == 2 * len(bad) + 1)
    assert stored(history) == len(bad)
    reasons = [letter.reason for letter in history.dead_letters()]
    assert reasons[0] == "unknown machine 'press-9'"
    assert len(reasons) == len(bad) + 1
    for count in history.counters():
        assert count.received == count.stored + count.duplicates + count.dead_lettered


def test_a_broker_that_restarts_is_found_again(
    any_broker: Any,
    publisher_to: Callable[..., Any],
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line says that it is away, one that it is back."""
    monkeypatch.setattr("ingest.mqtt._RECONNECT_S", (0.1, 0.3))
    caplog.set_level(logging.INFO, "ingest.mqtt")
    any_broker.stop()
    with collecting(
        plant_of("press-3", url=any_broker.url, version=any_broker.version)
    ) as collector:
        until(lambda: "cannot be reached: Connection refused; trying again" in caplog.text)
        threading.Event().wait(1.5)  # it is tried again meanwhile, without a word
        any_broker.start()
        until(lambda: collector.connected)
        publisher_to(any_broker).send(TELEMETRY, message(1))
        until(lambda: stored(history) == 1)
    assert caplog.text.count("cannot be reached") == 1
    assert caplog.text.count("broker is there") == 1


@pytest.mark.parametrize("any_broker", ["mosquitto-5", "mosquitto-4"], indirect=True)
def test_a_share_group_of_mosquitto_divides_the_messages(
    any_broker: Any,
    publisher_to: Callable[..., Any],
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Two collectors in one group store each message once between them.

    Not with the embedded broker: it loses messages of shared subscriptions.
    """
    plant = plant_of("press-3", url=any_broker.url, version=any_broker.version, share="andon")
    with collecting(plant, client_id="one") as one, collecting(plant, client_id="two") as two:
        until(lambda: one.connected and two.connected)
        publisher_to(any_broker).send(TELEMETRY, *(message(n) for n in range(400)))
        until(lambda: stored(history) == 400)
    (count,) = history.counters()
    assert count.duplicates == 0


def test_an_old_connection_confirms_nothing_on_a_new_one() -> None:
    """A message id means another message after a reconnect."""
    deliveries: list[Delivery] = []
    wire = MqttWire(
        MqttBroker(url="mqtt://127.0.0.1:1"),
        IngestSettings(),
        client_id="x",
        deliver=deliveries.append,
    )
    confirmed: list[int] = []
    wire._client.confirm = confirmed.extend  # type: ignore[method-assign, assignment]
    wire._new_generation()
    wire._on_published(Published([b"t"], [b"first"], [7]))
    wire._new_generation()
    wire._on_published(Published([b"t"], [b"second"], [7]))
    wire.acknowledge(deliveries)
    assert confirmed == [7]
    assert len(deliveries) == 2


def test_a_dead_network_thread_is_replaced(
    broker: str,
    plant_of: Callable[..., Plant],
    collecting: Collecting,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """paho's thread can die without a word; the watch starts a new one."""
    with collecting(plant_of("press-3", url=broker)) as collector:
        until(lambda: collector.connected)
        wire = collector._wires.wire("")
        assert wire is not None
        first = wire._client
        first.loop_stop()  # as if it had died
        until(lambda: wire._client is not first)
        until(lambda: collector.connected)
    assert "mqtt thread died" in caplog.text


def test_silence_is_said_once_and_its_end_once(
    broker: str,
    plant_of: Callable[..., Plant],
    collecting: Collecting,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A connected broker that sends nothing is worth a line, not a line a second."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    with collecting(plant_of("press-3", url=broker), silence_s=1.0) as collector:
        until(lambda: "broker is silent" in caplog.text)
        assert collector.connected
        threading.Event().wait(2.5)
        client.connect("127.0.0.1", int(broker.rsplit(":", 1)[1]))
        client.loop_start()
        client.publish(TELEMETRY, message(1), qos=1).wait_for_publish(60)
        until(lambda: "broker speaks again" in caplog.text)
        client.disconnect()
        client.loop_stop()
    assert caplog.text.count("broker is silent") == 1


def test_the_embedded_broker_listens_on_loopback_only(broker: str) -> None:
    """Another address of this machine refuses."""
    port = int(broker.rsplit(":", 1)[1])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", port)) != 0
