"""While subscriptions change, what either description has a place for is read."""

from __future__ import annotations

from pathlib import Path

from ingest.collector import between
from ingest.plant import Machine, MqttBroker, Plant, signals_by_id
from ingest.routes import Route


def broker(name: str, *topics: str) -> MqttBroker:
    return MqttBroker(url="mqtt://h", routes=tuple(map(Route, topics)), id=name)


def plant(first: MqttBroker, *machines: Machine, further: tuple[MqttBroker, ...] = ()) -> Plant:
    return Plant("p", "UTC", first, machines, None, Path("p"), further_brokers=further)


def machine(name: str, line: str = "l") -> Machine:
    return Machine(name, line, "k", signals_by_id([]))


def test_the_new_description_comes_first_and_nothing_of_the_old_one_is_missing() -> None:
    """Routes, machines and brokers; a machine that changed is as the new one says."""
    old = plant(
        broker("", "a/{machine}", "b/{machine}"),
        machine("stays", "old line"),
        machine("gone"),
        further=(broker("kept", "k/{machine}"), broker("left", "x/{machine}")),
    )
    new = plant(
        broker("", "c/{machine}", "b/{machine}"),
        machine("stays", "new line"),
        further=(broker("kept", "y/{machine}"),),
    )
    both = between(old, new)
    assert [route.topic for route in both.mqtt.routes] == [
        "c/{machine}",
        "b/{machine}",
        "a/{machine}",
    ]
    assert both.machine("stays").line == "new line"
    assert both.machine("gone") == machine("gone")
    topics = {one.id: [route.topic for route in one.routes] for one in both.further_brokers}
    assert topics == {"kept": ["y/{machine}", "k/{machine}"], "left": ["x/{machine}"]}
