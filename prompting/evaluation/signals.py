"""Signals of a generated machine: plausible physics by kind, with realistic noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from prompting.evaluation.course import Course, Floats

DAY_S = 86_400.0
WANDER_GRID_S = 60.0
JITTER = 0.02


@dataclass(frozen=True, slots=True)
class Physics:
    """How signals of one kind behave; shares are of the value in production."""

    unit: str
    base: tuple[float, float]
    """Value in production."""
    rest: float
    """Share of it that is left at a standstill."""
    load: float
    """Change with the product's load."""
    lag_s: tuple[float, float]
    white: tuple[float, float]
    """Noise that forgets at once."""
    slow: tuple[float, float]
    """Noise that remembers: an AR(1) process over a few samples."""
    wander: tuple[float, float]
    """Slow wander over half an hour to an hour and a half."""
    daily: tuple[float, float]
    quantum: tuple[float, ...]
    """Steps in which the value is told."""
    cycle: float = 0.0
    """Share that moves with the machine's own cycle."""
    sawtooth: float = 0.0
    """Share that fills and drains."""
    outliers: bool = True
    places: tuple[str, ...] = ()


KINDS: dict[str, Physics] = {
    "temperature": Physics(
        "degC", (38, 85), 0.55, 0.25, (300, 1500), (0.001, 0.002), (0.0005, 0.001),
        (0.002, 0.006), (0.003, 0.015), (0.1, 0.1, 0.01, 0.5), outliers=False,
        places=("oil", "motor", "bearing", "coolant", "mould", "cabinet", "gearbox", "nozzle"),
    ),
    "pressure": Physics(
        "bar", (4, 220), 0.05, 0.15, (2, 12), (0.003, 0.008), (0.002, 0.004), (0.001, 0.004),
        (0, 0), (0.1, 0.01), cycle=0.02,
        places=("system", "pilot", "coolant", "air", "clamp", "filter", "return"),
    ),
    "flow": Physics(
        "l/min", (5, 200), 0.04, 0.2, (2, 10), (0.008, 0.02), (0.004, 0.008), (0.002, 0.006),
        (0, 0.002), (0.1, 0.01), places=("coolant", "oil", "water", "dosing", "return", "rinse"),
    ),
    "vibration": Physics(
        "mm/s", (0.9, 4.0), 0.06, 0.3, (1, 4), (0.03, 0.06), (0.03, 0.06), (0.008, 0.02),
        (0, 0), (0.01,), places=("pump", "spindle", "fan", "motor", "gearbox", "bed"),
    ),
    "current": Physics(
        "A", (8, 90), 0.08, 0.5, (1, 6), (0.008, 0.02), (0.004, 0.01), (0.003, 0.008),
        (0, 0), (0.1, 0.01), cycle=0.04,
        places=("motor", "pump", "spindle", "heater", "feeder", "conveyor"),
    ),
    "speed": Physics(
        "rpm", (600, 6000), 0.0, 0.0, (1, 8), (0.001, 0.003), (0.0005, 0.001), (0.0003, 0.001),
        (0, 0), (1.0,), outliers=False, places=("spindle", "fan", "conveyor", "mixer", "pump"),
    ),
    "level": Physics(
        "%", (45, 75), 0.98, 0.0, (1, 2), (0.002, 0.004), (0.001, 0.002), (0.002, 0.006),
        (0, 0), (0.1,), sawtooth=0.15, outliers=False, places=("tank", "sump", "hopper", "silo"),
    ),
    "humidity": Physics(
        "%", (38, 58), 1.0, 0.0, (1, 2), (0.002, 0.004), (0.001, 0.002), (0.004, 0.01),
        (0.04, 0.1), (0.1, 0.5), outliers=False, places=("hall", "cabinet_air", "dryer"),
    ),
    "rate": Physics(
        "1/min", (8, 60), 0.0, 0.1, (1, 2), (0.02, 0.05), (0, 0.0), (0.003, 0.01), (0, 0), (1.0,),
        outliers=False, places=("part", "stroke", "pack"),
    ),
    "stage": Physics(
        "", (2, 3), 0.0, 0.0, (1, 2), (0, 0), (0, 0), (0, 0), (0, 0), (1.0,), outliers=False,
        places=("fan", "valve", "heater_zone"),
    ),
}  # fmt: skip
ANALOG = ("temperature", "pressure", "flow", "vibration", "current", "speed", "level")
"""Kinds in which a fault of the values can be seen."""
FAHRENHEIT, PSI = (1.8, 32.0), (14.5038, 0.0)
OTHER_UNITS = {"degC": ("degF", *FAHRENHEIT), "bar": ("psi", *PSI)}


@dataclass(frozen=True, slots=True)
class Design:
    """One signal of a machine, drawn once; everything that noise does not decide."""

    name: str
    kind: str
    unit: str
    scale: tuple[float, float]
    """Factor and offset from the unit of its kind to its own."""
    period_s: float
    phase_s: float
    base: float
    lag_s: float
    white: float
    slow: float
    wander: float
    daily: float
    quantum: float
    tooth_s: float
    """Period of filling and draining."""
    outliers_per_hour: float

    @property
    def physics(self) -> Physics:
        """Of its kind."""
        return KINDS[self.kind]


def design_signals(rng: np.random.Generator, count: int) -> list[Design]:
    """That many different signals; every machine has a temperature, a pressure and a current."""
    names = [(kind, place) for kind, physics in KINDS.items() for place in physics.places]
    order = [names[i] for i in rng.permutation(len(names))]
    first = [next(n for n in order if n[0] == k) for k in ("temperature", "pressure", "current")]
    chosen = [*first, *(n for n in order if n not in first)][:count]
    return [_design(rng, kind, place, count) for kind, place in chosen]


