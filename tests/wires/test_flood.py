"""The publisher of the crash harness: what it calls confirmed, a real broker has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.flood import TOPIC, Flood, arrays, flood, readings
from tests.mqtt_packets import received

Until = Callable[..., None]


@contextmanager
def subscriber(port: int) -> Iterator[list[bytes]]:
    """Payloads that arrive, each confirmed at once."""
    came: list[bytes] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, "ear", protocol=paho.MQTTv5)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: came.append(bytes(message.payload))
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(TOPIC, qos=1)
    try:
        assert ready.wait(60)
        yield came
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("any_broker", ["mosquitto-5", "mosquitto-4"], indirect=True)
def test_all_that_is_confirmed_arrives_in_order(any_broker: Any, until: Until) -> None:
    """In both versions of the protocol, also when the window is a few messages."""
    with subscriber(any_broker.port) as came:
        for window in (1, 7, 1000):
            options = {"version": any_broker.version, "window": window}
            outcome = flood(any_broker.url, readings(500), **options)
            assert (outcome.sent, outcome.confirmed, outcome.resent) == (500, 500, 0)
        until(lambda: len(came) == 1500)
    assert came == 3 * [payload for _, payload in readings(500)]


@pytest.mark.parametrize("any_broker", ["mosquitto-5", "mosquitto-4"], indirect=True)
def test_after_a_restart_it_goes_on_with_what_was_not_confirmed(
    any_broker: Any, until: Until
) -> None:
    """The broker is stopped in the middle and stays away for a while."""
    enough = threading.Event()
    stream = takewhile(lambda _: not enough.is_set(), readings(10_000_000))
    streaming = Flood(any_broker.url, version=any_broker.version, rate=5_000)
    thread = threading.Thread(target=streaming.run, args=(stream,))
    thread.start()
    try:
        until(lambda: streaming.confirmed > 1_000)
        any_broker.stop()
        before = streaming.confirmed
        any_broker.start()
        until(lambda: streaming.confirmed > before + 1_000)
    finally:
        enough.set()
        thread.join(90)
    assert (streaming.confirmed, streaming.connections) == (streaming.sent, 2)


@pytest.mark.parametrize("any_broker", ["mosquitto-5"], indirect=True)
def test_what_nobody_has_subscribed_to_is_sent_until_somebody_has(
    any_broker: Any, until: Until
) -> None:
    """If it insists; the broker says so with its confirmation."""
    assert flood(any_broker.url, readings(10)).resent == 0
    insisting = Flood(any_broker.url, insists=True)
    thread = threading.Thread(target=insisting.run, args=(readings(100),))
    thread.start()
    until(lambda: insisting.resent > 0)
    assert insisting.confirmed == 0
    with subscriber(any_broker.port) as came:
        until(lambda: len(came) >= 100)
        thread.join(60)
    assert insisting.confirmed == 100
    assert set(came) == {payload for _, payload in readings(100)}


def test_payloads_go_on_over_seconds_and_arrays_hold_as_many() -> None:
    """Times a millisecond apart, numbers without a gap."""
    payloads = [payload for _, payload in readings(3, first=998)]
    assert payloads[1] == b'{"ts":"2026-11-22T10:00:00.999Z","seq":999,"values":{"oil_temp":999.5}}'
    assert payloads[2].startswith(b'{"ts":"2026-11-22T10:00:01.000Z","seq":1000,')
    (_, first), (_, second) = arrays(2, 3)
    assert (first.count(b'"ts"'), second.count(b'"seq":3,')) == (3, 1)


def test_a_refusal_is_said() -> None:
    """Of the connection or of a message: the flood cannot go on."""
    for refusal in (b"\x20\x02\x00\x05", b"\x40\x03\x00\x01\x97", b"\xe0\x01\x93"):
        with pytest.raises(ValueError, match=r"the broker (refused|broke off)"):
            received(refusal, 5)
    said = received(b"\x40\x02\x00\x07\x40\x03\x00\x09\x10\x40", 5)
    assert (said.confirmed, said.unwanted, said.rest) == ([6, 8], [8], b"\x40")
