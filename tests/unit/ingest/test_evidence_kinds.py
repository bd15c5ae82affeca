"""Each kind of evidence is found where it was planted, with the right numbers, and only there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_samples import Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import SignalSpec
from ingest.vocabulary import Evidence, EvidenceKind, MachineState, Series, Severity, Window

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EXECUTE, IDLE = MachineState.EXECUTE.number, MachineState.IDLE.number
SPEC = {"oil_temp": SignalSpec("oil_temp", "degC", None, 15.0, 65.0, 75.0)}
NO_LIMITS: dict[str, SignalSpec] = {}
Shape = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Floor:
    """A press whose oil is at 50 degC with a noise of 0.5, sampled once a second."""

    length_s: float = 600.0
    interval_s: float = 1.0
    seed: int = 1

    def window(self, shape: Shape | None = None, *, offset_s: float = 0.0) -> Window:
        rng = np.random.default_rng(self.seed + int(offset_s != 0))
        since = np.arange(0.0, self.length_s, self.interval_s)
        values = 50.0 + rng.normal(0.0, 0.5, len(since))
        if shape is not None:
            values = shape_of(shape, since, values)
        start = START + timedelta(seconds=offset_s)
        return window_of({"oil_temp": (since, values)}, start, self.length_s)


def shape_of(shape: Shape, since: Floats, values: Floats) -> Floats:
    return np.asarray(values + shape(since), dtype=np.float64)


def window_of(
    signals: Mapping[str, tuple[Floats, Floats]], start: datetime, length_s: float
) -> Window:
    series = {
        name: Series(
            name,
            "degC",
            (start.timestamp() + since).tolist(),
            values.tolist(),
            list(range(1, len(since) + 1)),
        )
        for name, (since, values) in signals.items()
    }
    return Window("press-3", start, start + timedelta(seconds=length_s), series)


def found(shape: Shape, specs: Mapping[str, SignalSpec] = NO_LIMITS) -> tuple[Evidence, ...]:
    floor = Floor()
    baseline = learn(floor.window())
    return extract(floor.window(shape, offset_s=600.0), baseline, specs)


def seconds(item: Evidence) -> tuple[float, float]:
    origin = START + timedelta(seconds=600)
    return (item.start - origin).total_seconds(), (item.end - origin).total_seconds()


def test_a_step_is_one_step_with_its_onset_and_levels() -> None:
    """A jump of 8 degC after 300 s is one strong step; without limits it is a warning."""
    (item,) = found(lambda t: np.where(t >= 300, 8.0, 0.0))
    assert (item.kind, item.direction, item.severity) == (EvidenceKind.STEP, "up", Severity.WARNING)
    assert seconds(item)[0] == pytest.approx(300, abs=5)
    assert item.numbers["baseline"].value == pytest.approx(50, abs=0.3)
    assert item.numbers["level"].value == pytest.approx(58, abs=0.3)
    assert item.numbers["change"].value == pytest.approx(8, abs=0.5)
    assert item.numbers["level"].unit == "degC"
    assert item.active


def test_a_step_that_comes_back_is_no_longer_active() -> None:
    """It ends where the level returned."""
    (item,) = found(lambda t: np.where((t >= 200) & (t < 400), -8.0, 0.0))
    assert (item.kind, item.direction, item.active) == (EvidenceKind.STEP, "down", False)
    assert seconds(item)[0] == pytest.approx(200, abs=5)
    assert seconds(item)[1] == pytest.approx(400, abs=12)


def test_a_slow_rise_is_a_drift_with_its_slope() -> None:
    """2 degC a minute from 120 s on."""
    (item,) = found(lambda t: np.clip(t - 120, 0, None) / 30.0)
    assert item.kind is EvidenceKind.DRIFT
    assert seconds(item)[0] < 240
    assert item.numbers["slope"].value == pytest.approx(2.0, rel=0.15)
    assert item.numbers["slope"].unit == "degC/min"


def test_a_drift_over_the_limit_is_told_once_from_its_onset() -> None:
    """Limit and drift are one cause: one item with peak, limit and lead."""
    (item,) = found(lambda t: np.clip(t - 120, 0, None) / 20.0, SPEC)
    assert item.kind is EvidenceKind.LIMIT_VIOLATION
    assert item.severity is Severity.WARNING
    assert item.numbers["limit"].value == 65.0
    assert item.numbers["peak"].value == pytest.approx(74, abs=2)
    assert item.numbers["lead"].value == pytest.approx(250, abs=80)
    assert item.active


def test_beyond_the_second_limit_it_is_critical() -> None:
    """high_high makes it critical and stands in the numbers."""
    (item,) = found(lambda t: np.where(t >= 300, 30.0, 0.0), SPEC)
    assert item.severity is Severity.CRITICAL
    assert item.numbers["critical_limit"].value == 75.0
    assert item.numbers["duration"].value == pytest.approx(300, abs=3)


def test_one_sample_over_the_limit_is_a_spike_and_no_violation() -> None:
    """A single glitch never violates a limit."""
    (item,) = found(lambda t: np.where(t == 300, 40.0, 0.0), SPEC)
    assert (item.kind, item.severity) == (EvidenceKind.SPIKE, Severity.INFO)
    assert item.numbers["peak"].value == pytest.approx(90, abs=2)


def test_bursts_over_the_limit_are_one_violation_with_a_count() -> None:
    """Five bursts of four seconds, twenty seconds apart."""
    (item,) = found(lambda t: np.where((t >= 300) & (t < 400) & (t % 20 < 4), 20.0, 0.0), SPEC)
    assert item.kind is EvidenceKind.LIMIT_VIOLATION
    assert item.numbers["count"].value == 5
    assert item.numbers["duration"].value == pytest.approx(20, abs=1)
    assert not item.active


def test_hysteresis_keeps_a_value_at_the_limit_from_counting_twice() -> None:
    """Noise around the limit is one crossing as long as it does not fall back clearly."""
    items = found(lambda t: np.where(t >= 300, 15.8, 0.0), SPEC)
    (item,) = [item for item in items if item.kind is EvidenceKind.LIMIT_VIOLATION]
    assert item.numbers["count"].value == 1


def test_a_value_that_stands_still_is_stuck() -> None:
    """Frozen for 200 s."""

    def frozen(window: Window) -> Window:
        series = window.series["oil_temp"]
        values = [series.values[200] if 200 <= i < 400 else v for i, v in enumerate(series.values)]
        still = Series("oil_temp", "degC", series.times, values, series.rows)
        return Window(window.machine, window.start, window.end, {"oil_temp": still})

    floor = Floor()
    (item,) = extract(frozen(floor.window(offset_s=600)), learn(floor.window()), {})
    assert item.kind is EvidenceKind.STUCK
    assert seconds(item) == (200, 399)
    assert item.numbers["duration"].value == 199


def test_noise_that_grows_fivefold_is_a_noise_change() -> None:
    """Same mean, more noise."""
    rng = np.random.default_rng(5)
    (item,) = found(lambda t: np.where(t >= 300, rng.normal(0, 2.5, len(t)), 0.0))
    assert item.kind is EvidenceKind.NOISE_CHANGE
    assert item.numbers["ratio"].value == pytest.approx(5, rel=0.3)


def without(window: Window, signal: str, first: float, last: float) -> Window:
    """The window with a hole in one signal."""
    series = window.series[signal]
    start = window.start.timestamp()
    keep = [i for i, t in enumerate(series.times) if not first <= t - start < last]
    cut = Series(
        signal,
        series.unit,
        [series.times[i] for i in keep],
        [series.values[i] for i in keep],
        [series.rows[i] for i in keep],
    )
    return Window(window.machine, window.start, window.end, {**window.series, signal: cut})


def two_signals(offset_s: float) -> Window:
    rng = np.random.default_rng(7 + int(offset_s))
    since = np.arange(0.0, 600.0)
    start = START + timedelta(seconds=offset_s)
    noise = {name: (since, 50 + rng.normal(0, 0.5, 600)) for name in ("oil_temp", "pressure")}
    return window_of(noise, start, 600.0)


def test_a_signal_that_falls_silent_is_an_active_dropout() -> None:
    """The other signal goes on: a warning while it lasts."""
    window = without(two_signals(600), "pressure", 400, 600)
    (item,) = extract(window, learn(two_signals(0)), {})
    assert (item.kind, item.signals, item.active) == (EvidenceKind.DROPOUT, ("pressure",), True)
    assert item.severity is Severity.WARNING
    assert seconds(item) == (399, 600)


def test_a_silence_that_ended_is_information() -> None:
    """It came back."""
    window = without(two_signals(600), "pressure", 200, 300)
    (item,) = extract(window, learn(two_signals(0)), {})
    assert (item.severity, item.active) == (Severity.INFO, False)
    assert item.numbers["duration"].value == pytest.approx(101)


def test_a_whole_machine_that_falls_silent_is_one_gap() -> None:
    """Not one dropout a signal."""
    window = two_signals(600)
    for name in ("oil_temp", "pressure"):
        window = without(window, name, 300, 600)
    (item,) = extract(window, learn(two_signals(0)), {})
    assert (item.kind, item.active) == (EvidenceKind.GAP, True)
    assert item.signals == ("oil_temp", "pressure")


def test_a_machine_that_sends_nothing_at_all_is_a_gap_too() -> None:
    """An empty window after a known past."""
    empty = Window("press-3", START + timedelta(seconds=600), START + timedelta(seconds=900), {})
    (item,) = extract(empty, learn(two_signals(0)), {})
    assert (item.kind, item.numbers["duration"].value) == (EvidenceKind.GAP, 300)


def test_a_slow_signal_may_take_its_time() -> None:
    """One value every 30 s is silent only after five of them are missing."""
    floor = Floor(length_s=1200, interval_s=30.0)
    baseline = learn(floor.window())
    assert extract(without(floor.window(offset_s=1200), "oil_temp", 500, 600), baseline, {}) == ()
    (item,) = extract(without(floor.window(offset_s=1200), "oil_temp", 500, 700), baseline, {})
    assert item.kind is EvidenceKind.GAP  # it is the machine's only signal


def test_rows_and_ids_name_what_the_evidence_stands_on() -> None:
    """Row ranges lie where the step is; ids count from E0001."""
    (item,) = found(lambda t: np.where(t >= 300, 8.0, 0.0))
    assert item.id == "E0001"
    (rows,) = item.rows
    assert rows.table == "readings"
    assert rows.first == pytest.approx(301, abs=5)
    assert rows.last == 600


def test_settings_shrink_with_the_clock_of_the_machine() -> None:
    """The same step, ten times as fast: 60 s of baseline, 60 s of window, two samples a second."""
    floor = Floor(length_s=60.0, interval_s=0.5)
    settings = EvidenceSettings().scaled(0.1)
    baseline = learn(floor.window(), settings=settings)
    window = floor.window(lambda t: np.where(t >= 30, 8.0, 0.0), offset_s=60.0)
    (item,) = extract(window, baseline, {})
    assert (item.kind, item.severity) == (EvidenceKind.STEP, Severity.WARNING)
    assert (item.start - START).total_seconds() == pytest.approx(90, abs=2)


def test_the_number_of_items_is_bounded() -> None:
    """Sixty signals with a spike each, at times of their own, give no more than the cap."""
    rng = np.random.default_rng(3)
    since = np.arange(0.0, 300.0)

    def window(offset: float, height: float) -> Window:
        signals = {}
        for number in range(60):
            values = 50 + rng.normal(0, 0.5, 300)
            values[30 + 4 * number] += height
            signals[f"s{number}"] = (since, values)
        return window_of(signals, START + timedelta(seconds=offset), 300.0)

    items = extract(window(300, 40.0), learn(window(0, 0.0)), {})
    assert len(items) == EvidenceSettings().max_items


def test_a_low_limit_does_not_hold_while_the_machine_stands() -> None:
    """No pressure when idle is no violation; the same value in execute is one."""
    since = np.arange(0.0, 300.0)
    rng = np.random.default_rng(9)
    specs = {"pressure": SignalSpec("pressure", "bar", None, 80.0, 200.0, None)}

    def window(offset: float, state: int) -> Window:
        signals = {
            "pressure": (since, 2.0 + rng.normal(0, 0.1, 300)),
            "state": (since, np.full(300, float(state))),
        }
        return window_of(signals, START + timedelta(seconds=offset), 300.0)

    nothing = learn(Window("press-3", START, START + timedelta(seconds=1), {}))
    assert extract(window(300, IDLE), nothing, specs) == ()
    (item,) = extract(window(300, EXECUTE), nothing, specs)
    assert (item.kind, item.direction) == (EvidenceKind.LIMIT_VIOLATION, "down")


def test_a_run_up_whose_single_samples_crossed_before_is_no_violation() -> None:
    """Before, too, the first samples were below the limit; the mean of their block hides it."""
    since = np.arange(0.0, 1200.0)
    up = (since - 92.0) % 300.0
    state = np.where(up < 258.0, float(EXECUTE), float(IDLE))
    specs = {"speed": SignalSpec("speed", "rpm", None, 2270.0, None, None)}

    def window(offset: float, lag_s: float) -> Window:
        noise = np.random.default_rng(9).normal(0, 1.0, 1200)
        speed = (2304.0 + noise) * (1 - np.exp(-up / lag_s)) * (up < 258.0)
        signals = {"speed": (since, speed), "state": (since, state)}
        return window_of(signals, START + timedelta(seconds=offset), 1200.0)

    settings = EvidenceSettings()
    slow, fast = (learn(window(0, lag_s), settings=settings) for lag_s in (5.3, 2.0))
    norm = slow.norm("speed", EXECUTE)
    assert norm is not None
    assert norm.level - norm.reach(-1.0) > 2270.0
    assert extract(window(1200, 5.3), slow, specs, settings=settings) == ()
    told = extract(window(1200, 5.3), fast, specs, settings=settings)
    assert EvidenceKind.LIMIT_VIOLATION in {item.kind for item in told}


def test_run_up_and_run_down_are_no_violation() -> None:
    """Pressure that builds up after the state says execute, and falls before it says idle."""
    since = np.arange(0.0, 600.0)
    rng = np.random.default_rng(9)
    specs = {"pressure": SignalSpec("pressure", "bar", None, 80.0, 200.0, None)}
    state = np.where((since >= 200) & (since < 400), float(EXECUTE), float(IDLE))
    built_up = np.clip((since - 200) / 15.0, 0, 1) * (since < 399)

    def window(offset: float) -> Window:
        pressure = 160.0 * built_up + rng.normal(0, 1.0, 600)
        signals = {"pressure": (since, pressure), "state": (since, state)}
        return window_of(signals, START + timedelta(seconds=offset), 600.0)

    assert extract(window(600), learn(window(0)), specs) == ()
    nothing = learn(Window("press-3", START, START + timedelta(seconds=1), {}))
    assert extract(window(600), nothing, specs) == ()
