"""A generator of shifts: eight hours of a machine with known faults, and the normal day before.

Deterministic by seed. A machine has 5 to 50 signals that are told every 1 to 10 seconds, states
after PackML with pauses and changeovers, products of different load, a daily cycle, signals that
move together, noise that remembers, alarms and small talk. A quiet shift has all of that and no
fault. What a fault must at least be is said in `Usual.clear` and beside each fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from ingest.plant import SignalSpec
from prompting.evaluation import alarm_faults, silence_faults, value_faults
from prompting.evaluation.course import Course, Flags, plan_course
from prompting.evaluation.events import Message, message_table, routine
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.nuisances import draw_clock, leave_notes
from prompting.evaluation.recording import Shift, recorded
from prompting.evaluation.scene import SETTLED_S, Scene, Trace
from prompting.evaluation.signals import (
    ANALOG,
    Design,
    clean_values,
    design_signals,
    instants,
    wander,
)
from prompting.evaluation.usual import Usual, usual

SHIFT_S, DAY_S = 8 * 3600.0, 86_400.0
FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
MACHINES = ("press-3", "mill-2", "saw-1", "imm-7", "packer-4", "compressor-5", "lathe-12")
SIZES, SHARES = (5, 8, 12, 16, 20, 30, 50), (0.2, 0.2, 0.2, 0.15, 0.1, 0.08, 0.07)
COMMON = 0.015
"""Spread of what all signals of a machine feel together."""
ATTEMPTS = 12
INJECTED_SHARE = 0.2
STRUCTURE, FAULTS, NOISE = 0, 1, 2

__all__ = ["Shift", "generate"]

Planter = Callable[[Scene, np.random.Generator], Fault | None]


def generate(
    seed: int,
    *,
    quiet: bool = False,
    noise: int = 0,
    kinds: Sequence[FaultKind] | None = None,
    signals: int | None = None,
) -> Shift:
    """The shift of that seed.

    Args:
        seed: Decides machine, course and faults.
        quiet: Without faults; the seeds of quiet shifts are a stream of their own.
        noise: Another number gives the same shift with other noise.
        kinds: These faults instead of drawn ones, as far as the shift has room for them.
        signals: So many instead of a drawn number.
    """
    rng = np.random.default_rng([seed, quiet, STRUCTURE])
    drawn = int(rng.choice(SIZES, p=SHARES))
    designs = design_signals(rng, signals or drawn)
    start = FIRST_DAY.timestamp() + (seed % 200) * DAY_S + float(rng.choice([5, 13, 21])) * 3600
    alarms, talk = message_table(rng)
    scene = Scene(
        machine=str(rng.choice(MACHINES)),
        start=start,
        end=start + SHIFT_S,
        course=plan_course(rng, start - DAY_S, DAY_S + SHIFT_S),
        traces={},
        usual={},
        specs={},
    )
    scene.events += routine(rng, scene.machine, talk, alarms[:2], scene.end)
    clock = draw_clock(rng, scene.start, scene.end, quiet=quiet)
    injected = leave_notes(scene, rng, injected=bool(rng.random() < INJECTED_SHARE))
    if kinds is None:
        kinds = () if quiet else _kinds(rng)
    _plant_trip(scene, kinds, alarms[2:], seed)
    _fill(scene, designs, [seed, quiet, NOISE, noise])
    _declare(scene, rng)
    _plant(scene, kinds, alarms[2:], seed)
    return recorded(scene, clock, seed=seed, quiet=quiet, injected=injected)


def _kinds(rng: np.random.Generator) -> list[FaultKind]:
    kinds = list(FaultKind)
    return [kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(1, 5))]]


def _plant_trip(scene: Scene, kinds: Sequence[FaultKind], table: list[Message], seed: int) -> None:
    """A trip changes what the machine does, so it comes before the signals."""
    if FaultKind.TRIP in kinds:
        _try(scene, partial(alarm_faults.trip, table=table), seed, FaultKind.TRIP)


def _plant(scene: Scene, kinds: Sequence[FaultKind], table: list[Message], seed: int) -> None:
    planters: dict[FaultKind, Planter] = {
        FaultKind.GAP: silence_faults.gap,
        FaultKind.STANDING: partial(alarm_faults.standing, table=table),
        FaultKind.FLOOD: partial(alarm_faults.flood, table=table),
        FaultKind.CHATTER: partial(alarm_faults.chatter, table=table),
        FaultKind.LIMIT: value_faults.limit,
        FaultKind.STUCK: value_faults.stuck,
        FaultKind.OSCILLATION: value_faults.oscillation,
        FaultKind.UNIT: value_faults.mixed_units,
        FaultKind.DRIFT: value_faults.drift,
        FaultKind.STEP: value_faults.step,
        FaultKind.SPIKE: value_faults.spike,
        FaultKind.NOISE: value_faults.noise,
        FaultKind.DROPOUT: silence_faults.dropout,
    }
    for kind, planter in planters.items():
        if kind in kinds:
            _try(scene, planter, seed, kind)
    if kinds and not scene.faults:
        _try(scene, planters[FaultKind.STANDING], seed, FaultKind.STANDING)


def _try(scene: Scene, planter: Planter, seed: int, kind: FaultKind) -> None:
    """Every fault draws from a stream of its own, so that one does not move the others."""
    rng = np.random.default_rng([seed, FAULTS, list(FaultKind).index(kind)])
    for _ in range(ATTEMPTS):
        fault = planter(scene, rng)
        if fault is not None:
            scene.keep(fault)
            return


def _fill(scene: Scene, designs: list[Design], streams: list[int]) -> None:
    """Every signal over the day before and the shift, and what is usual of it."""
    course = scene.course
    seconds = course.start + np.arange(len(course.states), dtype=np.float64)
    common = COMMON * wander(np.random.default_rng([*streams, 0]), seconds, memory_s=900.0)
    producing = course.producing(SETTLED_S)
    for number, design in enumerate(designs, start=1):
        rng = np.random.default_rng([*streams, number])
        times = instants(design, course, rng)
        factor, offset = design.scale
        values = clean_values(design, course, times, common, rng) * factor + offset
        trace = Trace(design, times, values, np.zeros(len(times), dtype=bool))
        scene.traces[design.name] = trace
        scene.usual[design.name] = _usual(trace, course, producing, scene.start)


def _usual(trace: Trace, course: Course, producing: Flags, start: float) -> Usual:
    before = trace.times < start
    times = trace.times[before]
    told = trace.told()[before]
    return usual(times, told, producing[course.at(times)], quantum=trace.design.quantum)


def _declare(scene: Scene, rng: np.random.Generator) -> None:
    """Limits for some signals, outside of what was ever normal."""
    for name, trace in scene.traces.items():
        known = scene.usual[name]
        spec = SignalSpec(name, trace.design.unit)
        share = rng.uniform(1.2, 3.0)
        has_high, has_low, has_top = rng.random() < 0.45, rng.random() < 0.2, rng.random() < 0.3
        if trace.design.kind in ANALOG and has_high:
            room = known.clear(1.0) * share
            high = max(known.level + room, known.highest + 0.4 * room)
            spec = replace(spec, high=_round(high))
            if has_top:
                spec = replace(spec, high_high=_round(high + room))
        room = known.clear(-1.0) * share
        low = min(known.level - room, known.lowest - 0.4 * room)
        if trace.design.kind in ANALOG and has_low and low > 0.1 * known.level:
            spec = replace(spec, low=_round(low))
        scene.specs[name] = spec


def _round(value: float) -> float:
    return float(f"{value:.3g}")
