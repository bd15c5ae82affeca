"""Evidence that is kept up to date is the evidence of the whole window, at a minute's cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.baseline import Baseline, learn
from ingest.evidence import extract
from ingest.evidence_running import RunningEvidence
from ingest.evidence_samples import Floats
from ingest.plant import SignalSpec
from ingest.vocabulary import (
    Event,
    EventState,
    EvidenceKind,
    MachineState,
    Series,
    Severity,
    Window,
)

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LENGTH_S = 2400.0
SPECS = {"oil_temp": SignalSpec("oil_temp", "degC", None, 15.0, 65.0, 75.0)}
NOTHING: dict[str, SignalSpec] = {}


@dataclass(frozen=True)
class Press:
    """Forty minutes of three signals and a state in which everything happens."""

    seed: int
    faulty: bool = True

    def window(self, offset_s: float) -> Window:
        rng = np.random.default_rng(self.seed + int(offset_s))
        since = np.arange(0.0, LENGTH_S, 1.0) + rng.uniform(0, 0.2, int(LENGTH_S))
        state = np.where(since % 600 < 480, MachineState.EXECUTE.number, MachineState.IDLE.number)
        works = (state == MachineState.EXECUTE.number).astype(float)
        oil, pressure, speed = (
            level + spread * rng.normal(size=len(since))
            for level, spread in ((50.0, 0.5), (20.0, 0.3), (900.0, 4.0))
        )
        if self.faulty:
            oil += np.where((since > 700) & (since < 1500), 20.0, 0.0)
            oil[300] += 30.0
            pressure += np.where(since > 1400, 4.0 * np.sin(since * 2 * np.pi / 40.0), 0.0)
            speed[1000:1300] = speed[1000]
            speed += np.where(since > 1900, 30.0 * rng.normal(size=len(since)), 0.0)
        signals = {"oil_temp": oil, "pressure": pressure * works, "speed": speed, "state": state}
        return self._told(since, signals, offset_s)

    def _told(self, since: Floats, signals: dict[str, Floats], offset_s: float) -> Window:
        start = START + timedelta(seconds=offset_s)
        series = {}
        for number, (name, values) in enumerate(sorted(signals.items())):
            silent = (since > 2000) & (since < 2100) & (name == "oil_temp") & self.faulty
            times = start.timestamp() + since[~silent]
            rows = (np.flatnonzero(~silent) * 4 + number).tolist()
            series[name] = Series(name, "", times.tolist(), values[~silent].tolist(), rows)
        events = tuple(_alarm(start + timedelta(seconds=100.0 * n), n) for n in range(1, 5))
        return Window("press-3", start, start + timedelta(seconds=LENGTH_S), series, events)


def _alarm(at: datetime, row: int) -> Event:
    kind = EventState.RAISED if row % 2 else EventState.CLEARED
    return Event("press-3", "E1", Severity.WARNING, kind, "hot", at, at, "t", row=row)


def part(window: Window, first: float, last: float, *, back_s: float = 0.0) -> Window:
    """What came between two moments; with what came shortly before once more."""
    start = window.start + timedelta(seconds=first)
    begin, end = start.timestamp() - back_s, window.start.timestamp() + last
    series = {}
    for name, one in window.series.items():
        keep = [i for i, t in enumerate(one.times) if begin <= t < end]
        times, values = ([column[i] for i in keep] for column in (one.times, one.values))
        series[name] = Series(name, one.unit, times, values, [one.rows[i] for i in keep])
    events = tuple(e for e in window.events if begin <= e.source_time.timestamp() < end)
    return Window(window.machine, start, datetime.fromtimestamp(end, UTC), series, events)


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """Learnt from forty good minutes."""
    return learn(Press(1, faulty=False).window(0))


WHOLE = Press(2).window(LENGTH_S)


def running(baseline: Baseline, keep_s: float = 1e6) -> RunningEvidence:
    return RunningEvidence(baseline, SPECS, keep_s=keep_s)


def test_the_window_shows_every_kind(baseline: Baseline) -> None:
    """Or the comparison below would say little."""
    kinds = {item.kind for item in extract(WHOLE, baseline, SPECS)}
    assert kinds >= {
        EvidenceKind.LIMIT_VIOLATION,
        EvidenceKind.OSCILLATION,
        EvidenceKind.STUCK,
        EvidenceKind.NOISE_CHANGE,
        EvidenceKind.DROPOUT,
        EvidenceKind.SPIKE,
        EvidenceKind.ALARM,
    }


@settings(max_examples=12, deadline=None)
@given(cuts=st.sets(st.floats(1.0, LENGTH_S - 1.0), max_size=30), back_s=st.sampled_from([0, 45]))
def test_pieces_give_the_evidence_of_the_whole(
    baseline: Baseline, cuts: set[float], back_s: float
) -> None:
    """However the window is cut, and when each piece repeats what came shortly before."""
    run = running(baseline)
    edges = [0.0, *sorted(cuts), LENGTH_S]
    for first, last in pairwise(edges):
        run.add(part(WHOLE, first, last, back_s=back_s))
    assert run.items(WHOLE.end) == extract(WHOLE, baseline, SPECS)
    assert run.late == 0


def test_what_comes_a_little_late_is_put_in_its_place(baseline: Baseline) -> None:
    """Oil half a minute behind the others gives the same evidence; two minutes are too late."""
    for behind, late in ((30.0, False), (120.0, True)):
        run = running(baseline)
        for first in np.arange(0.0, LENGTH_S + 180.0, 60.0):
            now = part(WHOLE, first, first + 60.0)
            then = part(WHOLE, first - behind, first + 60.0 - behind)
            series = {**now.series, "oil_temp": then.series["oil_temp"]}
            run.add(replace(now, series=series))
        assert (run.late > 0) is late
        if not late:
            whole = extract(WHOLE, baseline, SPECS)
            assert run.items(WHOLE.end) == whole


def test_a_minute_costs_a_minute(baseline: Baseline) -> None:
    """Every sample is digested once, and few are kept as they came."""
    run = running(baseline)
    kept = []
    for first in np.arange(0.0, LENGTH_S, 60.0):
        run.add(part(WHOLE, first, first + 60.0))
        kept.append(run.pending)
    total = sum(len(series.times) for series in WHOLE.series.values())
    assert run.digested <= total
    assert max(kept) < 4 * 2 * 75


def test_the_window_moves_on(baseline: Baseline) -> None:
    """What left it is forgotten: the items are those of a window that begins later."""
    run = running(baseline, keep_s=600.0)
    for first in np.arange(0.0, LENGTH_S, 60.0):
        run.add(part(WHOLE, first, first + 60.0))
    last = part(WHOLE, LENGTH_S - 600.0, LENGTH_S)
    expected = extract(last, baseline, SPECS)
    found = run.items(WHOLE.end)
    assert [(i.kind, i.signals, i.active) for i in found] == [
        (i.kind, i.signals, i.active) for i in expected
    ]
    assert all(item.start >= last.start for item in found)


def test_a_sample_from_the_future_does_not_stop_the_clock(baseline: Baseline) -> None:
    """A clock that is years ahead is left out; those that follow are not."""
    run = running(baseline)
    ahead = Series("oil_temp", "", [START.timestamp() + 1e9], [50.0], [1])
    run.add(Window("press-3", WHOLE.start, WHOLE.start + timedelta(1), {"oil_temp": ahead}))
    assert run.items(WHOLE.start + timedelta(1)) is not None
    assert run.pending == 0
