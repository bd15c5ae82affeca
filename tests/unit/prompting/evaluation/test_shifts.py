"""Generated shifts: the same by seed, and every fault of the truth is really in the data."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.vocabulary import EventState, MachineState
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.shifts import Shift, generate

SEED = 10_003
SET_CLOCK = 10_020
"""A seed whose clock is set forward for a while."""
Samples = tuple[NDArray[np.float64], NDArray[np.float64]]


def samples(shift: Shift, name: str) -> Samples:
    """Times and values of a signal, oldest first."""
    series = shift.window.series[name]
    times = np.asarray(series.times, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    values: NDArray[np.float64] = np.asarray(series.values, dtype=np.float64)[order]
    told: NDArray[np.float64] = times[order]
    return told, values


def between(shift: Shift, name: str, first: float, last: float) -> NDArray[np.float64]:
    """Values of a signal between two instants, in production only."""
    times, values = samples(shift, name)
    state_times, states = samples(shift, "state")
    at = np.clip(np.searchsorted(state_times, times, side="right") - 1, 0, None)
    producing = states[at] == MachineState.EXECUTE.number
    inside: NDArray[np.float64] = values[(times >= first) & (times < last) & producing]
    return inside


def planted(kind: FaultKind, seed: int = SEED) -> tuple[Shift, Fault]:
    """A small shift with that fault; later seeds where there is no room for it."""
    for each in range(seed, seed + 20):
        shift = generate(each, kinds=[kind], signals=6)
        if shift.faults and shift.faults[0].kind is kind and shift.clock is None:
            return shift, shift.faults[0]
    raise AssertionError(f"no shift with {kind}")


def test_a_seed_gives_the_same_shift_again() -> None:
    """Values, events and truth."""
    one, other = (generate(SEED, signals=5) for _ in range(2))
    assert one.faults == other.faults
    assert one.window.events == other.window.events
    for name in one.window.series:
        assert np.array_equal(samples(one, name)[1], samples(other, name)[1])


def test_other_noise_leaves_the_structure_and_changes_the_values() -> None:
    """So that stability can be told from luck."""
    one, other = (generate(SEED, kinds=[FaultKind.STEP], signals=5, noise=n) for n in (0, 1))
    assert [(f.kind, f.onset, f.signals) for f in one.faults] == [
        (f.kind, f.onset, f.signals) for f in other.faults
    ]
    name = one.faults[0].signals[0]
    assert not np.array_equal(samples(one, name)[1], samples(other, name)[1])


def test_a_quiet_shift_is_another_stream_without_fault_and_within_its_limits() -> None:
    """But it has states, messages and a day before it."""
    shift = generate(SEED, quiet=True, signals=12)
    assert shift.faults == ()
    assert shift.week
    start, end = shift.window.start.timestamp(), shift.window.end.timestamp()
    assert len(set(samples(shift, "state")[1])) > 2
    for name, spec in shift.specs.items():
        values = between(shift, name, start, end)
        assert spec.high is None or values.max() <= spec.high
        assert spec.low is None or np.quantile(values, 0.05) >= spec.low
    assert not set(shift.window.series) - set(shift.before.series)


def level_change(shift: Shift, fault: Fault) -> float:
    """From the ten minutes before the onset to the last ten minutes of the fault."""
    before = between(shift, fault.signals[0], fault.onset - 600, fault.onset)
    last = between(shift, fault.signals[0], fault.end - 7200, fault.end - 5)
    return abs(float(np.median(last[-len(before) :]) - np.median(before)))


@pytest.mark.parametrize("kind", [FaultKind.STEP, FaultKind.DRIFT, FaultKind.UNIT])
def test_a_level_has_moved_by_what_the_truth_says(kind: FaultKind) -> None:
    """As far as the signal's own wander lets it be measured."""
    shift, fault = planted(kind)
    assert level_change(shift, fault) == pytest.approx(fault.numbers["change"], rel=0.4)


def test_a_step_is_sharp_and_a_drift_is_not() -> None:
    """In the first minute a step has all of its change, a drift next to nothing."""
    for kind, least, most in ((FaultKind.STEP, 0.6, 1.5), (FaultKind.DRIFT, -0.4, 0.4)):
        shift, fault = planted(kind)
        name = fault.signals[0]
        before = np.median(between(shift, name, fault.onset - 120, fault.onset))
        after = np.median(between(shift, name, fault.onset + 10, fault.onset + 70))
        assert least < abs(after - before) / fault.numbers["change"] < most


def test_a_spike_stands_out_at_its_onset() -> None:
    """The peak is in the samples of the first minutes."""
    shift, fault = planted(FaultKind.SPIKE)
    inside = between(shift, fault.signals[0], fault.onset - 1, fault.end + 1)
    assert fault.numbers["peak"] in inside


