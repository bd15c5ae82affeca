"""What every machine's physics is made of: bodies with inertia, actuators with limits, noise."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Protocol

NOISE_BOUND = 4.0
"""Noise is cut off at so many standard deviations, as a transmitter's filter does."""


class Process(Protocol):
    """The physics of one kind of machine."""

    noise: Mapping[str, float]
    """Standard deviation of what the transmitter adds, by signal; every signal stands here."""

    def advance(self, dt: float, load: float, effects: Mapping[str, float]) -> dict[str, float]:
        """Move on by dt virtual seconds.

        Args:
            dt: virtual seconds, small against every time constant.
            load: 0 at rest to 1 in full production.
            effects: strength of each fault kind that is at work, about 1 when full.

        Returns:
            The true value of every signal.
        """
        ...


def towards(value: float, target: float, *, dt: float, tau: float) -> float:
    """One step of a first-order lag."""
    return value + (target - value) * min(dt / tau, 1.0)


def regulated(
    value: float,
    setpoint: float,
    *,
    disturbance: float,
    actuator: tuple[float, float],
    capacity: float,
    tau: float,
    dt: float,
) -> float:
    """One step of a body that a controller holds at its set point as far as its actuator goes.

    Args:
        value: temperature in degC.
        setpoint: temperature in degC.
        disturbance: heat that flows in (positive) or out, kW.
        actuator: weakest and strongest heat that the actuator can add, kW; negative cools.
        capacity: heat capacity in kJ/K.
        tau: how fast the controller corrects, s.
        dt: virtual seconds.
    """
    wanted = capacity * (setpoint - value) / tau - disturbance
    given = min(max(wanted, actuator[0]), actuator[1])
    return value + dt * (disturbance + given) / capacity


def measured(
    values: Mapping[str, float], noise: Mapping[str, float], rng: random.Random
) -> dict[str, float]:
    """What the transmitters make of the true values."""
    return {signal: value + noise[signal] * _bounded(rng) for signal, value in values.items()}


def _bounded(rng: random.Random) -> float:
    return min(max(rng.gauss(0.0, 1.0), -NOISE_BOUND), NOISE_BOUND)
