"""How a machine is shown: state by name, values against limits, what is old and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.plant import Machine, SignalSpec
from ingest.vocabulary import MachineState, Quality, Reading, Series, Value, Window
from service.floor import machine_view, state_of, state_since, within_limits

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPEC = SignalSpec("oil_temp", "degC", low_low=5, low=15, high=65, high_high=75)
MACHINE = Machine("press-3", "line-1", "hydraulic-press", {"oil_temp": SPEC})
PATIENCE = timedelta(seconds=15)


def _reading(value: Value, *, ago_s: float = 1, quality: Quality = Quality.GOOD) -> Reading:
    at = NOON - timedelta(seconds=ago_s)
    return Reading("press-3", "oil_temp", value, "degC", quality, at, at, "test")


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (40, "normal"),
        (65.0, "normal"),
        (65.1, "high"),
        (75.1, "high_high"),
        (14.9, "low"),
        (4.9, "low_low"),
        (True, "normal"),
        ("open", "normal"),
        (None, "normal"),
    ],
)
def test_value_against_its_limits(value: Value, status: str) -> None:
    """The limit itself is still normal."""
    (signal,) = machine_view(MACHINE, [_reading(value)], None, now=NOON, patience=PATIENCE).signals
    assert signal.status == status


def test_old_bad_and_missing_values_say_so() -> None:
    """They are never shown as if they were of now."""

    def status(*readings: Reading, machine: Machine = MACHINE) -> tuple[str, bool]:
        view = machine_view(machine, readings, None, now=NOON, patience=PATIENCE)
        return view.signals[0].status, view.silent

    assert status(_reading(99, ago_s=16)) == ("silent", True)
    assert status(_reading(None, quality=Quality.BAD)) == ("unknown", False)
    assert status() == ("unknown", True)
    slow = replace(MACHINE, signals={"oil_temp": replace(SPEC, period_s=60)})
    assert status(_reading(40, ago_s=200), machine=slow)[0] == "normal"


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (6, MachineState.EXECUTE),
        (6.0, MachineState.EXECUTE),
        (0, None),
        (18, None),
        (True, None),
        ("6", None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_state_by_its_number(number: Value, state: MachineState | None) -> None:
    """What is no PackML number is no state."""
    assert state_of(number) is state


def _window(**values: list[float]) -> Window:
    series = {
        name: Series(name, "", [NOON.timestamp() + i for i in range(len(v))], v, list(range(9)))
        for name, v in values.items()
    }
    return Window("press-3", NOON, NOON + timedelta(seconds=9), series)


def test_since_when_the_state_holds() -> None:
    """The first reading of the newest run; unknown when it began before the window."""
    assert state_since(_window(state=[4, 6, 4, 6, 6])) == NOON + timedelta(seconds=3)
    assert state_since(_window(state=[4, 6])) == NOON + timedelta(seconds=1)
    assert state_since(_window(state=[6, 6, 6])) is None
    assert state_since(_window(state=[])) is None
    assert state_since(_window()) is None


def test_newest_value_within_limits() -> None:
    """By the newest value alone; signals that the plant does not know are left out."""
    assert within_limits(_window(oil_temp=[99, 40], other=[1]), MACHINE) == {"oil_temp"}
    assert within_limits(_window(oil_temp=[40, 99]), MACHINE) == set()
