"""Scenarios are read strictly and drawn so that faults stand clear of everything harmless."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from ingest.plant import Machine
from simulators.faults import FaultKind
from simulators.scenario import Scenario, WrittenFault, load_scenario
from simulators.script import AFTER_FAULT_S, BEFORE_FAULT_S, draw_scripts

Catalogue = tuple[FaultKind, ...]
Machines = tuple[Machine, ...]


@pytest.mark.parametrize("seed", range(20))
def test_the_demo_has_two_faults_a_machine(
    seed: int, machines: Machines, catalogue: Catalogue
) -> None:
    """Eight faults on four machines, two different kinds each, the first right after warm-up."""
    scripts, end_s = draw_scripts(load_scenario("demo"), machines, catalogue, seed=seed)
    starts = [fault.start_s for script in scripts for fault in script.faults]
    assert [len({fault.kind.kind for fault in s.faults}) for s in scripts] == [2, 2, 2, 2]
    assert min(starts) == 300.0
    assert 1500 < end_s < 2100


@pytest.mark.parametrize("seed", range(20))
def test_nothing_harmless_comes_near_a_fault(
    seed: int, machines: Machines, catalogue: Catalogue
) -> None:
    """No remark and no pause but the repair lies within or beside a fault."""
    scripts, _ = draw_scripts(load_scenario("demo"), machines, catalogue, seed=seed)
    for script in scripts:
        repairs = {fault.end_s + 2.0 for fault in script.faults}
        for fault in script.faults:
            for remark in script.remarks:
                before = remark.at_s <= fault.start_s - BEFORE_FAULT_S
                assert before or remark.at_s >= fault.end_s + AFTER_FAULT_S
            for pause in script.pauses:
                if pause.start_s not in repairs:
                    before = pause.end_s <= fault.start_s - BEFORE_FAULT_S
                    assert before or pause.start_s >= fault.end_s + BEFORE_FAULT_S
        spans = [(pause.start_s, pause.end_s) for pause in script.pauses]
        assert all(end < start for (_, end), (start, _) in pairwise(spans))


def test_scripts_follow_their_seed(machines: Machines, catalogue: Catalogue) -> None:
    """The same seed draws the same scripts, another seed others."""
    scenario = load_scenario("demo")

    def drawn(seed: int) -> object:
        return draw_scripts(scenario, machines, catalogue, seed=seed)

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_a_written_fault_happens_as_written(machines: Machines, catalogue: Catalogue) -> None:
    """A scenario may say what fails, when and how long."""
    fault = WrittenFault(machine="comp-1", kind="air_leak", start_s=50.0, duration_s=200.0)
    scenario = Scenario(name="one", faults=(fault,), tail_s=100.0)
    scripts, end_s = draw_scripts(scenario, machines, catalogue, seed=1)
    drawn = {script.machine: script.faults for script in scripts}["comp-1"]
    assert [(f.kind.kind, f.start_s, f.end_s) for f in drawn] == [("air_leak", 50.0, 250.0)]
    assert drawn[0].bursts
    assert end_s == 350.0


def test_a_fault_of_another_machine_kind_is_refused(
    machines: Machines, catalogue: Catalogue
) -> None:
    """A press cannot lose its coolant."""
    fault = WrittenFault(machine="press-3", kind="coolant_low", start_s=50.0)
    with pytest.raises(SettingsFault, match="press-3 cannot have coolant_low"):
        draw_scripts(Scenario(name="x", faults=(fault,)), machines, catalogue, seed=1)


def test_an_unknown_scenario_names_the_shipped_ones() -> None:
    """A slip in --scenario is answered with the list."""
    with pytest.raises(SettingsFault, match="Known: demo, quiet"):
        load_scenario("demmo")


def test_a_scenario_file_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """A misspelt key is never silently ignored."""
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\nwarmup_s = 10\n')
    with pytest.raises(SettingsFault, match="warmup_s"):
        load_scenario(str(file))