def test_a_stuck_value_is_one_value() -> None:
    """And the signal moved before."""
    shift, fault = planted(FaultKind.STUCK)
    name = fault.signals[0]
    assert len(set(between(shift, name, fault.onset, fault.end - 1))) == 1
    assert len(set(between(shift, name, fault.onset - 1200, fault.onset))) > 1


def test_noise_is_as_many_times_stronger_as_the_truth_says() -> None:
    """From one sample to the next."""
    shift, fault = planted(FaultKind.NOISE)
    name = fault.signals[0]
    quiet, loud = (
        float(np.std(np.diff(between(shift, name, first, first + 600))))
        for first in (fault.onset - 600, fault.onset)
    )
    assert loud / quiet == pytest.approx(fault.numbers["ratio"], rel=0.5)


def test_an_oscillation_has_the_period_of_the_truth() -> None:
    """The strongest line of its spectrum."""
    shift, fault = planted(FaultKind.OSCILLATION)
    times, values = samples(shift, fault.signals[0])
    inside = (times >= fault.onset) & (times < fault.onset + 8 * fault.numbers["period"])
    grid = np.linspace(times[inside][0], times[inside][-1], 2048)
    course = np.interp(grid, times[inside], values[inside])
    power = np.abs(np.fft.rfft(course - course.mean()))
    assert abs(int(np.argmax(power[2:])) + 2 - 8) <= 1


def test_a_dropout_is_one_signals_silence_and_a_gap_everybodys() -> None:
    """No sample in between, and the state neither where the machine is silent."""
    shift, fault = planted(FaultKind.DROPOUT)
    silent = [n for n in shift.window.series if not len(inner(shift, n, fault))]
    assert silent == list(fault.signals)
    shift, fault = planted(FaultKind.GAP)
    assert not any(len(inner(shift, name, fault)) for name in shift.window.series)


def inner(shift: Shift, name: str, fault: Fault) -> NDArray[np.float64]:
    """Samples well inside of the fault."""
    times, values = samples(shift, name)
    return values[(times > fault.onset + 11) & (times < fault.end - 11)]


def test_a_limit_is_crossed_when_the_truth_says_and_not_before() -> None:
    """The peak is above the limit."""
    shift, fault = planted(FaultKind.LIMIT)
    name = fault.signals[0]
    high = shift.specs[name].high
    crossed = fault.onset_latest
    assert high is not None
    assert crossed is not None
    assert between(shift, name, fault.onset, crossed).max() <= high
    assert between(shift, name, crossed, fault.end).max() == fault.numbers["peak"] > high


def raised(shift: Shift, fault: Fault) -> list[tuple[float, str]]:
    """When the fault's alarms came."""
    return sorted(
        (event.source_time.timestamp(), event.code)
        for event in (*shift.week, *shift.window.events)
        if event.code in fault.codes and event.state is EventState.RAISED
    )


def most_within(times: list[float], length_s: float) -> int:
    """Most of them within that long."""
    return max(sum(first <= at <= first + length_s for at in times) for first in times)


def chatters(shift: Shift, fault: Fault) -> bool:
    times = [at for at, _ in raised(shift, fault)]
    return len(times) == fault.numbers["count"] and most_within(times, 60) >= 3


def floods(shift: Shift, fault: Fault) -> bool:
    times = [at for at, _ in raised(shift, fault)]
    return len(fault.codes) >= 8 and most_within(times, 600) > 10


def stands(shift: Shift, fault: Fault) -> bool:
    cleared = [event for event in shift.window.events if event.code in fault.codes]
    ((at, _),) = raised(shift, fault)
    return not cleared and abs(at - fault.onset) < 0.01 and fault.end - at > 86_400


def trips(shift: Shift, fault: Fault) -> bool:
    events = raised(shift, fault)
    times, states = samples(shift, "state")
    state = states[int(np.searchsorted(times, fault.onset + 60))]
    apart = max(after[0] - before[0] for before, after in pairwise(events))
    in_order = tuple(code for _, code in events) == fault.codes
    return in_order and apart < 5 and state == MachineState.ABORTED.number


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        (FaultKind.CHATTER, chatters),
        (FaultKind.FLOOD, floods),
        (FaultKind.STANDING, stands),
        (FaultKind.TRIP, trips),
    ],
)
def test_alarms_do_what_the_truth_says(
    kind: FaultKind, shows: Callable[[Shift, Fault], bool]
) -> None:
    """Chatter, flood, standing alarm and chain of trips."""
    shift, fault = planted(kind)
    assert shows(shift, fault)


def test_a_clock_that_is_set_dates_readings_events_and_truth_alike() -> None:
    """The truth is what that clock showed, and so is the machine's state."""
    shift = generate(SET_CLOCK, signals=5)
    assert shift.clock is not None
    first, _ = shift.clock
    for name in ("state", next(iter(shift.specs))):
        times, _ = samples(shift, name)
        hole = times[np.searchsorted(times, first)] - times[np.searchsorted(times, first) - 1]
        assert hole > 15
