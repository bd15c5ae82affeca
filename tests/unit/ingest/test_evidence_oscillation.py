"""A periodic movement that the baseline did not have is found with period, amplitude and cycles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_samples import Floats
from ingest.vocabulary import Evidence, EvidenceKind, Series, Window

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LENGTH_S = 3600.0
Shape = Callable[[Floats], Floats]


def pump(seed: int, shape: Shape, *, interval_s: float = 1.0, offset_s: float = 0.0) -> Window:
    """An hour of a pressure of 50 bar with a noise of 0.5."""
    rng = np.random.default_rng(seed)
    since = np.arange(0.0, LENGTH_S, interval_s)
    values = 50.0 + rng.normal(0, 0.5, len(since)) + shape(since)
    start = START + timedelta(seconds=offset_s)
    times = start.timestamp() + since
    series = Series("pressure", "bar", times.tolist(), values.tolist(), list(range(len(since))))
    return Window("press-3", start, start + timedelta(seconds=LENGTH_S), {"pressure": series})


def still(since: Floats) -> Floats:
    return np.zeros_like(since)


def found(shape: Shape, usual: Shape = still, *, interval_s: float = 1.0) -> tuple[Evidence, ...]:
    baseline = learn(pump(1, usual, interval_s=interval_s))
    return extract(pump(2, shape, interval_s=interval_s, offset_s=LENGTH_S), baseline, {})


def swing(period_s: float, amplitude: float, first: float = 1200.0, last: float = 2700.0) -> Shape:
    return lambda t: np.where(
        (t >= first) & (t < last), amplitude * np.sin(2 * np.pi * t / period_s), 0.0
    )


@pytest.mark.parametrize(
    ("period_s", "interval_s"), [(8.0, 1.0), (30.0, 1.0), (47.0, 5.0), (120.0, 10.0), (210.0, 2.0)]
)
def test_a_swing_is_one_item_with_its_numbers(period_s: float, interval_s: float) -> None:
    """At any sampling, from some samples a cycle to minutes."""
    (item,) = found(swing(period_s, 4.0), interval_s=interval_s)
    assert item.kind is EvidenceKind.OSCILLATION
    assert item.numbers["period"].value == pytest.approx(period_s, rel=0.04)
    assert item.numbers["amplitude"].value == pytest.approx(4.0, rel=0.15)
    assert item.numbers["level"].value == pytest.approx(50.0, abs=1.0)
    assert item.numbers["count"].value == pytest.approx(1500 / period_s, abs=2)
    since = (item.start - START).total_seconds() - LENGTH_S
    assert since == pytest.approx(1200, abs=max(20.0, period_s / 2))
    assert not item.active


def test_a_swing_that_the_machine_always_had_is_none() -> None:
    """The cycle of the machine itself; three times as large it is one."""
    usual = swing(30.0, 2.0, 0.0, LENGTH_S)
    assert found(usual, usual) == ()
    larger = found(swing(30.0, 6.0), usual)
    assert EvidenceKind.OSCILLATION in {item.kind for item in larger}


def test_a_few_cycles_are_no_oscillation() -> None:
    """Three waves are an event, not a habit."""
    kinds = {item.kind for item in found(swing(60.0, 4.0, 1200.0, 1380.0))}
    assert EvidenceKind.OSCILLATION not in kinds


def test_noise_is_no_oscillation() -> None:
    """Five times the noise has no period."""
    rng = np.random.default_rng(4)
    kinds = [
        item.kind for item in found(lambda t: np.where(t > 1800, rng.normal(0, 2.5, len(t)), 0.0))
    ]
    assert kinds == [EvidenceKind.NOISE_CHANGE]
