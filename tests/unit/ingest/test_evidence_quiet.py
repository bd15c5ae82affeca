"""Quiet machines raise no warning, and no window, however odd, makes the extraction fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_samples import Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import SignalSpec
from ingest.vocabulary import (
    Event,
    EventState,
    Evidence,
    MachineState,
    Series,
    Severity,
    Window,
)

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EXECUTE, IDLE = float(MachineState.EXECUTE.number), float(MachineState.IDLE.number)
SPECS = {
    "oil_temp": SignalSpec("oil_temp", "degC", None, 15.0, 65.0, 75.0),
    "pressure": SignalSpec("pressure", "bar", None, 120.0, 200.0, None),
    "current": SignalSpec("current", "A"),
}


@dataclass(frozen=True)
class Shift:
    """A press that works and rests in turns; `pace` is how fast its clock runs."""

    seed: int
    pace: float
    interval_s: float
    length_s: float

    def signals(self) -> dict[str, tuple[Floats, Floats]]:
        rng = np.random.default_rng(self.seed)
        since = np.arange(0.0, self.length_s, self.interval_s)
        state = self._states(rng, since)
        works = state == EXECUTE
        oil = 45.0 + self._wander(rng, len(since), 0.3) + 8.0 * self._lagged(works)
        return {
            "state": (since, state),
            "oil_temp": (since, oil + rng.normal(0, 0.4, len(since))),
            "pressure": (since, np.where(works, 160.0, 3.0) + rng.normal(0, 2.0, len(since))),
            "current": (since, np.where(works, 40.0, 5.0) + rng.normal(0, 1.0, len(since))),
        }

    def _states(self, rng: np.random.Generator, since: Floats) -> Floats:
        state = np.full(len(since), EXECUTE)
        at = 0.0
        while at < self.length_s:
            at += rng.uniform(150, 500) / self.pace
            rest = rng.uniform(20, 90) / self.pace
            state[(since >= at) & (since < at + rest)] = IDLE
            at += rest
        return state

    def _wander(self, rng: np.random.Generator, count: int, size: float) -> Floats:
        keep = np.exp(-self.interval_s * self.pace / 60.0)
        steps = rng.normal(0, size * np.sqrt(1 - keep**2), count)
        level, out = 0.0, np.empty(count)
        for index, step in enumerate(steps):
            level = keep * level + step
            out[index] = level
        return out

    def _lagged(self, works: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
        """Heat follows work with a time constant of ten minutes."""
        keep = np.exp(-self.interval_s * self.pace / 600.0)
        level, out = 1.0, np.empty(len(works))
        for index, on in enumerate(works):
            level = keep * level + (1 - keep) * float(on)
            out[index] = level
        return out


def cut(signals: dict[str, tuple[Floats, Floats]], first: float, last: float) -> Window:
    series = {}
    for name, (since, values) in signals.items():
        keep = (since >= first) & (since < last)
        times = (START.timestamp() + since[keep]).tolist()
        rows = np.flatnonzero(keep).tolist()
        series[name] = Series(name, "", times, values[keep].tolist(), rows)
    start = START + timedelta(seconds=first)
    return Window("press-3", start, START + timedelta(seconds=last), series)


def loud(items: tuple[Evidence, ...]) -> list[str]:
    return [item.statement for item in items if item.severity is not Severity.INFO]


@pytest.mark.parametrize("seed", range(25))
def test_a_quiet_demo_raises_no_warning(seed: int) -> None:
    """2 Hz, ten times real speed, 60 s window sliding over a run, baselines of 20 to 120 s."""
    shift = Shift(seed, pace=10.0, interval_s=0.5, length_s=360.0)
    signals = shift.signals()
    durations = EvidenceSettings().scaled(0.1)
    complaints: list[str] = []
    for end in range(80, 360, 20):
        baseline_s = (20, 60, 120)[end // 20 % 3]
        begin = max(0.0, end - 60.0)
        baseline = learn(cut(signals, max(0.0, begin - baseline_s), begin), settings=durations)
        complaints += loud(extract(cut(signals, begin, end), baseline, SPECS))
    assert complaints == []


@pytest.mark.parametrize("seed", range(25))
def test_a_quiet_plant_raises_no_warning(seed: int) -> None:
    """1 Hz, ten minutes after half an hour of baseline, with the defaults."""
    signals = Shift(seed + 100, pace=1.0, interval_s=1.0, length_s=4200.0).signals()
    baseline = learn(cut(signals, 0, 1800))
    complaints = [
        text
        for end in (2400, 3000, 3600, 4200)
        for text in loud(extract(cut(signals, end - 600, end), baseline, SPECS))
    ]
    assert complaints == []


odd_floats = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, 1e150]),
)


@st.composite
def odd_series(draw: st.DrawFn) -> Series:
    values = draw(st.lists(odd_floats, max_size=60))
    pattern = draw(st.sampled_from(["even", "same", "random", "constant"]))
    count = len(values)
    times = [START.timestamp() + 1.0 * i for i in range(count)]
    if pattern == "same":
        times = [START.timestamp()] * count
    if pattern == "random":
        offsets = st.floats(-1e4, 1e4)
        times = [START.timestamp() + draw(offsets) for _ in range(count)]
    if pattern == "constant" and values:
        values = [values[0]] * count
    return Series("s", draw(st.sampled_from(["", "degC"])), times, values, list(range(count)))


@st.composite
def odd_event(draw: st.DrawFn) -> Event:
    at = START + timedelta(seconds=draw(st.floats(-100, 700)))
    state = draw(st.sampled_from(list(EventState)))
    severity = draw(st.sampled_from(list(Severity)))
    code, text = draw(st.text(max_size=6)), draw(st.text(max_size=40))
    return Event("press-3", code, severity, state, text, at, at, "test", row=draw(st.none()))


@st.composite
def odd_window(draw: st.DrawFn) -> Window:
    names = draw(st.lists(st.sampled_from(["state", "oil_temp", "pressure", "x"]), unique=True))
    length = draw(st.sampled_from([0.0, 1.0, 60.0, 600.0]))
    events = tuple(draw(st.lists(odd_event(), max_size=12)))
    series = {name: draw(odd_series()) for name in names}
    return Window("press-3", START, START + timedelta(seconds=length), series, events)


@settings(max_examples=150, deadline=None)
@given(window=odd_window(), past=odd_window())
def test_no_window_makes_the_extraction_fail(window: Window, past: Window) -> None:
    """Empty, one row, NaN, constant, huge, unsorted, out of range: evidence or none, no fault."""
    items = extract(window, learn(past), SPECS)
    assert len(items) <= EvidenceSettings().max_items
    assert [item.id for item in items] == [f"E{n:04}" for n in range(1, len(items) + 1)]
    assert all(item.start <= item.end for item in items)
    for item in items:
        assert all(np.isfinite(quantity.value) for quantity in item.numbers.values())


def test_the_same_window_gives_the_same_evidence() -> None:
    """Nothing depends on order of dictionaries or on chance."""
    signals = Shift(3, pace=1.0, interval_s=1.0, length_s=1200.0).signals()
    signals["oil_temp"] = (signals["oil_temp"][0], signals["oil_temp"][1] + 25.0)
    turned = dict(reversed(signals.items()))
    one = extract(cut(signals, 600, 1200), learn(cut(signals, 0, 600)), SPECS)
    other = extract(cut(turned, 600, 1200), learn(cut(turned, 0, 600)), SPECS)
    assert one
    assert one == other
