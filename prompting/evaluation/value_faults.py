"""Faults of the values: level, course, texture and unit of a signal.

Every magnitude starts at what `Usual.clear` calls clear and is drawn from there upwards; none is
made smaller or larger for the sake of what a detector can do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingest.plant import SignalSpec
from prompting.evaluation.course import Floats
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.scene import Scene, Trace

MINUTE = 60.0
LONGEST_RISE_S = 4.0
FEWEST_BEYOND = 5
"""Samples beyond a limit that make a violation of it."""
PSI, MILLI, GPM, INCH = 14.5038, 1000.0, 0.264172, 0.0393701
CONVERSIONS = {
    "degC": (1.8, 32.0),
    "degF": (1 / 1.8, -32.0 / 1.8),
    "bar": (PSI, 0.0),
    "psi": (1 / PSI, 0.0),
    "l/min": (GPM, 0.0),
    "A": (MILLI, 0.0),
    "mm/s": (INCH, 0.0),
    "rpm": (1 / 60.0, 0.0),
}


def step(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """The level changes within seconds and stays; other signals may move with it."""
    need = 15 * MINUTE
    onset, free = scene.moment(rng, need), scene.free(rng)
    if onset is None or not free:
        return None
    end = scene.end if rng.random() < 0.5 else onset + rng.uniform(20, 150) * MINUTE
    end = min(end, scene.end)
    lead, *others = free
    followers = others[: int(rng.integers(1, 3))] if rng.random() < 0.3 else []
    everywhere = bool(rng.random() < 0.5)
    change = _step(scene, rng, lead, onset, end, everywhere=everywhere)
    for other in followers:
        _step(scene, rng, other, onset + rng.uniform(1, 20), end, everywhere=everywhere)
    return Fault(
        FaultKind.STEP,
        onset,
        end,
        signals=tuple(t.design.name for t in [lead, *followers]),
        numbers={"change": abs(change)},
        beyond_limit=any(scene.beyond_limit(t, onset, end) for t in [lead, *followers]),
    )


def _step(
    scene: Scene,
    rng: np.random.Generator,
    trace: Trace,
    onset: float,
    end: float,
    *,
    everywhere: bool,
) -> float:
    change = _change(scene, rng, trace, _times(rng, 4.0))
    rise = rng.uniform(0.5, LONGEST_RISE_S)
    shape = np.clip((trace.times - onset) / rise, 0.0, 1.0) * trace.inside(onset, end)
    trace.values += change * shape * (1.0 if everywhere else scene.activity(trace))
    return change


def drift(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """The level creeps away over 20 to 100 minutes and stays there."""
    onset, free = scene.moment(rng, 10 * MINUTE), scene.free(rng)
    if onset is None or not free:
        return None
    ramp = rng.uniform(20, 100) * MINUTE
    end = min(scene.end, onset + ramp + rng.uniform(20, 240) * MINUTE)
    if scene.production_s(onset + ramp, end) < 10 * MINUTE:
        return None
    trace = free[0]
    change = _change(scene, rng, trace, rng.uniform(1.5, 4.0))
    shape = np.clip((trace.times - onset) / ramp, 0.0, 1.0) * trace.inside(onset, end)
    trace.values += change * shape
    return _fault(FaultKind.DRIFT, scene, trace, onset, end, change=abs(change))


def spike(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """One to four excursions of one or two samples, far beyond the outliers of every day."""
    onset, free = scene.moment(rng, 6 * MINUTE), scene.free(rng)
    if onset is None or not free:
        return None
    trace = free[0]
    usual = scene.usual[trace.design.name]
    least = max(12 * usual.noise, 2.5 * usual.outlier)
    off = _change(scene, rng, trace, _times(rng, 3.0), least=least)
    moments = onset + np.cumsum([0.0, *rng.uniform(30, 90, int(rng.integers(0, 4)))])
    firsts = np.searchsorted(trace.times, moments)
    for first in firsts.tolist():
        trace.values[first : first + int(rng.integers(1, 3))] += off
    told = trace.told()
    at, last = int(firsts[0]), int(firsts[-1])
    return replace(
        _fault(FaultKind.SPIKE, scene, trace, float(trace.times[at]), float(trace.times[last]) + 1),
        numbers={"peak": float(max(told[firsts]) if off > 0 else min(told[firsts]))},
    )


def stuck(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """The value stands still, eight times longer than it ever did in production."""
    for trace in scene.free(rng):
        usual = scene.usual[trace.design.name]
        shortest = max(10 * MINUTE, 8 * usual.still_s)
        onset = scene.moment(rng, shortest) if shortest < 60 * MINUTE else None
        if onset is None:
            continue
        end = min(scene.end, onset + shortest * rng.uniform(1, 4))
        inside = np.flatnonzero(trace.inside(onset, end))
        trace.values[inside] = trace.values[inside[0]]
        moment = float(trace.times[inside[0]])
        return _fault(FaultKind.STUCK, scene, trace, moment, end, duration=end - moment)
    return None


def noise(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """The noise becomes 3.5 to 8 times as strong for 12 to 90 minutes."""
    onset, free = scene.moment(rng, 12 * MINUTE), scene.free(rng)
    if onset is None or not free:
        return None
    trace = free[0]
    end = min(scene.end, onset + rng.uniform(12, 90) * MINUTE)
    ratio = 3.5 * _times(rng, 8 / 3.5)
    extra = scene.usual[trace.design.name].noise * np.sqrt(ratio**2 - 1.0)
    inside = trace.inside(onset, end)
    trace.values += inside * extra * rng.standard_normal(len(inside)) * scene.activity(trace)
    return _fault(FaultKind.NOISE, scene, trace, onset, end, ratio=ratio)


def oscillation(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """A regular swing of at least eight periods that leaves the day's band on both sides."""
    for trace in scene.free(rng):
        usual, period = scene.usual[trace.design.name], trace.design.period_s
        length = max(30.0, 6 * period) * _times(rng, 600 / max(30.0, 6 * period))
        lasts = max(10 * MINUTE, 8 * length)
        onset = scene.moment(rng, min(lasts, 50 * MINUTE))
        swing = max(4 * usual.noise, min(usual.above, usual.below), 2 * usual.sigma) * _times(
            rng, 3.0
        )
        if onset is None or swing > 0.8 * usual.level:
            continue
        end = min(scene.end, onset + lasts * rng.uniform(1, 2.5))
        wave = np.sin(2 * np.pi * (trace.times - onset) / length)
        trace.values += swing * wave * trace.inside(onset, end) * scene.activity(trace)
        numbers = {"amplitude": swing, "period": length}
        return _fault(FaultKind.OSCILLATION, scene, trace, onset, end, **numbers)
    return None


