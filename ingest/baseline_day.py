"""The usual course of a day, learnt over several: how far a level is off at each time of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.evidence_samples import Floats, Ints

DAY_S = 86_400.0
BINS = 48
FEWEST_DAYS = 2
COVERED = 0.75
"""Share of the bins of a day that must have been seen on two days."""
WORTH = 0.7
"""What is left without the usual day must be this small beside what was there before."""


@dataclass(frozen=True, slots=True)
class DayCourse:
    """Distance from the level at the middle of each part of a day, in UTC."""

    offsets: tuple[float, ...]

    def at(self, times: Floats) -> Floats:
        """Distance from the level at those instants."""
        middles = (np.arange(BINS) + 0.5) * (DAY_S / BINS)
        return np.interp(times % DAY_S, middles, self.offsets, period=DAY_S)


def usual_day(times: Floats, away: Floats) -> tuple[DayCourse | None, Floats]:
    """The usual day, and what is left of the values when each day is held against the others.

    Args:
        times: Seconds since the Unix epoch.
        away: Distance from the level.

    Returns:
        No day, and the values as they are, where fewer than two days were seen or where the days
        are not alike.
    """
    days, inverse = np.unique(np.floor(times / DAY_S).astype(np.int64), return_inverse=True)
    bins = np.floor(times % DAY_S * (BINS / DAY_S)).astype(np.int64).clip(0, BINS - 1)
    if len(days) < FEWEST_DAYS or times[-1] - times[0] < FEWEST_DAYS * DAY_S:
        return None, away
    table = _medians(inverse, bins, away, len(days))
    if np.mean(np.sum(np.isfinite(table), axis=0) >= FEWEST_DAYS) < COVERED:
        return None, away
    left = away.copy()
    for day in range(len(days)):
        own = inverse == day
        left[own] -= DayCourse(_typical(np.delete(table, day, axis=0))).at(times[own])
    if _extent(left) > WORTH * _extent(away):
        return None, away
    return DayCourse(_typical(table)), left


def _medians(day: Ints, bins: Ints, away: Floats, days: int) -> Floats:
    """Median of each part of each day; NaN where nothing was seen."""
    table = np.full((days, BINS), np.nan)
    key = day * BINS + bins
    order = np.argsort(key, kind="stable")
    edges = np.concatenate(([0], np.flatnonzero(np.diff(key[order])) + 1))
    for part in np.split(order, edges[1:]):
        table[day[part[0]], bins[part[0]]] = np.median(away[part])
    return table


def _typical(table: Floats) -> tuple[float, ...]:
    """Median over days of each part; parts never seen between their neighbours."""
    seen = np.flatnonzero(np.isfinite(table).any(axis=0))
    medians = np.nanmedian(table[:, seen], axis=0)
    return tuple(np.interp(np.arange(BINS), seen, medians, period=BINS).tolist())


def _extent(away: Floats) -> float:
    low, high = np.quantile(away, [0.05, 0.95])
    return float(high - low)
