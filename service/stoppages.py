"""When a machine was out of service, read from its PackML state signal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ingest.vocabulary import (
    Evidence,
    EvidenceKind,
    MachineState,
    Quantity,
    RowRange,
    Series,
    Severity,
    Window,
)
from service.floor import STATE

OUT: Mapping[MachineState, MachineState] = {
    MachineState.STOPPING: MachineState.STOPPED,
    MachineState.STOPPED: MachineState.STOPPED,
    MachineState.CLEARING: MachineState.STOPPED,
    MachineState.HOLDING: MachineState.HELD,
    MachineState.HELD: MachineState.HELD,
    MachineState.ABORTING: MachineState.ABORTED,
    MachineState.ABORTED: MachineState.ABORTED,
}
"""States in which a machine is out of service; the way into one is told as being in it."""
UNHEARD = 10
"""So many usual intervals after the last reading the state is no longer known."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in one such state, in seconds since the Unix epoch, with its rows."""

    state: MachineState
    start: float
    end: float
    first: int
    last: int


def stoppages(window: Window) -> list[Evidence]:
    """One item for each state that the machine was out of service in; their ids are empty."""
    series = window.series.get(STATE)
    if series is None or not len(series.times):
        return []
    stretches = list(_stretches(series, window.end.timestamp()))
    states = dict.fromkeys(stretch.state for stretch in stretches)
    return [
        _evidence(window, [stretch for stretch in stretches if stretch.state is state])
        for state in states
    ]


def _stretches(series: Series, end: float) -> Iterator[_Stretch]:
    times = np.asarray(series.times, dtype=np.float64)
    until = np.append(times[1:], _known_until(times, end))
    running: _Stretch | None = None
    for at, value, to, row in zip(times, series.values, until, series.rows, strict=True):
        state = _out(value)
        if running is not None and state is running.state:
            running = _Stretch(running.state, running.start, float(to), running.first, int(row))
            continue
        if running is not None:
            yield running
        running = _Stretch(state, float(at), float(to), int(row), int(row)) if state else None
    if running is not None:
        yield running


def _known_until(times: np.ndarray[tuple[int], np.dtype[np.float64]], end: float) -> float:
    """The end of the window, or the last reading where the machine went silent before it."""
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    last = float(times[-1])
    return end if end - last <= UNHEARD * usual else last


def _out(value: float) -> MachineState | None:
    try:
        return OUT.get(MachineState.from_number(int(value)))
    except (ValueError, OverflowError):
        return None


def _evidence(window: Window, stretches: list[_Stretch]) -> Evidence:
    first, last = stretches[0], stretches[-1]
    active = last.end >= window.end.timestamp()
    seconds = sum(stretch.end - stretch.start for stretch in stretches)
    aborted = first.state is MachineState.ABORTED
    times = f" {len(stretches)} times" * (len(stretches) > 1)
    return Evidence(
        id="",
        kind=EvidenceKind.OUT_OF_SERVICE,
        machine=window.machine,
        signals=(STATE,),
        start=datetime.fromtimestamp(first.start, UTC),
        end=datetime.fromtimestamp(last.end, UTC),
        severity=Severity.WARNING if aborted and active else Severity.INFO,
        statement=f"state {first.state.value}{times} for {seconds:.4g} s",
        numbers={
            "state": Quantity(float(first.state.number)),
            "count": Quantity(float(len(stretches))),
            "duration": Quantity(seconds, "s"),
        },
        rows=tuple(RowRange("readings", one.first, one.last) for one in stretches[-5:]),
        active=active,
    )
