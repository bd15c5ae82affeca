"""Periodic movement in stretches of a signal, at several time scales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.digest import FINE, Rows
from ingest.evidence_samples import Flags, Floats, Ints

POINTS = 64
HALF = POINTS // 2
LONGEST = 3
"""Cycles that a stretch must hold at least ..."""
SHORTEST = 4
"""... and points that a cycle must."""
SCALES = (1, 5, 20, 60)
"""Points of a stretch, in parts of a block; the first is as long as the signal's own interval."""
HEARD = 0.7
"""Share of the points of a stretch that must have been heard."""
PERIODIC = 0.25
"""Share of the movement from which on a line is more than a part of noise or of a transient."""
BAND = 1
"""Lines beside the highest that belong to it: a window spreads it."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of `POINTS` points, each half overlapping the next."""

    step_s: float
    starts: Floats
    """Seconds since the Unix epoch."""
    swing: Floats
    """Amplitude around each line, a row a stretch."""
    share: Floats
    """The same as a share of all movement in the stretch."""

    def strongest(self) -> Ints:
        """Line with the largest amplitude in each stretch."""
        return np.asarray(np.argmax(self.swing, axis=1) + LONGEST)

    def usual(self) -> Floats:
        """Largest amplitude of each line where it was periodic, at least twice what is common.

        A line that is periodic in most stretches is the machine's own: it is as large as it was.
        """
        own = np.median(self.share, axis=0) >= PERIODIC
        periodic = np.where(self.share >= PERIODIC, self.swing, 0.0).max(axis=0)
        common = np.maximum(periodic, 2.0 * np.median(self.swing, axis=0))
        return np.asarray(np.where(own, periodic, common))


def lines() -> Ints:
    """Cycles in a stretch that are looked for."""
    return np.arange(LONGEST, POINTS // SHORTEST + 1)


def stretches(
    cells: Rows, fine: Floats, *, interval_s: float, part_s: float, least: float = 0.0
) -> Iterator[tuple[int, Stretches]]:
    """All stretches with enough samples, by scale.

    Args:
        cells: Of the digest.
        fine: Distance of the parts of the cells from their level; NaN where there is none.
        interval_s: Of the samples.
        part_s: Length of such a part.
        least: Stretches that cannot swing by this much are left out.
    """
    index, values = parts_of(cells, fine)
    for scale in SCALES:
        step = max(1, scale, int(np.ceil(interval_s / part_s - 0.01)) if scale == 1 else scale)
        if step * part_s < 0.99 * interval_s or not len(index):
            continue
        found = _stretches(*_binned(index // step, values), step_s=step * part_s, least=least)
        if len(found.starts):
            yield scale, found


def parts_of(cells: Rows, fine: Floats) -> tuple[Ints, Floats]:
    """Number (since the epoch) and value of each part that was heard, in order of time."""
    index = (cells["block"][:, None] * FINE + np.arange(FINE)).ravel()
    values = fine.ravel()
    heard = np.isfinite(values)
    return index[heard], values[heard]


def _binned(index: Ints, values: Floats) -> tuple[Ints, Floats]:
    edges = np.concatenate(([0], np.flatnonzero(np.diff(index)) + 1))
    counts = np.diff(np.append(edges, len(index)))
    return index[edges], np.add.reduceat(values, edges) / counts


def _stretches(index: Ints, values: Floats, *, step_s: float, least: float) -> Stretches:
    halves, row = np.unique(index // HALF, return_inverse=True)
    grid = np.full((len(halves), HALF), np.nan)
    grid[row, index % HALF] = values
    whole = np.flatnonzero(np.diff(halves) == 1)
    whole = whole[_may_swing(grid, whole, least)]
    both = np.concatenate((grid[whole], grid[whole + 1]), axis=1)
    enough = np.isfinite(both).mean(axis=1) >= HEARD
    swing, share = _swings(both[enough])
    return Stretches(step_s, halves[whole][enough] * (HALF * step_s), swing, share)


def _may_swing(grid: Floats, whole: Ints, least: float) -> Flags:
    """Whether a stretch moves enough for a swing of that amplitude, which costs less to know."""
    if least <= 0.0:
        return np.ones(len(whole), dtype=bool)
    heard = np.isfinite(grid)
    values = np.where(heard, grid, 0.0)
    count, total, square = heard.sum(axis=1), values.sum(axis=1), (values**2).sum(axis=1)
    count, total, square = (one[whole] + one[whole + 1] for one in (count, total, square))
    mean = total / np.maximum(count, 1)
    return np.asarray(
        np.sqrt(2.0 * np.maximum(square / np.maximum(count, 1) - mean**2, 0.0)) > least
    )


def _swings(points: Floats) -> tuple[Floats, Floats]:
    """Amplitude around each line, and its share of all movement, of every row."""
    window = np.hanning(POINTS)
    power = np.abs(np.fft.rfft(_straightened(points) * window, axis=1)) ** 2
    power *= 2.0 / (POINTS * float(np.sum(window**2)))
    padded = np.pad(power, ((0, 0), (BAND, BAND)))
    width = 2 * BAND + 1
    around = np.sum([padded[:, at : at + power.shape[1]] for at in range(width)], axis=0)
    own = around[:, lines()]
    total = power[:, 1:].sum(axis=1, keepdims=True)
    share = np.divide(own, total, out=np.zeros_like(own), where=total > 0.0)
    return np.sqrt(2.0 * own), share


def _straightened(points: Floats) -> Floats:
    """Without mean and slope; what was not heard lies on the line."""
    heard = np.isfinite(points)
    count = np.maximum(heard.sum(axis=1, keepdims=True), 1)
    at = np.where(heard, np.arange(POINTS, dtype=np.float64), 0.0)
    at = np.where(heard, at - at.sum(axis=1, keepdims=True) / count, 0.0)
    values = np.where(heard, points, 0.0)
    values = np.where(heard, values - values.sum(axis=1, keepdims=True) / count, 0.0)
    square = np.maximum((at**2).sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(values - at * ((at * values).sum(axis=1, keepdims=True) / square))
