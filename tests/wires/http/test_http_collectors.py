"""What /readyz and /metrics say of the collectors that write into the history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.plant_watch import PlantWatch
from ingest.roster import Attendance
from ingest.roster_sqlite import SqliteRoster, roster_path
from service.app import create_app
from service.parts import Parts


class Clock:
    """Seconds that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the roster."""
    return Clock()


@pytest.fixture
def roster(tmp_path: Path, clock: Clock) -> Iterator[SqliteRoster]:
    """An empty roster."""
    with SqliteRoster(roster_path(tmp_path), clock=clock) as opened:
        yield opened


@pytest.fixture
def asking(parts: Parts, roster: SqliteRoster) -> Iterator[TestClient]:
    """A client of a service that knows that roster."""
    app = create_app(replace(parts, roster=roster))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_without_any_collector_the_service_is_ready_and_says_so(asking: TestClient) -> None:
    """Everything may be pushed over HTTP."""
    reply = asking.get("/readyz")
    states = {part["name"]: part["state"] for part in reply.json()["components"]}
    assert (reply.status_code, states["collectors"]) == (200, "degraded")


def test_a_collector_that_fell_silent_makes_the_service_not_ready(
    asking: TestClient, roster: SqliteRoster, clock: Clock
) -> None:
    """Ready while it lives and after it left in order, not after it was killed."""
    figures = {"lag_seconds": 0.25, "queue_depth": 3.0}
    roster.attend(Attendance("one", (), figures), 6.0)
    assert asking.get("/readyz").status_code == 200
    text = asking.get("/metrics").text
    assert 'andon_collector_lag_seconds{collector="one"} 0.25' in text
    clock.now += 60
    assert asking.get("/readyz").status_code == 503
    assert 'andon_collector_up{collector="one"} 0.0' in asking.get("/metrics").text
    roster.leave("one")
    assert asking.get("/readyz").status_code == 200


def test_a_collector_that_cannot_write_makes_the_service_not_ready(
    asking: TestClient, roster: SqliteRoster
) -> None:
    """In its own words."""
    roster.attend(Attendance("one", (), {}, {"store": "The disk is full."}), 6.0)
    reply = asking.get("/readyz")
    (part,) = (part for part in reply.json()["components"] if part["name"] == "collectors")
    assert (reply.status_code, part["state"]) == (503, "missing")
    assert "one: The disk is full." in part["detail"]


def test_a_changed_plant_description_is_said(parts: Parts) -> None:
    """The service goes on with the one that it has read."""
    app = create_app(replace(parts, plant_watch=PlantWatch(parts.plant)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        names = {part["name"] for part in client.get("/readyz").json()["components"]}
        assert "plant" not in names
        parts.plant.path.write_text("[plant]\nname = 'Another'\n")
        reply = client.get("/readyz")
        states = {part["name"]: part["state"] for part in reply.json()["components"]}
        assert (reply.status_code, states["plant"]) == (200, "degraded")
