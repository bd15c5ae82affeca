"""Several views of one cause in one signal are one item."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ingest.detect import Finding
from ingest.evidence_merging import merged
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, RowRange, Severity

SETTINGS = EvidenceSettings()
STEP, LIMIT, SPIKE = EvidenceKind.STEP, EvidenceKind.LIMIT_VIOLATION, EvidenceKind.SPIKE
NOISE, SWING, STUCK = (
    EvidenceKind.NOISE_CHANGE,
    EvidenceKind.OSCILLATION,
    EvidenceKind.STUCK,
)
NUMBERS = {
    STEP: {"baseline": 50.0, "level": 60.0, "change": 10.0},
    EvidenceKind.DRIFT: {"baseline": 50.0, "level": 60.0, "change": 10.0, "slope": 1.0},
    LIMIT: {"peak": 70.0, "limit": 65.0, "duration": 5.0, "count": 2.0},
    NOISE: {"baseline": 1.0, "level": 4.0, "ratio": 4.0},
    SPIKE: {"peak": 90.0, "level": 50.0, "count": 1.0},
    STUCK: {"level": 50.0, "duration": 300.0},
    SWING: {"amplitude": 5.0, "period": 60.0, "level": 50.0},
}


def finding(
    kind: EvidenceKind,
    start: float,
    end: float,
    direction: str = "up",
    *,
    severity: Severity = Severity.WARNING,
    **numbers: float,
) -> Finding:
    known = NUMBERS[kind] | numbers
    return Finding(
        kind=kind,
        signals=("oil_temp",),
        start=start,
        end=end,
        severity=severity,
        numbers={role: Quantity(value) for role, value in known.items()},
        rows=(RowRange("readings", int(start), int(end)),),
        direction=direction,
    )


def kinds(*findings: Finding) -> list[EvidenceKind]:
    return [one.kind for one in merged(findings, settings=SETTINGS)]


def test_crossings_within_one_burst_are_one_item_a_direction() -> None:
    """Counts and durations add up, the peak is the furthest; the burst is told by them."""
    noise = finding(NOISE, 0, 100)
    ups = [finding(LIMIT, at, at + 15.0, peak=70.0 + at) for at in (0.0, 20.0, 40.0, 60.0)]
    ups[2] = finding(LIMIT, 40, 55, severity=Severity.CRITICAL, peak=99.0, critical_limit=75.0)
    down = finding(LIMIT, 80, 95, "down", peak=2.0, limit=10.0)
    up, low = sorted(merged([noise, *ups, down], settings=SETTINGS), key=lambda f: f.start)
    numbers = {role: number.value for role, number in up.numbers.items()}
    assert numbers == {
        "peak": 130.0,
        "limit": 65.0,
        "critical_limit": 75.0,
        "duration": 20.0,
        "count": 8.0,
    }
    assert (up.start, up.end, up.severity) == (0.0, 75.0, Severity.CRITICAL)
    assert up.rows == (RowRange("readings", 0, 75),)
    assert low.direction == "down"


def test_crossings_without_a_burst_stay_apart() -> None:
    """They are different times; and one long swing stays beside a single short crossing."""
    assert kinds(finding(LIMIT, 0, 15), finding(LIMIT, 500, 515)) == [LIMIT, LIMIT]
    assert kinds(finding(SWING, 0, 600), finding(LIMIT, 10, 20)) == [LIMIT, SWING]


def test_two_views_together_explain_what_neither_does_alone() -> None:
    """A noise that two crossings cover by forty per cent each."""
    halves = [finding(LIMIT, 0, 40), finding(LIMIT, 60, 100, "down")]
    assert kinds(finding(NOISE, 0, 100), *halves) == [LIMIT, LIMIT]
    assert kinds(finding(NOISE, 0, 100), halves[0]) == [LIMIT, NOISE]


def test_a_swing_is_told_once() -> None:
    """Not as noise, spikes and small steps as well; a step beyond the swing is one."""
    swing = finding(SWING, 0, 600)
    views = [finding(NOISE, 10, 500), finding(SPIKE, 50, 50), finding(STEP, 0, 300, change=3.0)]
    assert kinds(swing, *views) == [SWING]
    assert kinds(swing, finding(STEP, 0, 300, change=30.0)) == [STEP, SWING]


def test_a_spike_near_a_step_is_its_edge_and_one_far_away_is_not() -> None:
    """Within a block of it."""
    step = finding(STEP, 100, 300)
    assert kinds(step, finding(SPIKE, 95, 95)) == [STEP]
    assert kinds(step, finding(SPIKE, 20, 20)) == [SPIKE, STEP]


drawn = st.builds(
    finding,
    st.sampled_from(list(NUMBERS)),
    st.floats(0, 100),
    st.floats(100, 400),
    st.sampled_from(["up", "down"]),
    change=st.floats(0, 10),
)


@given(st.lists(drawn, max_size=12, unique_by=lambda f: f.start), st.randoms())
def test_something_always_remains_in_any_order(found: list[Finding], rng: random.Random) -> None:
    """No two findings explain each other away."""
    kept = merged(found, settings=SETTINGS)
    assert bool(kept) == bool(found)
    assert len(kept) <= len(found)
    shuffled = sorted(found, key=lambda _: rng.random())
    assert merged(shuffled, settings=SETTINGS) == kept
