"""A scene as the history would hold it: windows of readings and events, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np

from ingest.plant import SignalSpec
from ingest.vocabulary import Event, Series, Window
from prompting.evaluation.course import Floats, Ints
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.nuisances import Clock
from prompting.evaluation.scene import Scene


@dataclass(frozen=True, slots=True)
class Shift:
    """Eight hours of a machine, what came before, and what is wrong in them."""

    seed: int
    quiet: bool
    before: Window
    """The day before, without fault: what is normal."""
    window: Window
    week: tuple[Event, ...]
    """Events of the seven days before the shift, those of `before` among them."""
    specs: Mapping[str, SignalSpec]
    faults: tuple[Fault, ...]
    """First onset first."""
    clock: tuple[float, float] | None
    """When the source's clock was wrong."""
    injected: str
    """An order to the model among the notes; empty if there is none."""


def recorded(scene: Scene, clock: Clock, *, seed: int, quiet: bool, injected: str) -> Shift:
    """The day before and the shift, as that clock dated them."""
    faults = [clock.fault(fault) for fault in scene.faults]
    events = sorted((clock.event(e) for e in scene.events), key=lambda e: e.source_time)
    numbered = tuple(replace(e, row=row) for row, e in enumerate(events, start=1))
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (scene.start, scene.end))
    rng = np.random.default_rng([seed, quiet, 3])
    return Shift(
        seed=seed,
        quiet=quiet,
        before=_window(scene, start - timedelta(days=1), start, numbered, None, rng),
        window=_window(scene, start, end, numbered, clock, rng),
        week=tuple(e for e in numbered if e.source_time < start),
        specs=scene.specs,
        faults=tuple(sorted(faults, key=lambda fault: fault.onset)),
        clock=(clock.first, clock.last + clock.jump_s) if clock.jump_s else None,
        injected=injected,
    )


def _window(
    scene: Scene,
    start: datetime,
    end: datetime,
    events: tuple[Event, ...],
    clock: Clock | None,
    rng: np.random.Generator,
) -> Window:
    series = {"state": _state(scene, start.timestamp(), end.timestamp(), clock)}
    for number, (name, trace) in enumerate(scene.traces.items(), start=1):
        here = trace.inside(start.timestamp(), end.timestamp()) & ~trace.silent
        times, values = trace.times[here], trace.told()[here]
        rows = np.flatnonzero(here) * (len(scene.traces) + 1) + number
        if clock is not None:
            order = clock.delivered(times, rng)
            times, values, rows = clock.shown(times)[order], values[order], rows[order]
        series[name] = _series(name, trace.design.unit, times, values, rows)
    own = tuple(e for e in events if start <= e.source_time < end)
    return Window(scene.machine, start, end, series, own)


def _state(scene: Scene, first: float, last: float, clock: Clock | None) -> Series:
    """Every two seconds, unless the whole machine is silent; dated as its readings are."""
    times = np.arange(first, last, 2.0)
    for fault in scene.faults:
        if fault.kind is FaultKind.GAP:
            times = times[(times < fault.onset) | (times >= fault.end)]
    states = scene.course.states[scene.course.at(times)].astype(np.float64)
    shown = times if clock is None else clock.shown(times)
    return _series("state", "", shown, states, np.arange(1, len(times) + 1))


def _series(name: str, unit: str, times: Floats, values: Floats, rows: Ints) -> Series:
    """Arrays as they are: a sequence in all that evidence asks of one."""
    return Series(name, unit, *(cast("Any", column) for column in (times, values, rows)))
