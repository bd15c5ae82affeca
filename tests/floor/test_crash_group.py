"""Two collectors in one shared-subscription group, writing to PostgreSQL, one or the other killed.

Mosquitto deals the messages out in turn, also to a member that is away but keeps its session: what
it holds for a killed member waits until that member is back under its client id. Over a restart
it forgets shared subscriptions (2.0.11; ordinary ones it keeps): until a member has subscribed
again it confirms messages with "no matching subscribers" and throws them away. So the publisher
here sends those again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.floor.crash_floor import CrashFloor
from tests.floor.crash_plan import CrashPlan
from tests.mosquitto import Mosquitto


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_group_on_postgresql_loses_nothing_when_its_members_are_killed(
    mosquitto: Path, postgres: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Both store into one database; the broker is restarted twice."""
    plan = CrashPlan(
        messages=20_000,
        kills=8,
        broker_restarts=2,
        insists=True,
        collectors=2,
        share="andon",
        settings={"ANDON_HISTORY_URL": postgres},
    )
    with Mosquitto(mosquitto, tmp_path / "mosquitto", free_port()) as broker:
        outcome = CrashFloor(tmp_path, broker.url, plan, broker).run()
    assert outcome.clean, outcome
    assert (outcome.published, outcome.kills, outcome.broker_restarts) == (20_000, 8, 2)
