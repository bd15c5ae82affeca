"""What was set aside is read once it can be, by the routes of the broker that brought it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.codec import Codec, Message
from ingest.dead_letters import Replayed, replay
from ingest.history import DeadLetter
from ingest.plant import Machine, MqttBroker, Plant, signals_by_id
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from tests.sparkplug_packer import INT32, Metric, payload

NOW = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
AT = 1_795_341_600_123
PLAIN = Route("t/{machine}", values="")
SPARKPLUG = Route("spBv1.0/#", codec="sparkplug-b")
PRESS = Machine("press-3", "l", "press", signals_by_id([]))
GOOD = b'{"oil": 1}'


@pytest.fixture
def history(tmp_path: Path) -> Iterator[SqliteHistory]:
    """An empty one."""
    with SqliteHistory(tmp_path / "h.db") as opened:
        yield opened


def plant(*machines: Machine) -> Plant:
    """Two brokers; the plain topics are those of the second alone."""
    first = MqttBroker(url="mqtt://a", routes=(SPARKPLUG,))
    north = MqttBroker(url="mqtt://b", routes=(PLAIN, SPARKPLUG), id="north")
    return Plant("p", "UTC", first, machines, None, Path("p.toml"), further_brokers=(north,))


def receive(history: SqliteHistory, codec: Codec, *messages: tuple[str, str, bytes]) -> None:
    for number, (broker, topic, content) in enumerate(messages):
        message = Message(topic, content, NOW + timedelta(seconds=number), broker)
        decoded = codec.decode(message)
        history.write(decoded.records, decoded.dead, decoded.births)


def again(history: SqliteHistory, *machines: Machine) -> Replayed:
    """As the command does it: with the births of the history and the plant as it is now."""
    codec = Codec.of(plant(*machines), IngestSettings(), births=history.births())
    found = replay(history, codec, history.dead_letters())
    for count in history.counters():
        assert count.received == count.stored + count.duplicates + count.dead_lettered
    return found


def test_letters_of_every_broker_are_read_by_its_own_routes(history: SqliteHistory) -> None:
    """A topic that the first broker has no route for stays, the same one of the other goes."""
    receive(history, Codec(plant()), ("", "t/press-3", GOOD), ("north", "t/press-3", GOOD))
    assert again(history) == Replayed(tried=2)
    assert again(history, PRESS) == Replayed(tried=2, replayed=1, stored=1)
    (left,) = history.dead_letters()
    assert left.source == "mqtt:t/press-3"
    assert [reading.source for reading in history.latest("press-3")] == ["mqtt@north:t/press-3"]


def test_what_came_over_no_broker_stays(history: SqliteHistory) -> None:
    """It is nobody's message."""
    history.write([], [DeadLetter("push:mes", GOOD, "no", NOW)])
    assert again(history, PRESS) == Replayed(tried=1)
    assert len(history.dead_letters()) == 1


def test_a_letter_that_is_still_wrong_in_part_stays_whole(history: SqliteHistory) -> None:
    """What of it was kept is not kept twice."""
    receive(history, Codec(plant(PRESS)), ("north", "t/press-3", b'{"oil": 1, "odd": {}}'))
    assert again(history, PRESS) == Replayed(tried=1)
    assert [row.value for row in history.export()] == [1]


def test_sparkplug_letters_are_read_when_the_machine_is_known(history: SqliteHistory) -> None:
    """Birth and data of a machine that the plant did not name, in the order of their receipt."""
    birth = payload(Metric("oil", 1, INT32, alias=5), timestamp=AT, seq=0)
    data = payload(Metric(alias=5, value=2), timestamp=AT + 9, seq=1)
    topic = "spBv1.0/g/{}/press-3"
    receive(
        history,
        Codec(plant()),
        ("north", topic.format("NBIRTH"), birth),
        ("north", topic.format("NDATA"), data),
    )
    assert again(history) == Replayed(tried=2)
    assert again(history, PRESS) == Replayed(tried=2, replayed=2, stored=2)
    assert [row.value for row in history.export()] == [1, 2]


def test_letters_are_tried_in_the_order_of_their_receipt(
    history: SqliteHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A birth that was refused for lack of room is read before the data that it names."""
    birth = payload(Metric("oil", 1, INT32, alias=5), timestamp=AT, seq=0)
    data = payload(Metric(alias=5, value=2), timestamp=AT + 9, seq=1)
    topic = "spBv1.0/g/{}/press-3"
    monkeypatch.setattr("ingest.sparkplug._MOST_ANNOUNCED", 0)
    receive(
        history,
        Codec(plant(PRESS)),
        ("north", topic.format("NBIRTH"), birth),
        ("north", topic.format("NDATA"), data),
    )
    monkeypatch.undo()
    assert again(history, PRESS) == Replayed(tried=2, replayed=2, stored=2)


def test_data_that_came_before_any_birth_is_read_after_it(history: SqliteHistory) -> None:
    """By a process of its own, which knows the births from the history."""
    topic = "spBv1.0/g/{}/press-3"
    birth = payload(Metric("oil", 1, INT32, alias=5), timestamp=AT + 9, seq=0)
    data = payload(Metric(alias=5, value=2), timestamp=AT, seq=1)
    codec = Codec(plant(PRESS))
    receive(history, codec, ("", topic.format("NDATA"), data))
    assert again(history, PRESS) == Replayed(tried=1)
    receive(history, codec, ("", topic.format("NBIRTH"), birth))
    assert again(history, PRESS) == Replayed(tried=1, replayed=1, stored=1)
    assert [row.value for row in history.export()] == [2, 1]
