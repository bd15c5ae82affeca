"""What a machine does over a day and a shift: PackML states, products, pauses, changeovers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.vocabulary import MachineState as State

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MINUTE = 60.0
ACTIVITY = {
    State.EXECUTE: 1.0,
    State.STARTING: 0.6,
    State.COMPLETING: 0.6,
    State.UNHOLDING: 0.6,
    State.HOLDING: 0.5,
    State.UNSUSPENDING: 0.6,
    State.SUSPENDING: 0.5,
    State.STOPPING: 0.3,
    State.HELD: 0.35,
    State.SUSPENDED: 0.3,
    State.IDLE: 0.25,
    State.COMPLETE: 0.2,
    State.RESETTING: 0.15,
    State.CLEARING: 0.05,
    State.STOPPED: 0.0,
    State.ABORTING: 0.2,
    State.ABORTED: 0.0,
}
"""How hard the machine works in a state, as a share of production."""
_BY_NUMBER = np.array([0.0] + [ACTIVITY[state] for state in State])

Leg = tuple[State, float]
"""A state and how many seconds it lasts."""


@dataclass(frozen=True, slots=True)
class Course:
    """Second by second from `start` on; both arrays are as long."""

    start: float
    """Seconds since the Unix epoch."""
    states: Ints
    """PackML numbers."""
    load: Floats
    """1 for the usual product; every product has its own."""

    @property
    def activity(self) -> Floats:
        """0 to 1, by state."""
        return np.asarray(_BY_NUMBER[self.states])

    def at(self, times: Floats) -> Ints:
        """Index of the second in which each instant lies."""
        return np.clip((times - self.start).astype(np.int64), 0, len(self.states) - 1)

    def producing(self, settled_s: float) -> Flags:
        """Seconds of production, the first `settled_s` after each start left out."""
        flags: Flags = np.asarray(self.states == State.EXECUTE.number, dtype=bool)
        starts = np.flatnonzero(np.diff(flags.astype(np.int8)) == 1) + 1
        for first in starts.tolist():
            flags[first : first + int(settled_s)] = False
        return flags

    def tripped(self, at: float, legs: list[Leg]) -> Course:
        """The same with a trip: those legs from that instant on, then on as before."""
        states = self.states.copy()
        first = int(at - self.start)
        for state, lasts in legs:
            states[first : first + int(lasts)] = state.number
            first += int(lasts)
        return Course(self.start, states, self.load)


def plan_course(rng: np.random.Generator, start: float, length_s: float) -> Course:
    """Production in stretches of 40 to 150 minutes, with pauses and changeovers between them."""
    products = 1.0 + np.concatenate(([0.0], rng.uniform(-0.1, 0.12, int(rng.integers(0, 3)))))
    states = np.empty(0, dtype=np.int64)
    load = np.empty(0)
    product = 0
    while len(states) < length_s:
        changeover = bool(rng.random() < 0.5)
        for state, lasts in [*_production(rng), *(_changeover(rng) if changeover else _pause(rng))]:
            states = np.append(states, np.full(int(lasts), state.number))
            load = np.append(load, np.full(int(lasts), products[product]))
        product = (product + changeover) % len(products)
    begin = int(rng.integers(0, 1200))
    count = int(length_s)
    states, load = np.roll(states, -begin)[:count], np.roll(load, -begin)[:count]
    return Course(start, states, load)


def _production(rng: np.random.Generator) -> Iterator[Leg]:
    yield State.STARTING, rng.uniform(20, 60)
    yield State.EXECUTE, rng.uniform(40, 150) * MINUTE


def _pause(rng: np.random.Generator) -> Iterator[Leg]:
    if rng.random() < 0.6:
        yield State.HOLDING, rng.uniform(4, 10)
        yield State.HELD, rng.uniform(2, 12) * MINUTE
        yield State.UNHOLDING, rng.uniform(4, 12)
    else:
        yield State.SUSPENDING, rng.uniform(4, 10)
        yield State.SUSPENDED, rng.uniform(2, 8) * MINUTE
        yield State.UNSUSPENDING, rng.uniform(4, 12)


def _changeover(rng: np.random.Generator) -> Iterator[Leg]:
    yield State.COMPLETING, rng.uniform(10, 30)
    yield State.COMPLETE, rng.uniform(30, 90)
    if rng.random() < 0.5:
        yield State.STOPPING, rng.uniform(10, 30)
        yield State.STOPPED, rng.uniform(8, 30) * MINUTE
    yield State.RESETTING, rng.uniform(20, 60)
    yield State.IDLE, rng.uniform(4, 15) * MINUTE


def trip_legs(rng: np.random.Generator) -> list[Leg]:
    """From the trip to the moment at which production goes on."""
    return [
        (State.ABORTING, rng.uniform(4, 12)),
        (State.ABORTED, rng.uniform(5, 20) * MINUTE),
        (State.CLEARING, rng.uniform(10, 30)),
        (State.STOPPED, rng.uniform(1, 4) * MINUTE),
        (State.RESETTING, rng.uniform(20, 40)),
        (State.IDLE, rng.uniform(0.5, 2) * MINUTE),
        (State.STARTING, rng.uniform(20, 60)),
    ]