def _design(rng: np.random.Generator, kind: str, place: str, count: int) -> Design:
    physics = KINDS[kind]
    unit, factor, offset = physics.unit, 1.0, 0.0
    if unit in OTHER_UNITS and rng.random() < 0.12:
        unit, factor, offset = OTHER_UNITS[unit]
    periods = (2.0, 5.0, 10.0) if count >= 30 else (1.0, 2.0, 5.0, 10.0)
    return Design(
        name=f"{place}_{kind}",
        kind=kind,
        unit=unit,
        scale=(factor, offset),
        period_s=float(rng.choice(periods)),
        phase_s=float(rng.uniform(0, 1)),
        base=float(rng.uniform(*physics.base)),
        lag_s=float(rng.uniform(*physics.lag_s)),
        white=float(rng.uniform(*physics.white)),
        slow=float(rng.uniform(*physics.slow)),
        wander=float(rng.uniform(*physics.wander)),
        daily=float(rng.uniform(*physics.daily)),
        quantum=float(rng.choice(physics.quantum)),
        tooth_s=float(rng.uniform(1200, 4800)),
        outliers_per_hour=float(rng.uniform(0.5, 2.0)) if rng.random() < 0.4 else 0.0,
    )


def instants(design: Design, course: Course, rng: np.random.Generator) -> Floats:
    """When the signal is told: its period, with the jitter of a gateway."""
    count = int((len(course.states) - 2) / design.period_s)
    jitter = rng.normal(0.0, JITTER * design.period_s, count).clip(-0.3, 0.3)
    return np.asarray(course.start + design.phase_s + np.arange(count) * design.period_s + jitter)


def clean_values(
    design: Design, course: Course, times: Floats, common: Floats, rng: np.random.Generator
) -> Floats:
    """The values without fault, in the unit of the kind, before the sensor's steps.

    Args:
        design: The signal.
        course: What the machine does.
        times: When it is told.
        common: Wander of the process that every signal of the machine feels, by second.
        rng: Decides the noise and nothing else.
    """
    if design.kind == "stage":
        return _stages(course, times)
    physics, at = design.physics, course.at(times)
    response = _response(design, course, common)[at]
    values = response * (1.0 + _disturbed(design, times, rng))
    if physics.sawtooth:
        values = values + design.base * physics.sawtooth * _tooth(times, design.tooth_s)
    if physics.cycle:
        swing = np.sin(2 * np.pi * times / (7.0 + design.tooth_s / 200.0))
        values = values * (1.0 + physics.cycle * swing * course.activity[at])
    return np.asarray(values)


def _response(design: Design, course: Course, common: Floats) -> Floats:
    """What the process does, second by second, behind a first-order lag."""
    physics = design.physics
    drive = course.activity**0.7 * (1.0 + physics.load * (course.load - 1.0 + common))
    target = design.base * (physics.rest + (1.0 - physics.rest) * drive)
    share = float(np.exp(-1.0 / design.lag_s))
    filtered, _ = lfilter([1.0 - share], [1.0, -share], target, zi=[share * target[0]])
    return np.asarray(filtered)


def _disturbed(design: Design, times: Floats, rng: np.random.Generator) -> Floats:
    """Everything that noise adds, as a share of the value."""
    count = len(times)
    parts = [design.white * rng.standard_normal(count)]
    if design.slow:
        drive = rng.standard_normal(count) * design.slow * np.sqrt(1.0 - 0.8**2)
        parts.append(lfilter([1.0], [1.0, -0.8], drive))
    parts.append(design.wander * wander(rng, times))
    parts.append(design.daily * np.sin(2 * np.pi * (times / DAY_S - 0.4)))
    if design.physics.outliers and design.outliers_per_hour:
        parts.append(_outliers(design, times, rng))
    return np.asarray(np.sum(parts, axis=0))


def wander(rng: np.random.Generator, times: Floats, memory_s: float = 2700.0) -> Floats:
    """An Ornstein-Uhlenbeck process of unit spread at those instants, bounded at 2.5."""
    grid = np.arange(times[0], times[-1] + 2 * WANDER_GRID_S, WANDER_GRID_S)
    share = float(np.exp(-WANDER_GRID_S / memory_s))
    drive = rng.standard_normal(len(grid)) * np.sqrt(1.0 - share**2)
    path, _ = lfilter([1.0], [1.0, -share], drive, zi=[share * rng.standard_normal()])
    return np.asarray(np.interp(times, grid, np.clip(path, -2.5, 2.5)))


def _outliers(design: Design, times: Floats, rng: np.random.Generator) -> Floats:
    """Single samples some sigmas off, as electrical noise leaves them on a healthy machine."""
    out = np.zeros(len(times))
    hours = (times[-1] - times[0]) / 3600.0
    count = int(rng.poisson(design.outliers_per_hour * hours))
    at = rng.integers(0, len(times), count)
    out[at] = rng.choice([-1.0, 1.0], count) * rng.uniform(5.0, 8.0, count) * design.white
    return out


def _tooth(times: Floats, period_s: float) -> Floats:
    """Drains slowly, fills quickly; between -0.5 and 0.5."""
    phase = (times / period_s) % 1.0
    return np.where(phase < 0.85, 0.5 - phase / 0.85, (phase - 0.85) / 0.15 - 0.5)


def _stages(course: Course, times: Floats) -> Floats:
    """Few whole numbers: 0 at rest, 1 in idling, 2 or 3 in production by product."""
    at = course.at(times)
    activity, load = course.activity[at], course.load[at]
    high = np.where(load > 1.001, 3.0, 2.0)
    return np.where(activity > 0.5, high, np.where(activity > 0.1, 1.0, 0.0))
