"""The truth file states every fault completely."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from simulators.clock import VirtualClock, stamp
from simulators.floor import Floor
from simulators.scenario import Scenario, load_scenario
from simulators.script import Script
from simulators.truth import truth_of, write_truth

Play = Callable[[Scenario, int], tuple[Floor, tuple[Script, ...], float]]


def test_the_truth_of_a_run_is_complete(play: Play, tmp_path: Path) -> None:
    """Machine, kind, span, signals, codes, defect and procedure of all eight faults."""
    floor, _, end_s = play(load_scenario("demo"), 2)
    clock = VirtualClock(10.0)
    truth = truth_of(
        floor.told_faults,
        clock,
        scenario="demo",
        seed=2,
        ended_s=end_s,
        completed=True,
        records=12,
        messages=4,
    )
    write_truth(tmp_path / "truth.json", truth)
    read = json.loads((tmp_path / "truth.json").read_text())
    assert (read["scenario"], read["seed"], read["published"], read["messages"]) == (
        "demo",
        2,
        12,
        4,
    )
    assert len(read["faults"]) == 8
    for fault in read["faults"]:
        assert fault["machine"]
        assert fault["signals"]
        assert fault["codes"]
        assert set(fault["procedure"]) == {"document", "page"}
        lasted = datetime.fromisoformat(fault["ended_at"]) - datetime.fromisoformat(
            fault["started_at"]
        )
        assert 35 <= lasted.total_seconds() <= 36.6
    assert [f["started_at"] for f in read["faults"]] == sorted(
        f["started_at"] for f in read["faults"]
    )
    without_product = {f["kind"] for f in read["faults"] if f["defect"] is None}
    assert without_product <= {"separator_clogged", "thermostat_stuck", "air_leak"}


def test_a_run_cut_short_tells_only_what_had_started(play: Play) -> None:
    """A fault that never began is no part of the truth."""
    floor, _, _ = play(load_scenario("demo"), 2)
    truth = truth_of(
        floor.told_faults,
        VirtualClock(10.0),
        scenario="demo",
        seed=2,
        ended_s=320.0,
        completed=False,
        records=0,
        messages=0,
    )
    assert [f["ended_at"] for f in truth["faults"]] == [truth["ended_at"]] * len(truth["faults"])
    assert 1 <= len(truth["faults"]) < 8


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    """The wire's time format."""
    assert stamp(datetime(2026, 11, 22, 10, 0, 0, 123_000, UTC)) == "2026-11-22T10:00:00.123Z"


def test_the_virtual_clock_divides_by_its_speed() -> None:
    """Ten virtual seconds at speed 10 are one second on the wall."""
    clock = VirtualClock(10.0)
    assert (clock.wall_time(10.0) - clock.started_at).total_seconds() == 1.0
