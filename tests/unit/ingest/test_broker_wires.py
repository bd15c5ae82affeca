"""Wires are made, changed and ended as a changing description asks, and sessions are not torn."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.broker_wires import BrokerWires
from ingest.errors import SettingsFault
from ingest.mqtt import Delivery, MqttWire
from ingest.plant import MqttBroker
from ingest.routes import Route
from ingest.settings import IngestSettings

FIRST = MqttBroker(url="mqtt://h:1", routes=(Route("a/{machine}"),))
SECOND = MqttBroker(url="mqtt://h:2", routes=(Route("a/{machine}"),), id="hall-2")


class NotedWire(MqttWire):
    """Notes what it is told; connects nowhere."""

    log: list[str]

    def __init__(
        self, broker: MqttBroker, settings: IngestSettings, *, client_id: str, **_: Any
    ) -> None:
        super().__init__(broker, settings, client_id=client_id, deliver=lambda _delivery: None)
        self.name = client_id
        self.forgotten: list[str] = []

    def note(self, what: str) -> None:
        self.log.append(f"{self.name} {what}")

    def start(self) -> None:
        self.note("starts")

    def stop(self) -> None:
        self.note("stops")

    def leave(self) -> None:
        self.note("leaves")

    def forget(self, filters: Iterable[str]) -> None:
        self.forgotten += filters
        super().forget(filters)

    def follow(self, broker: MqttBroker) -> None:
        self.note("follows")
        super().follow(broker)


@pytest.fixture
def log() -> list[str]:
    """What the wires were told, in order."""
    return []


@pytest.fixture
def wires(log: list[str], tmp_path: Path) -> BrokerWires:
    """No wires yet."""
    return made(log, tmp_path)


def made(log: list[str], folder: Path) -> BrokerWires:
    kind = type("Wire", (NotedWire,), {"log": log})
    return BrokerWires(
        IngestSettings(),
        client_id="me",
        deliver=lambda _delivery: None,
        make=kind,
        memory=folder / "sessions.json",
    )


def test_each_broker_has_a_session_of_its_own(wires: BrokerWires, log: list[str]) -> None:
    """Two ids may be two users of one broker: they must not share a client id."""
    wires.follow([FIRST, SECOND])
    assert log == ["me starts", "me-hall-2 starts"]
    assert (len(wires), wires.connected) == (2, 0)


def test_other_topics_are_followed_on_the_open_session(wires: BrokerWires, log: list[str]) -> None:
    """Nothing is stopped."""
    wires.follow([FIRST])
    wires.follow([replace(FIRST, routes=(Route("b/{machine}"),), share="s")])
    assert log == ["me starts", "me follows"]
    wire = wires.wire("")
    assert wire is not None
    assert wire.filters == ["$share/s/b/+"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"user": "andon"}, ["me starts", "me stops", "me starts"]),
        ({"version": 4}, ["me starts", "me stops", "me starts"]),
        ({"url": "mqtt://h:9"}, ["me starts", "me leaves", "me stops", "me starts"]),
    ],
)
def test_another_connection_needs_another_wire(
    wires: BrokerWires, log: list[str], change: dict[str, Any], told: list[str]
) -> None:
    """The session at the same address is taken up again; one at another address is given up."""
    wires.follow([FIRST])
    wires.follow([replace(FIRST, **change)])
    assert log == told


def test_a_renewed_certificate_is_used(wires: BrokerWires, log: list[str], tmp_path: Path) -> None:
    """The same path with another content is another connection."""
    password = tmp_path / "password"
    password.write_text("one")
    broker = replace(FIRST, user="andon", password_file=password)
    wires.follow([broker])
    wires.follow([broker])
    assert log == ["me starts", "me follows"]
    os.utime(password, ns=(1, 1))
    wires.follow([broker])
    assert log[2:] == ["me stops", "me starts"]


def test_a_wire_that_cannot_be_made_leaves_the_one_before(
    wires: BrokerWires, log: list[str], tmp_path: Path
) -> None:
    """A password file that went between the reading of the description and its use."""
    wires.follow([FIRST])
    gone = replace(FIRST, user="andon", password_file=tmp_path / "gone")
    with pytest.raises(SettingsFault, match="gone cannot be read"):
        wires.follow([gone])
    assert log == ["me starts"]


def test_a_broker_that_is_gone_is_left(wires: BrokerWires, log: list[str]) -> None:
    """Its session shall not gather messages that nobody fetches."""
    wires.follow([FIRST, SECOND])
    del log[:]
    wires.follow([FIRST])
    assert log == ["me follows", "me-hall-2 leaves", "me-hall-2 stops"]
    assert wires.wire("hall-2") is None


def test_the_next_run_knows_what_its_session_holds(
    wires: BrokerWires, log: list[str], tmp_path: Path
) -> None:
    """Of this broker at this address alone; a file that cannot be read is as none."""
    wires.follow([replace(FIRST, routes=(Route("a/{machine}"), Route("b/{machine}")))])
    again = made(log, tmp_path)
    again.follow([FIRST, SECOND])
    first, second = again.wire(""), again.wire("hall-2")
    assert isinstance(first, NotedWire)
    assert isinstance(second, NotedWire)
    assert (first.forgotten, second.forgotten) == (["a/+", "b/+"], [])
    assert first._unwanted == {"b/+"}
    (tmp_path / "sessions.json").write_text("[")
    made(log, tmp_path).follow([FIRST])


def test_a_memory_that_cannot_be_written_ends_nothing(
    log: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said."""
    made(log, tmp_path / "missing").follow([FIRST])
    assert "cannot be noted" in caplog.text


def test_a_confirmation_goes_to_the_connection_that_brought_the_message(
    wires: BrokerWires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Message ids of two brokers are the same numbers."""
    confirmed: list[tuple[str, list[int]]] = []
    wires.follow([FIRST, SECOND])
    deliveries = []
    for name in ("", "hall-2"):
        wire = wires.wire(name)
        assert wire is not None
        monkeypatch.setattr(
            wire._client, "confirm", lambda mids, name=name: confirmed.append((name, list(mids)))
        )
        deliveries.append(Delivery([], [7, 8], wire._generation))
    wires.acknowledge(deliveries)
    assert [(name, mids) for name, mids in confirmed if mids] == [("", [7, 8]), ("hall-2", [7, 8])]


def test_a_wire_that_waits_for_the_store_does_not_hold_up_the_others(
    wires: BrokerWires, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its network thread stands in a full intake; it ends when the store is back."""
    monkeypatch.setattr("ingest.broker_wires._PATIENCE_S", 0.01)
    store_is_back, ended = threading.Event(), threading.Event()
    wires.follow([FIRST, SECOND])
    wire = wires.wire("hall-2")
    assert wire is not None

    def stop() -> None:
        store_is_back.wait(60)
        ended.set()

    monkeypatch.setattr(wire, "stop", stop)
    wires.follow([FIRST])
    assert len(wires) == 1
    assert not ended.is_set()
    store_is_back.set()
    assert ended.wait(60)
