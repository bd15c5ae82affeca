"""Labelled rows of numbers that are searched: in robust units, over the numbers that two share.

Not in the engine: a number may be missing, and a distance over the numbers that two rows share is
no cosine of anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rag.voting.electorate import Candidates, Electorate, Floats, Rows
from rag.voting.parts import parts_of

DEPTH = 40
_NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution of spread one."""
_SHARED = 0.5
"""Part of a row's numbers that another must have too, to be compared."""
_FURTHEST = 1e150
"""What is further away is as far: no sum of squares overflows."""
_CELLS = 4_000_000
"""Distances that are held at once."""


class NumberMemory:
    """Rows with what is usual for each column."""

    def __init__(self, voters: Electorate, *, parts: Mapping[str, int] | None = None) -> None:
        self.voters = voters
        rows = [voter.numbers for voter in voters.voters]
        self.columns = tuple(sorted({name for row in rows for name in row}))
        table = self._table(rows)
        self._usual = np.array([_middle_and_spread(column) for column in table.T]).reshape(-1, 2)
        self._rows = self._scaled(table)
        groups = [_group(number, voter.group) for number, voter in enumerate(voters.voters)]
        self.parts = parts_of(groups, parts)
        self._part = np.array([self.parts[group] for group in groups], dtype=np.int64)
        self._near = _typical(self._rows)

    def part(self, number: int) -> int:
        """That a voter is held back with."""
        return int(self._part[number])

    def candidates(
        self, rows: Sequence[Mapping[str, float]], without: Sequence[int] | None = None
    ) -> Candidates:
        """Who may vote on each of these; the similarity is 1 for an equal row, and e times less
        for one that is as far away as neighbours usually are.

        Args:
            rows: By column.
            without: The part that each must not be judged by; None: all may vote.
        """
        asked = self._scaled(self._table(rows))
        parts = None if without is None else np.asarray(without, dtype=np.int64)
        step = max(_CELLS // max(self._rows.size, 1), 1)
        found = [
            self._nearest(
                asked[start : start + step], None if parts is None else parts[start : start + step]
            )
            for start in range(0, len(asked), step)
        ]
        at = np.concatenate([one[0] for one in found]) if found else np.zeros((0, 0), np.int64)
        dense = np.concatenate([one[1] for one in found]) if found else np.zeros((0, 0))
        return Candidates(at, dense, np.zeros(at.shape), np.zeros(at.shape, dtype=bool))

    def _nearest(self, asked: Floats, parts: Rows | None) -> tuple[Rows, Floats]:
        distances = _distances(asked, self._rows)
        if parts is not None:
            distances[self._part[None, :] == parts[:, None]] = np.inf
        at = np.argsort(distances, axis=1, kind="stable")[:, :DEPTH]
        near = np.take_along_axis(distances, at, axis=1)
        return np.where(np.isfinite(near), at, -1), np.exp(-near / self._near)

    def _table(self, rows: Sequence[Mapping[str, float]]) -> Floats:
        cells = [[row.get(name, np.nan) for name in self.columns] for row in rows]
        table = np.array(cells, dtype=np.float64).reshape(len(rows), len(self.columns))
        found: Floats = np.clip(table, -_FURTHEST, _FURTHEST)
        return found

    def _scaled(self, table: Floats) -> Floats:
        """Far values drawn together."""
        with np.errstate(over="ignore"):
            units = (table - self._usual[:, 0]) / self._usual[:, 1]
        found: Floats = np.arcsinh(np.clip(units, -_FURTHEST, _FURTHEST))
        return found


def _group(number: int, group: str) -> str:
    return f"group {group}" if group else f"row {number}"


def _distances(asked: Floats, rows: Floats) -> Floats:
    """Root of the mean square over the numbers that both have; infinite where that are too few."""
    there, known = (~np.isnan(asked)).astype(float), (~np.isnan(rows)).astype(float)
    a, b = np.nan_to_num(asked), np.nan_to_num(rows)
    squares = (a**2) @ known.T - 2 * a @ b.T + there @ (b**2).T
    shared = there @ known.T
    found = np.sqrt(np.maximum(squares, 0.0) / np.maximum(shared, 1.0))
    strange = shared < np.maximum(_SHARED * there.sum(axis=1, keepdims=True), 1.0)
    result: Floats = np.where(strange, np.inf, found)
    return result


def _typical(rows: Floats) -> float:
    """How far the nearest other row usually is, over at most 500 of them."""
    some = rows[:: max(len(rows) // 500, 1)]
    distances = _distances(some, rows)
    distances[distances <= 1e-9] = np.inf
    nearest = distances.min(axis=1, initial=np.inf)
    seen = nearest[np.isfinite(nearest)]
    return max(float(np.median(seen)), 1e-6) if len(seen) else 1.0


def _middle_and_spread(column: Floats) -> tuple[float, float]:
    seen = column[~np.isnan(column)]
    if not len(seen):
        return 0.0, 1.0
    low, middle, high = np.percentile(seen, [25, 50, 75])
    robust, plain = (high - low) / _NORMAL_IQR, float(seen.std())
    spread = robust if robust > 1e-3 * plain else plain
    return float(middle), float(spread if spread > 0 else max(abs(middle), 1.0))
