"""The crash harness on collectors and brokers that do it wrong: it finds every one of them.

Each mistake shows for certain and not by chance: all messages are published while no collector is
there, so a session that is not kept loses all of them and a short queue all but its length; a
buffer before a slow store is full whenever its owner is killed; and a collector that confirms half
a second late always has messages that are committed and will come again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.floor.crash_floor import CrashFloor
from tests.floor.crash_plan import CrashOutcome, CrashPlan
from tests.mosquitto import UNBOUNDED, Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MESSAGES = 6_000
MOSQUITTOS_QUEUE = 1_000
"""Messages that Mosquitto keeps for a session if nobody says otherwise."""
IN_FLIGHT = 20
"""Messages that it hands out beyond those without a confirmation, by default."""


Crash = Callable[..., CrashOutcome]


@pytest.fixture
def crash(mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]) -> Crash:
    """Runs the harness on a mistake; the broker is set as we ship it but for a line left out."""

    def run(
        *, without: str = "", kills: int = 3, quiet_s: float = 2, **mistake: object
    ) -> CrashOutcome:
        port = free_port()
        plan = CrashPlan(MESSAGES, kills, lead=None, quiet_s=quiet_s, **mistake)  # type: ignore[arg-type]
        with Mosquitto(mosquitto, tmp_path / "mosquitto", port, without=without) as broker:
            return CrashFloor(tmp_path, broker.url, plan, broker).run()

    return run


def test_without_a_mistake_nothing_is_found(crash: Crash) -> None:
    """What the others are compared with: the same number, the same killing."""
    outcome = crash(quiet_s=30)
    assert outcome.clean, outcome


def test_confirming_before_the_commit_loses_what_was_in_the_buffer(crash: Crash) -> None:
    """As a client library does by itself when nobody tells it not to."""
    outcome = crash(mode="automatic-ack")
    assert outcome.lost > 100, outcome
    assert outcome.doubled == 0


def test_a_clean_start_loses_what_came_while_nobody_was_there(crash: Crash) -> None:
    """The broker throws the session away at each connection."""
    outcome = crash(mode="clean-start", kills=1)
    assert outcome.lost == MESSAGES, outcome


def test_a_session_that_expires_at_once_loses_as_much(crash: Crash) -> None:
    """0 is what MQTT 5 takes for a session whose expiry nobody states."""
    outcome = crash(settings={"ANDON_SESSION_EXPIRY_S": "0"}, kills=1)
    assert outcome.lost == MESSAGES, outcome


def test_the_queue_that_mosquitto_has_by_default_overflows(crash: Crash) -> None:
    """The line that we ship is the one that matters."""
    outcome = crash(without=UNBOUNDED, kills=1)
    assert outcome.lost >= MESSAGES - MOSQUITTOS_QUEUE - IN_FLIGHT, outcome


def test_messages_without_an_identity_are_stored_twice(crash: Crash) -> None:
    """No number and no time in the route: what comes again cannot be recognised."""
    outcome = crash(mode="late-ack", names="", settings={"ANDON_BATCH_SIZE": "1000"})
    assert outcome.doubled > 0, outcome
    assert outcome.lost == 0
