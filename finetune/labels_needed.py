"""How many labels a target takes, from a learning curve, with what the curve leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.examples import Floats

DRAWS = 400
"""Curves that the measured one could as well have been."""
BEYOND = 10
"""Of the most labels that were measured: so far a curve is followed, and no further."""
LEAST_POINTS = 3
"""As many as the law that is fitted has numbers."""
LEAST_SPREAD = 0.005
"""Standard deviation of a point at least: an interval of nothing would be believed wholly."""
OF_INTERVAL = 3.92
"""Standard deviations between the ends of a 95 % interval."""
POWERS = np.geomspace(0.05, 2.0, 60)
"""Of the number of labels, with which what is missing can shrink."""
SEED = 0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What was reached with so many labels."""

    labels: int
    """In all."""
    macro_f1: float
    low: float
    """Of its 95 % interval."""
    high: float


@dataclass(frozen=True, slots=True)
class Needed:
    """Labels that a target takes, in all; rounded to two figures, more no curve can say."""

    labels: int | None
    """None: the curve does not reach it within the number below."""
    low: int | None
    high: int | None
    """Between which 95 % of the curves reach it that this one could as well have been; None: there
    the target is not reached."""
    within: int
    """So far the curve was followed."""
    fewest: int
    """Of the labels that were measured: what takes fewer cannot be told apart."""
    points: int
    """Of the curve."""
    ceiling: float | None
    """What the curve flattens at below the target; None: it does not."""

    @property
    def words(self) -> str:
        """A part of a sentence."""
        if self.labels is None:
            return f"not expected to reach it {self._why_not()}"
        if self.high is not None and self.high <= self.fewest:
            return f"{self.fewest:,} labels or fewer"
        far = f"more than {self.within:,}" if self.high is None else f"{self.high:,}"
        return f"about {self.labels:,} labels ({self.low or self.fewest:,} to {far})"

    def _why_not(self) -> str:
        if self.points < LEAST_POINTS:
            return f"by what is known: too few sizes were measured ({self.points}) to tell"
        flat = "" if self.ceiling is None else f": the curve flattens at {self.ceiling:.2f}"
        luck = "" if self.low is None else f", though {self.low:,} could do with luck"
        return f"within {self.within:,} labels{flat}{luck}"


def labels_needed(points: Sequence[CurvePoint], target: float) -> Needed:
    """The fewest labels from which on the curve holds the target.

    Between two points it is read off on a logarithmic scale. Beyond the last one a power law is
    followed: what is missing to a ceiling shrinks with a power of the number of labels. How far
    that can be trusted is told by curves drawn from the intervals of the points; as all points are
    judged on the same rows, they belong together more than that, and the range is rather too wide.
    """
    if not points:
        return Needed(None, None, None, within=0, fewest=0, points=0, ceiling=None)
    curve = _Curve(sorted(points, key=lambda point: point.labels))
    found, *drawn = curve.least(np.vstack([curve.reached, curve.drawn()]), target)
    low, high = np.quantile(drawn, (0.025, 0.975), method="nearest")
    labels, least, most = (
        _whole(one, within=curve.within) for one in (found, min(low, found), max(high, found))
    )
    ceiling = curve.laws(curve.reached[None])[0][0]
    stopped = np.isinf(found) and len(points) >= LEAST_POINTS and ceiling <= target
    return Needed(
        labels,
        least,
        most,
        within=int(curve.within),
        fewest=int(curve.sizes[0]),
        points=len(points),
        ceiling=float(ceiling) if stopped else None,
    )


class _Curve:
    """Points by growing number of labels."""

    def __init__(self, points: Sequence[CurvePoint]) -> None:
        self.sizes = np.array([float(max(point.labels, 1)) for point in points])
        self.reached = np.array([point.macro_f1 for point in points])
        widths = np.array([point.high - point.low for point in points])
        self.spreads = np.maximum(widths / OF_INTERVAL, LEAST_SPREAD)
        self.within = BEYOND * self.sizes[-1]

    def drawn(self) -> Floats:
        """What the points could as well have been, one row a curve."""
        chance = np.random.default_rng(SEED)
        found: Floats = chance.normal(self.reached, self.spreads, (DRAWS, len(self.sizes)))
        return np.clip(found, 0.0, 1.0)

    def least(self, curves: Floats, target: float) -> list[float]:
        """Labels of each curve of these heights; infinite where it does not get there."""
        laws = self.laws(curves)
        return [self._least(*both, target) for both in zip(curves, laws, strict=True)]

    def _least(self, reached: Floats, law: Floats, target: float) -> float:
        below = np.flatnonzero(reached < target)
        first = int(below[-1]) + 1 if below.size else 0
        if first == 0:
            return float(self.sizes[0])
        if first < len(self.sizes):
            both = slice(first - 1, first + 1)
            return float(np.exp(np.interp(target, reached[both], np.log(self.sizes[both]))))
        ceiling, missing, power = law
        if len(self.sizes) < LEAST_POINTS or ceiling <= target:
            return float("inf")
        times = float((missing / (ceiling - target)) ** (1.0 / power))
        return float(self.sizes[-1]) * max(times, 1.0) if times <= BEYOND else float("inf")

    def laws(self, curves: Floats) -> Floats:
        """Of each curve: its ceiling, what is missing to that at the last size, and the power.

        For a given power that is a line; of all powers the one of least squares is taken.
        """
        fitted = [self._lines(curves, power) for power in POWERS]
        best = np.argmin([errors for _, errors in fitted], axis=0)
        lines = np.array([line for line, _ in fitted])[best, np.arange(len(curves))]
        return np.column_stack([lines, POWERS[best]])

    def _lines(self, curves: Floats, power: float) -> tuple[Floats, Floats]:
        """Ceiling and what is missing of each curve, neither beyond what can be, and the errors."""
        shrunk = (self.sizes / self.sizes[-1]) ** -power
        weights = self.spreads**-2 / (self.spreads**-2).sum()
        middle, height = weights @ shrunk, curves @ weights
        spread = weights @ (shrunk - middle) ** 2
        falls = -((curves - height[:, None]) * (shrunk - middle)) @ weights
        missing = np.maximum(falls / spread, 0.0) if spread else np.zeros(len(curves))
        ceiling = np.minimum(height + missing * middle, 1.0)
        missing = np.where(ceiling < 1.0, missing, (1.0 - height) / middle)
        errors = (curves - ceiling[:, None] + np.outer(missing, shrunk)) ** 2 @ weights
        return np.column_stack([ceiling, missing]), errors


def _whole(labels: float, *, within: float) -> int | None:
    if not np.isfinite(labels):
        return None
    step = 10 ** max(len(str(int(labels))) - 2, 0)
    return int(min(np.ceil(labels / step) * step, within))
