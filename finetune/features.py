"""The numbers of a process window: statistics of its signals and what the evidence says of them.

Names are part of the contract with stored models:

- `<signal>.<statistic>`: see `STATISTICS` (of every window) and `MORE` (of a window task), in the
  unit of the signal, over its good readings;
- `<signal>@<kind>.<count|seconds|severity>`: pieces of evidence of that kind about the signal, how
  long they last together, and the worst severity (1 info, 2 warning, 3 critical);
- `@<kind>.<...>`: the same for evidence about no signal, such as alarms;
- `@code.<code>`: pieces of evidence that name that code.

Evidence that is not there counts as 0; a statistic that is not there is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from finetune.examples import Floats
from ingest.detect import Limits
from ingest.vocabulary import Evidence, Series, Window

STATISTICS = ("mean", "std", "min", "max", "last_minus_first")
MORE = ("slope", "range", "p05", "p50", "p95", "changes", "roughness", "over_limit")
"""Slope per hour; share of readings that differ from the one before; their mean difference; share
of readings beyond a declared limit, where there is one."""
LEFT_OUT = frozenset({"state"})
"""Signals that are no process value."""
OF_EVIDENCE = "@"
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sight:
    """A process window with what is known about it."""

    window: Window
    evidence: tuple[Evidence, ...] = ()
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """By signal, as declared."""


class Windows(Protocol):
    """The history, as a window task needs it."""

    def __call__(self, machine: str, start: datetime, end: datetime) -> Sight:
        """A machine between two instants; NotKnown where there is no such machine."""
        ...


def window_features(window: Window) -> dict[str, float]:
    """`<signal>.<statistic>` over the good readings of each signal, in the signal's own unit.

    The standard deviation is the population's; a signal without readings is left out.
    """
    found: dict[str, float] = {}
    for signal, series in sorted(window.series.items()):
        if signal not in LEFT_OUT:
            found.update(_statistics(signal, _good(series)[1]))
    return found


def sight_features(sight: Sight) -> dict[str, float]:
    """All numbers of a process window; empty where no signal has a reading."""
    found = window_features(sight.window)
    if not found:
        return {}
    for signal, series in sorted(sight.window.series.items()):
        if signal not in LEFT_OUT:
            found.update(_more(signal, *_good(series), sight.limits.get(signal)))
    for piece in sight.evidence:
        _count(piece, found)
    return found


def as_row(features: Mapping[str, float], columns: Sequence[str]) -> Floats:
    """In the order of the columns; NaN for what is missing."""
    return np.array([features.get(name, absent(name)) for name in columns], dtype=np.float64)


def absent(name: str) -> float:
    """What a feature is where the window does not give it."""
    return 0.0 if OF_EVIDENCE in name else math.nan


def _good(series: Series) -> tuple[Floats, Floats]:
    """Times and values of the finite readings."""
    times = np.asarray(series.times, dtype=np.float64)
    values = np.asarray(series.values, dtype=np.float64)
    finite = np.isfinite(values)
    return times[finite], values[finite]


def _statistics(signal: str, values: Floats) -> dict[str, float]:
    if not values.size:
        return {}
    numbers = (values.mean(), values.std(), values.min(), values.max(), values[-1] - values[0])
    return {
        f"{signal}.{name}": float(number) for name, number in zip(STATISTICS, numbers, strict=True)
    }


def _more(signal: str, times: Floats, values: Floats, limits: Limits | None) -> dict[str, float]:
    if not values.size:
        return {}
    steps = np.abs(np.diff(values)) if len(values) > 1 else np.zeros(1)
    numbers = (
        _slope(times, values),
        np.ptp(values),
        *np.quantile(values, (0.05, 0.5, 0.95)),
        (steps > 0).mean(),
        steps.mean(),
    )
    found = {f"{signal}.{name}": float(one) for name, one in zip(MORE, numbers, strict=False)}
    if limits is not None and (limits.high is not None or limits.low is not None):
        over = values > (math.inf if limits.high is None else limits.high)
        under = values < (-math.inf if limits.low is None else limits.low)
        found[f"{signal}.over_limit"] = float((over | under).mean())
    return found


def _slope(times: Floats, values: Floats) -> float:
    """Of the line of least squares, per hour."""
    hours = (times - times.mean()) / HOUR_S
    spread = float((hours**2).sum())
    return float((hours * (values - values.mean())).sum() / spread) if spread else 0.0


def _count(piece: Evidence, found: dict[str, float]) -> None:
    seconds = (piece.end - piece.start).total_seconds()
    for signal in piece.signals or ("",):
        name = f"{signal}{OF_EVIDENCE}{piece.kind}"
        found[f"{name}.count"] = found.get(f"{name}.count", 0.0) + 1.0
        found[f"{name}.seconds"] = found.get(f"{name}.seconds", 0.0) + seconds
        worst = max(found.get(f"{name}.severity", 0.0), piece.severity.rank + 1.0)
        found[f"{name}.severity"] = worst
    for code in piece.codes:
        name = f"{OF_EVIDENCE}code.{code}"
        found[name] = found.get(name, 0.0) + 1.0
