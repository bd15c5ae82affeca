"""How familiar a row of numbers is: near to rows that were learnt, and within what was seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Floats
from finetune.near_texts import AROUND, NEAREST, blocks, without

NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution of spread one."""
STRANGE = 10.0
"""Distance of two rows that hardly share a number."""
SHARED = 0.5
"""Part of a row's numbers that another must have too, to be compared."""
BEYOND_COUNTS = 0.5
"""Of how far the most extreme number lies beyond all that was seen."""
FURTHEST = 1e150
"""Spreads; what is further away is as far."""


class NearNumbers:
    """Rows that were learnt, in robust units; a missing number is compared with nothing."""

    def __init__(self, scale: Floats, rows: Floats, spacing: Floats) -> None:
        self._scale = scale
        self._rows = rows
        self._spacing = spacing
        self._there = (~np.isnan(rows)).astype(np.float64)
        self._filled = np.nan_to_num(rows)
        seen = self._there.any(axis=0)
        self._low = np.where(seen, np.where(np.isnan(rows), np.inf, rows).min(axis=0), -np.inf)
        self._high = np.where(seen, np.where(np.isnan(rows), -np.inf, rows).max(axis=0), np.inf)

    @classmethod
    def of(cls, table: Floats) -> NearNumbers:
        """Keep them, and the mean distance of each to its nearest others."""
        scale = np.array([_middle_and_spread(column) for column in table.T]).reshape(-1, 2)
        bare = cls(scale, _scaled(table, scale), np.ones(len(table)))
        count = min(AROUND, len(table) - 1)
        if not count:
            return bare
        near = [
            _smallest(without(bare._distance(block), start, STRANGE), count).mean(axis=1)
            for start, block in blocks(bare._rows, len(table))
        ]
        spacing = np.concatenate(near)
        return cls(scale, bare._rows, np.maximum(spacing, max(0.1 * np.median(spacing), 1e-6)))

    @classmethod
    def read(cls, tensors: Mapping[str, NDArray[np.generic]]) -> NearNumbers:
        """From what `tensors` gave."""
        return cls(*(tensors[name].astype(np.float64) for name in ("scale", "rows", "spacing")))

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """To be written."""
        return {"scale": self._scale, "rows": self._rows, "spacing": self._spacing}

    def familiarity(self, table: Floats) -> Floats:
        """Minus the distance to the nearest in units of theirs, and minus how far it is beyond."""
        rows = _scaled(table, self._scale)
        return np.concatenate(
            [
                self._nearest(self._distance(block), block)
                for _, block in blocks(rows, len(self._rows))
            ]
        )

    def among_themselves(self) -> Floats:
        """The same of each row that was learnt, without itself."""
        return np.concatenate(
            [
                self._nearest(without(self._distance(block), start, STRANGE), block)
                for start, block in blocks(self._rows, len(self._rows))
            ]
        )

    def _nearest(self, distances: Floats, rows: Floats) -> Floats:
        near = np.argsort(distances, axis=1, kind="stable")[:, :NEAREST]
        units = np.take_along_axis(distances, near, axis=1) / self._spacing[near]
        beyond = np.maximum(rows - self._high, self._low - rows)
        beyond = np.maximum(np.where(np.isnan(beyond), 0.0, beyond), 0.0).max(axis=1)
        found: Floats = -(units.mean(axis=1) + BEYOND_COUNTS * beyond)
        return found

    def _distance(self, rows: Floats) -> Floats:
        """Root of the mean square over the numbers that both rows have."""
        there = (~np.isnan(rows)).astype(np.float64)
        filled = np.nan_to_num(rows)
        squares = (
            (filled**2) @ self._there.T - 2 * filled @ self._filled.T + there @ (self._filled**2).T
        )
        shared = there @ self._there.T
        found = np.sqrt(np.maximum(squares, 0.0) / np.maximum(shared, 1.0))
        strange = shared < np.maximum(SHARED * there.sum(axis=1, keepdims=True), 1.0)
        return np.where(strange, STRANGE, found)


def _scaled(table: Floats, scale: Floats) -> Floats:
    """Robust units, far values drawn together: 1e30 is far, and no sum overflows."""
    with np.errstate(over="ignore"):
        units = (table - scale[:, 0]) / scale[:, 1]
    return np.arcsinh(np.clip(units, -FURTHEST, FURTHEST))


def _middle_and_spread(column: Floats) -> tuple[float, float]:
    seen = column[~np.isnan(column)]
    if not len(seen):
        return 0.0, 1.0
    low, middle, high = np.percentile(seen, [25, 50, 75])
    robust, plain = (high - low) / NORMAL_IQR, seen.std()
    spread = robust if robust > 1e-3 * plain else plain
    return float(middle), float(spread if spread > 0 else max(abs(middle), 1.0))


def _smallest(table: Floats, count: int) -> Floats:
    return np.partition(table, count - 1, axis=1)[:, :count]
