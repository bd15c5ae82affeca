"""What is said of the collectors: nothing is wrong before one was there, much when all are gone."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from ingest.roster import STALE_AFTER_S, Pulse
from service.collectors import collectors_figures, collectors_state

WELL = {"brokers": 1.0, "brokers_connected": 1.0, "modbus_units": 4.0, "records": 7.0}
GONE_S = STALE_AFTER_S + 1


def pulse(name: str, age_s: float = 0.5, /, **words: str) -> Pulse:
    return Pulse(name, age_s, WELL, words)


@pytest.mark.parametrize(
    ("pulses", "state", "words"),
    [
        ([], "degraded", "andon ingest"),
        ([pulse("one")], "ok", "1 collector(s), 1 of 1 broker connection(s), 4 Modbus unit(s)"),
        ([pulse("one", GONE_S)], "missing", "11 s old"),
        ([pulse("one"), pulse("two", GONE_S)], "degraded", "two has been silent for 11 s"),
        ([pulse("one", store="disk full")], "missing", "one: disk full"),
        ([pulse("one", store="disk full"), pulse("two")], "degraded", "one: disk full"),
        ([pulse("one", plant="plant.toml:3: no")], "degraded", "one: plant.toml:3: no"),
        ([Pulse("one", 0.5, WELL | {"brokers": 2.0}, {})], "degraded", "not reach every broker"),
    ],
)
def test_state_of_the_collectors(pulses: list[Pulse], state: str, words: str) -> None:
    """`missing` makes the service not ready; `degraded` is said and no more."""
    found, said = collectors_state(pulses)
    assert found == state
    assert words in said


def test_figures_are_those_of_the_living() -> None:
    """Of a dead one only that it is dead, and for how long."""

    class Figures(Collector):
        def collect(self):  # type: ignore[no-untyped-def]
            return collectors_figures([pulse("one"), pulse("two", GONE_S)])

    registry = CollectorRegistry()
    registry.register(Figures())
    text = generate_latest(registry).decode()
    assert 'andon_collector_up{collector="one"} 1.0' in text
    assert 'andon_collector_up{collector="two"} 0.0' in text
    assert 'andon_collector_modbus_units{collector="one"} 4.0' in text
    assert 'andon_collector_records_total{collector="one"} 7.0' in text
    assert 'andon_collector_records_total{collector="two"}' not in text
