"""Alarms are raised at the limit, commented on, and cleared when the fault is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

from ingest.vocabulary import EventState, Severity
from simulators.dialects import load_dialects
from simulators.faults import Fault, FaultKind
from simulators.floor import Floor
from simulators.herald import Announcement
from simulators.scenario import Scenario, load_scenario
from simulators.script import Script

Play = Callable[[Scenario, int], tuple[Floor, tuple[Script, ...], float]]
SEEDS = range(31, 37)


def told(
    play: Play, seed: int, scenario: str = "demo"
) -> tuple[Floor, dict[str, list[Announcement]]]:
    """A whole run, and what was said at each machine."""
    floor, _, end_s = play(load_scenario(scenario), seed)
    said: dict[str, list[Announcement]] = defaultdict(list)
    while floor.next_s < end_s:
        for look in floor.step():
            said[look.machine.id] += look.announcements
    return floor, said


def about(fault: Fault, said: dict[str, list[Announcement]]) -> list[Announcement]:
    lines = said[fault.machine]
    return [line for line in lines if fault.start_s <= line.at_s < fault.end_s + 40]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_fault_is_raised_by_half_time_and_cleared_after_its_end(
    play: Play, seed: int
) -> None:
    """What is raised is cleared, with the codes of the truth and the catalogue's urgency."""
    floor, said = told(play, seed)
    assert len(floor.told_faults) == 8
    for fault, codes in floor.told_faults:
        lines = about(fault, said)
        raised = [line for line in lines if line.state is EventState.RAISED]
        cleared = [line for line in lines if line.state is EventState.CLEARED]
        assert raised[0].at_s <= (fault.start_s + fault.end_s) / 2
        assert {line.code for line in raised} == {line.code for line in cleared} == set(codes)
        assert {line.severity for line in raised} == {fault.kind.severity}
        if fault.kind.shape != "chatter":
            assert min(line.at_s for line in cleared) >= fault.end_s
        last = {line.code: line.state for line in lines if line.code}
        assert set(last.values()) == {EventState.CLEARED}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_chattering_fault_is_raised_and_cleared_at_least_four_times(
    play: Play, seed: int
) -> None:
    """Raised, cleared, raised, cleared: never raised twice in a row."""
    floor, said = told(play, seed)
    for fault, _ in floor.told_faults:
        states = [line.state.value for line in about(fault, said) if line.code]
        if fault.kind.shape == "chatter":
            assert len(states) >= 8
            assert states == ["raised", "cleared"] * (len(states) // 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_fault_has_three_wordings_and_notes_without_a_code(play: Play, seed: int) -> None:
    """Enough is said of each fault to classify it, by the controller and by operators."""
    floor, said = told(play, seed)
    for fault, _ in floor.told_faults:
        lines = [line for line in about(fault, said) if line.state is not EventState.CLEARED]
        assert all(fault.kind.kind in line.text for line in lines)
        assert len({line.text[:5] for line in lines}) >= 3
        notes = [line for line in lines if line.state is EventState.NOTE]
        assert len(notes) == 2
        assert {(note.code, note.severity) for note in notes} == {("", Severity.INFO)}


@pytest.mark.parametrize("seed", SEEDS)
def test_free_text_faults_raise_codes_that_no_manual_knows(
    play: Play, seed: int, catalogue: tuple[FaultKind, ...]
) -> None:
    """Documented faults raise their code, the others vendor codes that start with X."""
    documented = {row.code for row in catalogue if row.code}
    floor, _ = told(play, seed)
    for fault, codes in floor.told_faults:
        if fault.kind.code:
            assert codes == (fault.kind.code,)
        else:
            assert all(code.startswith("X") for code in codes)
            assert not documented & set(codes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quiet_shift_says_only_harmless_things(play: Play, seed: int) -> None:
    """Notes and infos of the label no_fault, nothing of severity warning or above."""
    _, said = told(play, seed, "quiet")
    lines = [line for machine in said.values() for line in machine]
    assert len(lines) >= 30
    assert {line.severity for line in lines} == {Severity.INFO}
    assert all("no_fault" in line.text for line in lines)


def test_the_shipped_floor_dialects_word_every_fault(catalogue: tuple[FaultKind, ...]) -> None:
    """A run never lacks words: three events, a clearance and two notes for every kind."""
    shipped = load_dialects(split="floor")
    assert shipped
    for dialect in shipped:
        for row in catalogue:
            wordings = dialect.templates[row.kind]
            assert len(wordings.events) >= 3
            assert wordings.cleared
            assert len(wordings.notes) >= 2
        assert dialect.templates["no_fault"].notes
