"""A collector polls what it holds by lease, and nothing when it cannot be sure of that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ingest import crew
from ingest.crew import CrewMember, Said
from ingest.errors import StoreFault
from ingest.plant import Machine, ModbusUnit, signals_by_id
from ingest.roster import Attendance, Share
from ingest.roster_sqlite import SqliteRoster, roster_path


def machine(name: str, host: str = "") -> Machine:
    unit = ModbusUnit(f"tcp://{host or name}:502", 1, 1.0, ())
    return Machine(name, "line-1", "press", signals_by_id([]), unit)


FLOOR = [machine("a"), machine("b"), machine("c"), machine("d")]


class Wire:
    """Notes which machines are polled."""

    def __init__(self) -> None:
        self.polled: list[str] = []

    def assign(self, machines: Sequence[Machine]) -> None:
        self.polled = sorted(machine.id for machine in machines)


class Trouble(SqliteRoster):
    """A roster that can be away."""

    away = False

    def attend(self, attendance: Attendance, term_s: float) -> Share:
        if self.away:
            raise StoreFault("the server is away")
        return super().attend(attendance, term_s)


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Trouble]:
    """A roster that works until told otherwise."""
    with Trouble(roster_path(tmp_path)) as opened:
        yield opened


def member(
    roster: SqliteRoster,
    name: str,
    machines: Sequence[Machine] = FLOOR,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[CrewMember, Wire]:
    wire = Wire()
    made = CrewMember(roster, name, term_s=30.0, assign=wire.assign, clock=clock)
    made.want(machines)
    return made, wire


def test_nothing_is_polled_before_it_is_ours(roster: Trouble) -> None:
    """The first turn brings the lanes."""
    one, wire = member(roster, "one")
    assert wire.polled == []
    one.turn()
    assert wire.polled == ["a", "b", "c", "d"]
    assert one.lanes == 4


def test_two_share_and_the_last_one_gets_all_again(roster: Trouble) -> None:
    """Every machine is polled by one of the two after each turn."""
    (one, first), (two, second) = member(roster, "one"), member(roster, "two")
    one.turn()
    for _ in range(2):
        two.turn()
        assert not set(first.polled) & set(second.polled)
        one.turn()
        assert not set(first.polled) & set(second.polled)
    two.turn()
    assert sorted(first.polled + second.polled) == ["a", "b", "c", "d"]
    assert len(first.polled) == len(second.polled) == 2
    one.stop()
    assert first.polled == []
    two.turn()
    assert second.polled == ["a", "b", "c", "d"]


def test_units_of_one_connection_go_together(roster: Trouble) -> None:
    """A gateway with one connection to give is asked by one collector."""
    floor = [machine(name, host="gateway") for name in "ab"] + [machine("d")]
    unit = ModbusUnit("tcp://gateway", 2, 1.0, ())  # the same address in other words
    floor.append(Machine("c", "line-1", "press", signals_by_id([]), unit))
    (one, first), (two, second) = member(roster, "one", floor), member(roster, "two", floor)
    for _ in range(3):
        one.turn()
        two.turn()
    assert sorted([first.polled, second.polled]) == [["a", "b", "c"], ["d"]]


def test_a_serial_line_is_polled_only_where_it_is_plugged_in(
    roster: Trouble, tmp_path: Path
) -> None:
    """The others do not even ask for it."""
    (tmp_path / "ttyUSB0").touch()
    lines = [
        Machine(name, "l", "k", signals_by_id([]), ModbusUnit(f"rtu://{device}", 1, 1.0, ()))
        for name, device in (("here", tmp_path / "ttyUSB0"), ("there", tmp_path / "ttyUSB1"))
    ]
    one, wire = member(roster, "one", lines)
    one.turn()
    assert wire.polled == ["here"]


def test_leases_that_cannot_be_renewed_lapse_before_anybody_else_may_begin(
    roster: Trouble,
) -> None:
    """The clock that counts is our own, from before we asked."""
    now = [1000.0]
    one, wire = member(roster, "one", clock=lambda: now[0])
    one.turn()
    now[0] += 20
    one.lapse()
    assert len(wire.polled) == 4
    now[0] += 9
    one.lapse()
    assert wire.polled == []
    one.turn()
    assert len(wire.polled) == 4


def test_an_answer_that_came_too_late_is_worth_nothing(roster: Trouble) -> None:
    """The store may have given the lanes away meanwhile."""
    ticks = iter([1000.0, 1029.0])
    one, wire = member(roster, "one", clock=lambda: next(ticks))
    one.turn()
    assert wire.polled == []


def test_a_changed_plant_is_shared_anew(roster: Trouble) -> None:
    """Machines that are gone rest at once, new ones begin with the next turn."""
    one, wire = member(roster, "one")
    one.turn()
    one.want([machine("a"), machine("e")])
    assert wire.polled == ["a"]
    one.turn()
    assert wire.polled == ["a", "e"]


def test_a_roster_that_is_away_ends_nothing(
    roster: Trouble, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, and its return once; the thread goes on asking."""
    monkeypatch.setattr(crew, "TURN_S", 0.01)
    turns = threading.Semaphore(0)
    wire = Wire()

    def say() -> Said:
        turns.release()
        return Said({"turns": 1.0})

    one = CrewMember(roster, "one", term_s=30.0, assign=wire.assign, say=say)
    one.want(FLOOR)
    roster.away = True
    one.start()
    try:
        for _ in range(5):
            assert turns.acquire(timeout=30)
        roster.away = False
        for _ in range(3):
            assert turns.acquire(timeout=30)
        assert wire.polled == ["a", "b", "c", "d"]
    finally:
        one.stop()
    assert caplog.text.count("the roster cannot be used") == 1
    assert caplog.text.count("the roster is used again") == 1
    assert roster.pulses() == []
