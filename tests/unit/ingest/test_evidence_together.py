"""What began together in several signals is one item; what did not, or is another sort, is not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.baseline import Baseline, learn
from ingest.detect import Finding
from ingest.evidence_settings import EvidenceSettings
from ingest.evidence_together import together
from ingest.vocabulary import EvidenceKind, Quantity, RowRange, Series, Severity, Window

SETTINGS = EvidenceSettings()
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
STEP, DRIFT, LIMIT = EvidenceKind.STEP, EvidenceKind.DRIFT, EvidenceKind.LIMIT_VIOLATION
NOISE, SPIKE, STUCK = EvidenceKind.NOISE_CHANGE, EvidenceKind.SPIKE, EvidenceKind.STUCK
DROPOUT, SWING = EvidenceKind.DROPOUT, EvidenceKind.OSCILLATION
WARNING, INFO = Severity.WARNING, Severity.INFO
NUMBERS = {
    STEP: {"baseline": 50.0, "level": 60.0, "change": 10.0, "duration": 300.0},
    DRIFT: {"baseline": 50.0, "level": 60.0, "change": 10.0, "duration": 300.0},
    LIMIT: {"peak": 70.0, "limit": 65.0, "duration": 300.0, "count": 1.0, "change": 10.0},
    NOISE: {"baseline": 1.0, "level": 4.0, "ratio": 4.0},
    SPIKE: {"peak": 90.0, "level": 50.0, "count": 1.0},
    STUCK: {"level": 50.0, "duration": 300.0},
    DROPOUT: {"duration": 300.0},
    SWING: {"amplitude": 5.0, "period": 60.0, "level": 50.0, "count": 5.0},
}


def finding(
    kind: EvidenceKind,
    signal: str,
    start: float = 1000.0,
    end: float = 1300.0,
    *,
    severity: Severity = INFO,
    **numbers: float,
) -> Finding:
    known = NUMBERS[kind] | numbers
    row = int(start)
    return Finding(
        kind=kind,
        signals=(signal,),
        start=start,
        end=end,
        severity=severity,
        numbers={role: Quantity(value) for role, value in known.items()},
        rows=(RowRange("readings", row, row + 10),),
        direction="up",
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """Signal a is four times as noisy as b and c."""
    rng, since = np.random.default_rng(1), np.arange(0.0, 600.0)
    sizes = {"a": 4.0, "b": 1.0, "c": 1.0}
    rows = list(range(600))
    times = (START.timestamp() + since).tolist()
    series = {
        name: Series(name, "bar", times, (50 + rng.normal(0, size, 600)).tolist(), rows)
        for name, size in sizes.items()
    }
    return learn(Window("press-3", START, START + timedelta(seconds=600), series))


def names(found: Sequence[Finding]) -> list[tuple[str, ...]]:
    return [one.signals for one in found]


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_two_signals_from_the_same_moment_are_one_item(
    kind: EvidenceKind, baseline: Baseline
) -> None:
    """Two limits that were crossed stay two: each has its own."""
    found = together([finding(kind, "a"), finding(kind, "b")], baseline, settings=SETTINGS)
    assert len(found) == (2 if kind is LIMIT else 1)


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_another_onset_is_another_fault(kind: EvidenceKind, baseline: Baseline) -> None:
    """Two minutes later it is told by itself."""
    pair = [finding(kind, "a"), finding(kind, "b", 1120.0, 1420.0)]
    assert names(together(pair, baseline, settings=SETTINGS)) == [("a",), ("b",)]


def test_all_numbers_are_those_of_the_strongest_in_its_own_sigmas(baseline: Baseline) -> None:
    """Ten of a quiet signal say more than twenty of a noisy one; its rows are of both."""
    loud = finding(STEP, "a", change=20.0)
    quiet = finding(STEP, "b", 1004.0, change=10.0)
    (one,) = together([loud, quiet], baseline, settings=SETTINGS)
    assert one.signals == ("b", "a")
    assert (one.numbers, one.start, one.end) == (quiet.numbers, quiet.start, quiet.end)
    assert one.rows == (RowRange("readings", 1000, 1014),)


def test_the_worst_leads_and_a_crossed_limit_before_a_step(baseline: Baseline) -> None:
    """However far the other one moved."""
    mild, bad = finding(STEP, "b", change=90.0), finding(STEP, "a", severity=WARNING)
    assert names(together([mild, bad], baseline, settings=SETTINGS)) == [("a", "b")]
    crossed = finding(LIMIT, "a", severity=WARNING)
    (one,) = together([crossed, finding(STEP, "b", severity=WARNING)], baseline, settings=SETTINGS)
    assert (one.kind, one.signals) == (LIMIT, ("a", "b"))


def test_a_limit_that_was_crossed_without_a_shift_stands_alone(baseline: Baseline) -> None:
    """A step of another signal at that moment is no view of it."""
    crossed = finding(LIMIT, "a")
    bare = {role: number for role, number in crossed.numbers.items() if role != "change"}
    alone = Finding(LIMIT, ("a",), 1000.0, 1300.0, WARNING, bare)
    assert len(together([alone, finding(STEP, "b")], baseline, settings=SETTINGS)) == 2


def test_unrelated_sorts_stay_apart(baseline: Baseline) -> None:
    """From the same moment on, too."""
    mixed = [finding(STEP, "a"), finding(NOISE, "b"), finding(DROPOUT, "c")]
    assert len(together(mixed, baseline, settings=SETTINGS)) == 3


def test_swings_of_different_periods_are_two(baseline: Baseline) -> None:
    """One controller hunts at one pace."""
    pair = [finding(SWING, "a"), finding(SWING, "b", period=90.0)]
    assert len(together(pair, baseline, settings=SETTINGS)) == 2


def test_silences_that_end_apart_are_two(baseline: Baseline) -> None:
    """A slow signal may be a little late."""
    base = finding(DROPOUT, "a")
    late = [base, finding(DROPOUT, "b", 1012.0, 1290.0)]
    assert len(together(late, baseline, settings=SETTINGS)) == 1
    apart = [base, finding(DROPOUT, "b", 1000.0, 2000.0)]
    assert len(together(apart, baseline, settings=SETTINGS)) == 2


def test_one_signal_stands_in_an_item_once(baseline: Baseline) -> None:
    """Two steps of one signal are never merged here."""
    pair = [finding(STEP, "a"), finding(STEP, "a", 1005.0)]
    assert len(together(pair, baseline, settings=SETTINGS)) == 2


drawn = st.builds(
    finding,
    st.sampled_from(list(NUMBERS)),
    st.sampled_from(["a", "b", "c", "d"]),
    st.floats(0, 100),
    st.floats(100, 400),
    severity=st.sampled_from([INFO, WARNING]),
    change=st.floats(0, 1e6),
)


@given(st.lists(drawn, max_size=25), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_does_not_matter(
    baseline: Baseline, found: list[Finding], rng: random.Random
) -> None:
    """Each signal of each finding is in one item, whose numbers are those of its lead."""
    merged = together(found, baseline, settings=SETTINGS)
    kept = sorted(name for one in merged for name in one.signals)
    assert kept == sorted(one.signals[0] for one in found)
    assert all(
        any(o.signals == m.signals[:1] and o.numbers == m.numbers for o in found) for m in merged
    )
    shuffled = list(found)
    rng.shuffle(shuffled)
    again = together(shuffled, baseline, settings=SETTINGS)
    assert sorted(map(repr, again)) == sorted(map(repr, merged))
