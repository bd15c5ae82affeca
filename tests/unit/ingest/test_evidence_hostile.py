"""Windows that no machine should send are looked at in bounded time, without a fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_running import RunningEvidence
from ingest.evidence_samples import Floats, median_of_five
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import SignalSpec
from ingest.vocabulary import Evidence, Series, Window

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SPECS = {"s": SignalSpec("s", "bar", 10.0, 20.0, 60.0, 70.0)}
COUNT = 600


def window(times: Floats, values: Floats, *, offset_s: float = 0.0) -> Window:
    start = START + timedelta(seconds=offset_s)
    moments = (start.timestamp() + times).tolist()
    series = Series("s", "bar", moments, values.tolist(), list(range(len(times))))
    return Window("press-3", start, start + timedelta(seconds=COUNT), {"s": series})


def noise(count: int = COUNT) -> Floats:
    return np.asarray(50.0 + np.random.default_rng(1).normal(0, 0.5, count))


EVEN = np.arange(float(COUNT))
HOSTILE: dict[str, tuple[Floats, Floats]] = {
    "nothing": (np.empty(0), np.empty(0)),
    "one sample": (EVEN[:1], noise(1)),
    "not a number": (EVEN, np.full(COUNT, np.nan)),
    "infinite": (EVEN, np.where(EVEN % 3 == 0, np.inf, noise())),
    "huge": (EVEN, np.where(EVEN % 7 == 0, 1e300, noise())),
    "almost huge": (EVEN, np.where(EVEN % 7 == 0, 9e149, -9e149)),
    "one moment": (np.zeros(COUNT), noise()),
    "twice": (np.repeat(EVEN[::2], 2), noise()),
    "backwards": (EVEN[::-1].copy(), noise()),
    "constant": (EVEN, np.full(COUNT, 50.0)),
    "irregular": (np.cumsum(np.random.default_rng(2).exponential(1.0, COUNT)), noise()),
    "centuries apart": (EVEN * 1e7, noise()),
    "before the epoch": (EVEN - 1e10, noise()),
    "times without sense": (np.where(EVEN % 2 == 0, np.nan, 1e300), noise()),
    "subnormal": (EVEN, np.full(COUNT, 5e-324)),
    "flapping": (EVEN, np.where(EVEN % 2 == 0, 59.0, 61.0)),
}


def sound(items: tuple[Evidence, ...]) -> bool:
    return len(items) <= EvidenceSettings().max_items and all(
        np.isfinite(quantity.value) for item in items for quantity in item.numbers.values()
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_odd_samples_are_no_fault(name: str) -> None:
    """As the window, as the baseline, as both, at once and in pieces."""
    odd, good = window(*HOSTILE[name]), window(EVEN, noise())
    late = window(*HOSTILE[name], offset_s=COUNT)
    for normal, seen in ((good, late), (odd, window(EVEN, noise(), offset_s=COUNT)), (odd, late)):
        baseline = learn(normal)
        assert sound(extract(seen, baseline, SPECS))
        running = RunningEvidence(baseline, SPECS, keep_s=300.0)
        running.add(normal)
        running.add(seen)
        assert sound(running.items(seen.end))


def test_very_many_signals_are_bounded() -> None:
    """All of them step, and no more than the cap are told."""
    count, samples = 300, 40
    times = (START.timestamp() + np.arange(samples) * 15.0).tolist()
    rng = np.random.default_rng(5)

    def many(offset_s: float, step: float) -> Window:
        series = {}
        moments = [t + offset_s for t in times]
        for number in range(count):
            values = 50 + rng.normal(0, 0.5, samples) + step * (np.arange(samples) > 20)
            series[f"s{number}"] = Series(
                f"s{number}", "", moments, values.tolist(), list(range(samples))
            )
        start = START + timedelta(seconds=offset_s)
        return Window("press-3", start, start + timedelta(seconds=600), series)

    items = extract(many(600.0, 30.0), learn(many(0.0, 0.0)), {})
    assert 0 < len(items) <= EvidenceSettings().max_items


def test_the_median_of_five_is_numpys() -> None:
    """For ties and at both ends too."""
    rng = np.random.default_rng(6)
    for values in (rng.normal(size=400), rng.integers(0, 3, 400).astype(float), np.ones(1)):
        padded = np.pad(values, 2, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 5)
        assert np.array_equal(median_of_five(values), np.median(windows, axis=1))
