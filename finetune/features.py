"""The numbers of a process window, as the columns of a tabular task."""

from __future__ import annotations

import numpy as np

from ingest.vocabulary import Series, Window

STATISTICS = ("mean", "std", "min", "max", "last_minus_first")
LEFT_OUT = frozenset({"state"})
"""Signals that are no process value."""


def window_features(window: Window) -> dict[str, float]:
    """`<signal>.<statistic>` over the good readings of each signal, in the signal's own unit.

    The standard deviation is the population's; a signal without readings is left out.
    """
    found: dict[str, float] = {}
    for signal, series in sorted(window.series.items()):
        if signal not in LEFT_OUT:
            found.update(_statistics(signal, series))
    return found


def _statistics(signal: str, series: Series) -> dict[str, float]:
    values = np.asarray(series.values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return {}
    numbers = (values.mean(), values.std(), values.min(), values.max(), values[-1] - values[0])
    return {
        f"{signal}.{name}": float(number) for name, number in zip(STATISTICS, numbers, strict=True)
    }
