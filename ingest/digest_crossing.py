"""Where samples are beyond a declared limit, with hysteresis, a row a block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.detect import Limits, latched
from ingest.digest import CROSSING, Rows, no_rows
from ingest.evidence_samples import Flags, Floats, Ints, Samples


@dataclass(frozen=True, slots=True)
class Side:
    """One limit of a signal, as `ingest.detect.Limits` declares it."""

    direction: str
    limit: float
    critical: float | None
    other: float | None

    @property
    def sign(self) -> float:
        """1 for a high limit, -1 for a low one."""
        return 1.0 if self.direction == "up" else -1.0

    @property
    def room(self) -> float:
        """Between the limits, or the limit itself."""
        return abs(self.limit - self.other) if self.other is not None else abs(self.limit)


@dataclass(frozen=True, slots=True)
class Latch:
    """A crossing that is open where a piece ends."""

    began: float = np.nan
    """NaN: none is."""
    last: float = np.nan
    state: int = 0


def sides_of(limits: Limits | None) -> tuple[Side | None, Side | None]:
    """The high and the low side, where one is declared."""
    if limits is None:
        return None, None
    high = limits.high if limits.high is not None else limits.high_high
    low = limits.low if limits.low is not None else limits.low_low
    above = Side("up", high, limits.high_high, low) if high is not None else None
    below = Side("down", low, limits.low_low, high) if low is not None else None
    return above, below


def crossings(
    samples: Samples, edges: Ints, side: Side, latch: Latch, hysteresis: float
) -> tuple[Rows, Latch]:
    """Cells with samples beyond the limit, and the crossing that is open at the end.

    Args:
        samples: Of whole blocks.
        edges: Where the cells begin.
        side: The limit.
        latch: What was open before.
        hysteresis: Share of the room to fall back before a crossing ends.
    """
    excess = (samples.values - side.limit) * side.sign
    enter = excess > 0
    if np.isnan(latch.began) and not enter.any():
        return no_rows(CROSSING), latch
    beyond, fresh = _beyond(samples.states, enter, excess < -hysteresis * side.room, latch)
    if not beyond.any():
        return no_rows(CROSSING), Latch()
    began = _began(samples.times, fresh, latch)
    rows = _rows(samples, edges, side, _Marks(beyond, fresh, began, latch))
    open_one = Latch(float(began[-1]), float(samples.times[-1]), int(samples.states[-1]))
    return rows, open_one if beyond[-1] else Latch()


def _beyond(states: Ints, enter: Flags, leave: Flags, latch: Latch) -> tuple[Flags, Flags]:
    """Which samples are beyond, and which of them begin a crossing; a new state begins anew."""
    before = latch.state if not np.isnan(latch.began) else states[0]
    fresh_state = np.diff(states, prepend=before) != 0
    begin = np.array([not np.isnan(latch.began)])
    held = latched(
        np.concatenate((begin, enter)), np.concatenate((~begin, leave | (fresh_state & ~enter)))
    )
    beyond, earlier = held[1:], held[:-1]
    return beyond, beyond & (~earlier | fresh_state)


def _began(times: Floats, fresh: Flags, latch: Latch) -> Floats:
    """When the crossing that a sample belongs to began."""
    at = np.maximum.accumulate(np.where(fresh, np.arange(len(times)), -1))
    return np.where(at >= 0, times[np.clip(at, 0, None)], latch.began)


@dataclass(frozen=True, slots=True)
class _Marks:
    beyond: Flags
    fresh: Flags
    began: Floats
    latch: Latch


def _rows(samples: Samples, edges: Ints, side: Side, marks: _Marks) -> Rows:
    at = np.flatnonzero(marks.beyond)
    cell = np.searchsorted(edges, at, side="right") - 1
    starts = np.concatenate(([0], np.flatnonzero(np.diff(cell)) + 1))
    ends = np.append(starts[1:], len(at)) - 1
    steps = np.diff(samples.times, prepend=_before(samples.times, marks.latch))
    step = np.where(marks.fresh, 0.0, steps)[at]
    values, critical = samples.values[at], np.zeros(len(at), dtype=np.int64)
    if side.critical is not None:
        critical = ((values - side.critical) * side.sign > 0).astype(np.int64)
    extreme = np.maximum if side.sign > 0 else np.minimum
    rows = np.empty(len(starts), dtype=CROSSING)
    rows["cell"] = samples.times[edges[cell[starts]]]
    rows["state"] = samples.states[at[starts]]
    rows["first"], rows["last"] = samples.times[at[starts]], samples.times[at[ends]]
    rows["first_row"], rows["last_row"] = samples.rows[at[starts]], samples.rows[at[ends]]
    rows["peak"] = extreme.reduceat(values, starts)
    rows["runs"] = np.add.reduceat(marks.fresh[at].astype(np.int64), starts)
    rows["seconds"] = np.add.reduceat(step, starts)
    rows["longest"] = np.maximum.reduceat(samples.times[at] - marks.began[at], starts)
    rows["critical"] = np.add.reduceat(critical, starts)
    rows["since"] = samples.since[at[ends]]
    return rows


def _before(times: Floats, latch: Latch) -> float:
    return float(times[0]) if np.isnan(latch.last) else latch.last
