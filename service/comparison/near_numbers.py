"""The same numbers told otherwise: in another order, or with one last digit changed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

_LEAST, _MOST = 1e-4, 1e-2
"""Of the value: what one step of a last digit may be."""


def columns_turned(numbers: Mapping[str, float], *, seed: int) -> dict[str, float]:
    """The same columns in another order."""
    names = list(numbers)
    order = np.random.default_rng(seed).permutation(len(names)).tolist()
    if order == sorted(order):
        order.reverse()
    return {names[at]: numbers[names[at]] for at in order}


def digit_changed(numbers: Mapping[str, float], *, seed: int) -> dict[str, float]:
    """One number a step of its last digit away; zeros have none.

    A step is at most a hundredth of the number, so that a flag or a count keeps its meaning, and
    at least a ten-thousandth, so that it is more than rounding.
    """
    changed = dict(numbers)
    names = [name for name, value in numbers.items() if value and math.isfinite(value)]
    if names:
        chance = np.random.default_rng(seed)
        name = names[int(chance.integers(len(names)))]
        value = float(numbers[name])
        changed[name] = value + float(chance.choice((-1.0, 1.0))) * _step(value)
    return changed


def _step(value: float) -> float:
    """What the last written digit is worth, within the limits."""
    written = f"{abs(value):.15g}"
    digits = len(written.partition(".")[2]) if "e" not in written else 0
    return min(max(10.0**-digits, abs(value) * _LEAST), abs(value) * _MOST)
