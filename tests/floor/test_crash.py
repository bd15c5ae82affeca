"""A collector killed at random instants loses nothing and stores nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.broker import EmbeddedBroker
from tests.floor.crash_floor import CrashFloor
from tests.floor.crash_plan import CrashPlan
from tests.mosquitto import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def broker(mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Mosquitto]:
    """Mosquitto set as we ship it."""
    with Mosquitto(mosquitto, tmp_path / "mosquitto", free_port()) as running:
        yield running


def test_a_hundred_thousand_messages_survive_forty_kills(tmp_path: Path, broker: Mosquitto) -> None:
    """And the broker is restarted twice on the way; the publisher sends again what it must."""
    plan = CrashPlan(messages=100_000, kills=40, broker_restarts=2)
    outcome = CrashFloor(tmp_path, broker.url, plan, broker).run()
    assert outcome.clean, outcome
    assert (outcome.published, outcome.kills, outcome.broker_restarts) == (100_000, 40, 2)


def test_what_was_committed_and_not_confirmed_comes_again_and_is_recognised(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """A collector that confirms half a second late: every kill makes duplicates, none is stored."""
    settings = {"ANDON_BATCH_SIZE": "1000"}
    plan = CrashPlan(messages=6_000, kills=3, mode="late-ack", settings=settings)
    outcome = CrashFloor(tmp_path, broker.url, plan, broker).run()
    assert outcome.clean, outcome
    assert outcome.duplicates > 0


def test_the_older_protocol_loses_nothing_either(tmp_path: Path, broker: Mosquitto) -> None:
    """MQTT 3.1.1, with a restart of the broker."""
    plan = CrashPlan(messages=6_000, kills=4, broker_restarts=1, version=4)
    outcome = CrashFloor(tmp_path, broker.url, plan, broker).run()
    assert outcome.clean, outcome


@pytest.mark.parametrize("version", [5, 4])
def test_the_embedded_broker_keeps_what_is_not_confirmed(
    tmp_path: Path, free_port: Callable[[], int], version: int
) -> None:
    """The broker of the demo, in both versions of the protocol."""
    plan = CrashPlan(messages=4_000, kills=6, version=version)
    with EmbeddedBroker(free_port(), tmp_path / "broker") as broker:
        url = broker.url if version == 5 else broker.url_v4
        outcome = CrashFloor(tmp_path, url, plan).run()
    assert outcome.clean, outcome