def limit(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """An excursion beyond a declared limit: a rise of minutes, a stay, and back."""
    free = scene.free(rng)
    free.sort(key=lambda trace: scene.specs[trace.design.name].high is None)
    rise, stay, fall = rng.uniform(1, 5), rng.uniform(3, 20), rng.uniform(1, 5)
    onset = scene.moment(rng, (rise + stay) * MINUTE)
    if onset is None or not free:
        return None
    trace = free[0]
    usual, spec = scene.usual[trace.design.name], _with_high(scene, trace)
    top = spec.high or 0.0
    change = top - usual.level + (top - usual.level) * rng.uniform(0.25, 0.7)
    end = onset + (rise + stay + fall) * MINUTE
    knots = onset + np.cumsum([0.0, rise, stay, fall]) * MINUTE
    before = trace.values
    trace.values = before + change * np.interp(trace.times, knots, [0.0, 1.0, 1.0, 0.0])
    beyond = trace.inside(onset, end) & (trace.told() > top) & ~trace.silent
    if np.count_nonzero(beyond) < FEWEST_BEYOND:
        trace.values = before  # the product of that hour lies too far below the limit
        return None
    return replace(
        _fault(FaultKind.LIMIT, scene, trace, onset, end),
        onset_latest=float(trace.times[beyond][0]),
        numbers={"peak": float(trace.told()[beyond].max()), "limit": top},
    )


def _with_high(scene: Scene, trace: Trace) -> SignalSpec:
    """Its limits; with a high one declared now if there is none."""
    name = trace.design.name
    spec, usual = scene.specs[name], scene.usual[name]
    if spec.high is None:
        top = max(usual.level + 2.0 * usual.clear(1.0), usual.highest + usual.clear(1.0))
        scene.specs[name] = spec = replace(spec, high=float(f"{top:.3g}"))
    return spec


def mixed_units(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """From a sensor's exchange on the values come in another unit, under the old unit's name."""
    onset, free = scene.moment(rng, 15 * MINUTE), scene.free(rng)
    fitting = [trace for trace in free if trace.design.unit in CONVERSIONS]
    if onset is None or not fitting:
        return None
    trace = fitting[0]
    end = scene.end if rng.random() < 0.5 else onset + rng.uniform(20, 120) * MINUTE
    end = min(end, scene.end)
    factor, offset = CONVERSIONS[trace.design.unit]
    inside = trace.inside(onset, end)
    trace.values[inside] = _told_in(trace, factor, offset)[inside]
    level = scene.usual[trace.design.name].level
    change = abs(level * factor + offset - level)
    return _fault(FaultKind.UNIT, scene, trace, onset, end, change=change)


def _told_in(trace: Trace, factor: float, offset: float) -> Floats:
    return np.asarray(np.maximum(trace.values, 0.0) * factor + offset)


def _fault(
    kind: FaultKind, scene: Scene, trace: Trace, onset: float, end: float, **numbers: float
) -> Fault:
    beyond = scene.beyond_limit(trace, onset, end)
    names = (trace.design.name,)
    return Fault(kind, onset, end, signals=names, numbers=numbers, beyond_limit=beyond)


def _times(rng: np.random.Generator, most: float) -> float:
    """A factor between 1 and `most`, small ones as likely as large ones."""
    return float(np.exp(rng.uniform(0.0, np.log(max(most, 1.0)))))


def _change(
    scene: Scene, rng: np.random.Generator, trace: Trace, times: float, *, least: float = 0.0
) -> float:
    """That many times what is clear: down as often as up where the value stays above zero."""
    usual = scene.usual[trace.design.name]
    down = max(usual.clear(-1.0), least) * times
    if rng.random() < 0.5 and down < 0.9 * usual.level:
        return -down
    up = max(usual.clear(1.0), least)
    return up * times if trace.design.unit != "%" else min(up * times, max(up, 97 - usual.level))
