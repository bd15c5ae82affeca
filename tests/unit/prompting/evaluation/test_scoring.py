"""The scorer counts hand-made cases rightly, and each broken one wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.plant import SignalSpec
from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity, Window
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.scoring import false_alarms, find
from prompting.evaluation.shifts import Shift

START = datetime(2026, 3, 4, 5, tzinfo=UTC)
HOUR = 3600.0
STEP = Fault(
    FaultKind.STEP,
    START.timestamp() + HOUR,
    START.timestamp() + 2 * HOUR,
    signals=("oil_temperature", "pump_current"),
    numbers={"change": 8.0},
)
TRIP = Fault(
    FaultKind.TRIP,
    START.timestamp() + 4 * HOUR,
    START.timestamp() + 4.2 * HOUR,
    codes=("E1", "E2", "E3"),
    recovered=START.timestamp() + 4.5 * HOUR,
    everywhere=True,
)


def shift(*faults: Fault, clock: tuple[float, float] | None = None) -> Shift:
    """Eight hours with those faults."""
    window = Window("press-3", START, START + timedelta(hours=8), {})
    specs = {"oil_temperature": SignalSpec("oil_temperature")}
    return Shift(1, not faults, window, window, (), specs, faults, clock, "")


def item(
    kind: EvidenceKind,
    hours: float = 1.0,
    *,
    identity: str = "E0001",
    signals: tuple[str, ...] = ("oil_temperature",),
    codes: tuple[str, ...] = (),
    numbers: Mapping[str, float] | None = None,
) -> Evidence:
    """Half an hour of evidence."""
    start = START + timedelta(hours=hours)
    return Evidence(
        identity,
        kind,
        "press-3",
        signals,
        start,
        start + timedelta(minutes=30),
        Severity.WARNING,
        "",
        {role: Quantity(value) for role, value in (numbers or {}).items()},
        (),
        codes=codes,
    )


def test_a_fault_that_is_told_rightly_is_found_named_timed_and_measured() -> None:
    """Also how far the onset and the magnitude are off."""
    told = item(EvidenceKind.STEP, 1.01, numbers={"change": 10.0})
    (found,) = find(shift(STEP), [told], {"E0001"}, 10)
    assert (found.listed, found.cited, found.kind_right) == (True, True, True)
    assert found.late_s == pytest.approx(36.0)
    assert found.magnitude_error == pytest.approx(0.25)


def test_what_is_not_cited_or_not_among_the_most_urgent_is_told_apart() -> None:
    """Listed and cited are two questions."""
    others = [
        item(EvidenceKind.SPIKE, 6, identity=f"E00{n}", signals=("x",)) for n in range(10, 20)
    ]
    told = item(EvidenceKind.STEP)
    (found,) = find(shift(STEP), [told, *others], set(), 10)
    assert (found.listed, found.cited) == (True, False)
    (found,) = find(shift(STEP), [*others, told], {"E0001"}, 10)
    assert (found.listed, found.cited) == (False, True)


@pytest.mark.parametrize(
    "told",
    [
        item(EvidenceKind.STEP, signals=("bed_vibration",)),
        item(EvidenceKind.STEP, 3.0),
        item(EvidenceKind.STEP, 0.2),
    ],
    ids=["another signal", "too late", "too early"],
)
def test_what_speaks_of_another_signal_or_time_finds_nothing_and_is_a_false_alarm(
    told: Evidence,
) -> None:
    """An item counts for a fault or against the product, never for both or neither."""
    case = shift(STEP)
    (found,) = find(case, [told], {"E0001"}, 10)
    assert (found.listed, found.cited) == (False, False)
    assert len(list(false_alarms(case, [told]))) == 1


def test_a_wrong_kind_is_found_and_wrong() -> None:
    """A violation is right only where a limit was crossed."""
    told = item(EvidenceKind.LIMIT_VIOLATION)
    (found,) = find(shift(STEP), [told], set(), 10)
    assert (found.listed, found.kind_right, found.told_as) == (True, False, "limit_violation")
    (found,) = find(shift(replace(STEP, beyond_limit=True)), [told], set(), 10)
    assert found.kind_right


def test_the_most_urgent_item_of_the_leading_signal_names_the_kind() -> None:
    """Neither a plain alarm nor a signal that only moved with it does."""
    drift = item(EvidenceKind.DRIFT, signals=("pump_current",))
    (found,) = find(shift(STEP), [drift, item(EvidenceKind.STEP, identity="E0002")], set(), 10)
    assert found.kind_right
    worse = [item(EvidenceKind.DRIFT), item(EvidenceKind.STEP, identity="E0002")]
    (found,) = find(shift(STEP), worse, set(), 10)
    assert not found.kind_right


def test_a_fault_in_several_parts_is_dated_by_its_first() -> None:
    """Pauses of the machine cut a long step; the part that still lasts is the most urgent."""
    parts = [item(EvidenceKind.STEP, 1.8, identity="E0002"), item(EvidenceKind.STEP, 1.0)]
    (found,) = find(shift(STEP), parts, set(), 10)
    assert found.late_s == 0
    (found,) = find(shift(STEP), parts[:1], set(), 10)
    assert found.late_s == pytest.approx(0.8 * HOUR)


def test_a_chain_of_trips_needs_its_own_first_alarm_in_front() -> None:
    """Another code first is another cause."""
    for codes, right in ((("E1", "E2"), True), (("E2", "E1"), False)):
        told = item(EvidenceKind.FIRST_OUT, 4.0, signals=(), codes=codes)
        (found,) = find(shift(TRIP), [told], set(), 10)
        assert found.kind_right is right


def test_consequences_of_a_trip_and_repeated_words_are_no_false_alarms() -> None:
    """A cold machine is cold; a message came in; after that, nothing is excused."""
    during = item(EvidenceKind.STEP, 4.3)
    alarm = item(EvidenceKind.ALARM, 7.0, signals=(), codes=("E9",))
    after = item(EvidenceKind.STEP, 7.0)
    assert list(false_alarms(shift(TRIP), [during, alarm])) == []
    assert [f.kind for f in false_alarms(shift(TRIP), [after])] == ["step"]
    (missed,) = find(shift(TRIP), [during], set(), 10)
    assert not missed.listed


def test_a_hole_of_a_clock_that_jumped_is_no_false_alarm_and_a_step_is() -> None:
    """Only silence is excused by a clock."""
    set_forward = (START.timestamp() + HOUR, START.timestamp() + 2 * HOUR)
    case = shift(clock=set_forward)
    assert list(false_alarms(case, [item(EvidenceKind.GAP)])) == []
    assert len(list(false_alarms(case, [item(EvidenceKind.STEP)]))) == 1
    assert len(list(false_alarms(shift(), [item(EvidenceKind.GAP)]))) == 1


def test_an_onset_that_is_a_stretch_is_missed_by_nothing_within_it() -> None:
    """A violation may be told from the rise or from the crossing on."""
    fault = replace(STEP, onset_latest=STEP.onset + 100)
    assert fault.late(STEP.onset + 90) == 0
    assert fault.late(STEP.onset + 130) == 30
    assert fault.late(STEP.onset - 40) == -40
