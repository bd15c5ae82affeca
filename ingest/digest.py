"""What is kept of a signal's samples: a row a block of time, and the few that stand out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]
"""An array of records of one of the shapes below, in order of time."""

FINE = 10
"""Parts of a block whose means are kept too."""

CELL = np.dtype(
    [
        ("block", np.int64),
        ("state", np.int64),
        ("count", np.int64),
        ("first", np.float64),
        ("last", np.float64),
        ("since", np.float64),
        ("first_row", np.int64),
        ("last_row", np.int64),
        ("mean", np.float64),
        ("low", np.float64),
        ("high", np.float64),
        ("rough", np.float64),
        ("fine", np.float64, (FINE,)),
    ]
)
"""Calm samples of one block in one state.

`since`: seconds since the last change of state at the first sample; `rough`: mean distance of a
sample from the median of the five around it; `fine`: means of the parts, NaN where there is none.
"""
SPIKE = np.dtype(
    [
        ("cell", np.float64),
        ("state", np.int64),
        ("time", np.float64),
        ("row", np.int64),
        ("value", np.float64),
        ("around", np.float64),
    ]
)
"""The samples of a cell that are furthest from those around them; `cell` is its first time."""
STILL = np.dtype(
    [
        ("first", np.float64),
        ("last", np.float64),
        ("first_row", np.int64),
        ("last_row", np.int64),
        ("count", np.int64),
        ("value", np.float64),
    ]
)
"""One value over more than a block."""
CROSSING = np.dtype(
    [
        ("cell", np.float64),
        ("state", np.int64),
        ("first", np.float64),
        ("last", np.float64),
        ("first_row", np.int64),
        ("last_row", np.int64),
        ("peak", np.float64),
        ("runs", np.int64),
        ("seconds", np.float64),
        ("longest", np.float64),
        ("critical", np.int64),
        ("since", np.float64),
    ]
)
"""The samples of a cell beyond a limit.

`runs` begin in it; `seconds`: from sample to sample; `longest`: of a run, from its begin on;
`since`: seconds since the last change of state at the last of them.
"""
PRESENCE = np.dtype(
    [
        ("block", np.int64),
        ("first", np.float64),
        ("last", np.float64),
        ("count", np.int64),
        ("pause", np.float64),
    ]
)
"""All samples of a block, calm or not; `pause`: the longest before one of them."""


def no_rows(shape: np.dtype[np.void]) -> Rows:
    """None of that shape."""
    return np.empty(0, dtype=shape)


def of_states(records: Rows, known: Iterable[int]) -> Rows:
    """Those records that are of one of these states."""
    flags = np.zeros(len(records), dtype=bool)
    for state in known:
        flags |= records["state"] == state
    return records if flags.all() else records[flags]


@dataclass(frozen=True, slots=True)
class Digest:
    """One signal; two digests that follow each other can be put together."""

    signal: str
    unit: str
    cells: Rows = field(default_factory=lambda: no_rows(CELL))
    spikes: Rows = field(default_factory=lambda: no_rows(SPIKE))
    stills: Rows = field(default_factory=lambda: no_rows(STILL))
    above: Rows = field(default_factory=lambda: no_rows(CROSSING))
    below: Rows = field(default_factory=lambda: no_rows(CROSSING))
    presence: Rows = field(default_factory=lambda: no_rows(PRESENCE))

    @property
    def begins(self) -> float:
        """Time of the first sample that is left in it; infinite where there is none."""
        firsts = [rows["first"][0] for rows in (self.cells, self.presence) if len(rows)]
        return float(min(firsts, default=np.inf))

    def heard(self, presence: Rows) -> Digest:
        """With when it was heard."""
        return replace(self, presence=presence)

    def since(self, start: float) -> Digest:
        """Without the blocks before that time, which is the edge of one."""
        return Digest(
            self.signal,
            self.unit,
            self.cells[self.cells["first"] >= start],
            self.spikes[self.spikes["cell"] >= start],
            self.stills[self.stills["last"] >= start],
            self.above[self.above["cell"] >= start],
            self.below[self.below["cell"] >= start],
            self.presence[self.presence["first"] >= start],
        )


def joined(parts: Sequence[Digest]) -> Digest:
    """Several digests of one signal that follow each other, as one."""
    last = parts[-1]
    if len(parts) == 1:
        return last
    return Digest(
        last.signal,
        last.unit,
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.spikes for part in parts]),
        np.concatenate([part.stills for part in parts]),
        np.concatenate([part.above for part in parts]),
        np.concatenate([part.below for part in parts]),
        np.concatenate([part.presence for part in parts]),
    )
