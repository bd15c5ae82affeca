"""Where a signal leaves its baseline for good: its course block by block, and the departures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ingest.baseline import SignalBaseline, expected
from ingest.baseline_norm import Levels, Norm, per_state
from ingest.detect import Run, runs
from ingest.digest import Digest, Rows, of_states
from ingest.digest_spikes import levelled
from ingest.evidence_samples import Flags, Floats, Ints
from ingest.evidence_settings import EvidenceSettings

SHORTEST_BLOCKS = 2
SAME = 1e-6
BACK = 0.5
"""A departure ends below this share of what is allowed ..."""
BACK_SHARE = 0.35
"""... or when it has come back to this share of its furthest."""

LOOK_AHEAD = 64
FURTHEST_TREND = 4.0
"""A trend of the baseline is taken to go on for this many lengths of it."""


@dataclass(frozen=True, slots=True)
class Course:
    """Cells that have a norm and their distance from it, spikes levelled."""

    signal: str
    unit: str
    cells: Rows
    away: Floats
    """Mean distance of each cell from the level of its state, in the signal's unit."""
    fine: Floats
    """The same for the parts of each cell; NaN for one without samples."""
    part_s: float

    def of_state(self, state: int) -> tuple[Course, Ints]:
        """The part in one state, and which cells those are."""
        at = np.flatnonzero(self.cells["state"] == state)
        if len(at) == len(self.cells):
            return self, at
        part = replace(self, cells=self.cells[at], away=self.away[at], fine=self.fine[at])
        return part, at

    def plateau(self, run: Run) -> float:
        """The distance that was reached: the median over the last third."""
        return float(np.median(self.away[(run[0] + 2 * run[1]) // 3 : run[1] + 1]))

    def middle(self, inside: slice) -> Floats:
        """Time of the middle of each cell."""
        cells = self.cells[inside]
        return np.asarray((cells["first"] + cells["last"]) / 2.0)


def follow(digest: Digest, baseline: SignalBaseline, settings: EvidenceSettings) -> Course | None:
    """The course of a signal, its spikes sorted out; None where none of its states is known."""
    cells = of_states(digest.cells, baseline.norms)
    if int(cells["count"].sum()) <= SHORTEST_BLOCKS:
        return None
    means, fine = levelled(cells, digest.spikes, settings.block_s)
    level = expected(cells, baseline.norms)
    part_s = settings.block_s / fine.shape[1]
    return Course(digest.signal, digest.unit, cells, means - level, fine - level[:, None], part_s)


def departures(
    course: Course, baseline: SignalBaseline, sign: float, *, settings: EvidenceSettings
) -> Iterator[Run]:
    """Runs of cells beyond what the baseline ever did, at the short or the long scale."""
    beyond = np.zeros(len(course.away), dtype=bool)
    for width in (1, settings.long_blocks):
        if len(course.away) < width:
            continue
        level = _smooth(course.away, width) * sign
        allowed = _smooth(_allowed(course, baseline, (width, sign), settings), width)
        beyond |= _held(_share(level, allowed))
    for run in runs(beyond):
        if run[1] - run[0] + 1 >= SHORTEST_BLOCKS:
            yield run


def _share(level: Floats, allowed: Floats) -> Floats:
    """How much of what is allowed; where nothing is, all of it or too much."""
    share = np.where(level > 0.0, np.inf, 0.0)
    return np.divide(level, allowed, out=share, where=allowed > 0.0)


def _held(share: Floats) -> Flags:
    """From above 1 until most of the way back; armed again only after that."""
    held = np.zeros(len(share), dtype=bool)
    begins, below = np.flatnonzero(share > 1.0), np.flatnonzero(share < 1.0)
    at = 0
    while (ahead := int(np.searchsorted(begins, at))) < len(begins):
        first = int(begins[ahead])
        last = _until_back(share, first)
        held[first:last] = True
        armed = int(np.searchsorted(below, last))
        if armed == len(below):
            break
        at = int(below[armed])
    return held


def _until_back(share: Floats, first: int) -> int:
    """The first index after `first` at which it has come back, looked for ever further ahead."""
    length = LOOK_AHEAD
    while True:
        ahead = share[first : first + length]
        limit = np.maximum(BACK, BACK_SHARE * np.maximum.accumulate(ahead))
        back = np.flatnonzero(ahead < limit)
        if len(back):
            return first + int(back[0])
        if first + length >= len(share):
            return len(share)
        length *= 8


def _smooth(values: Floats, width: int) -> Floats:
    """Centred moving mean; at the edges over what is there."""
    if width == 1:
        return values
    ones = np.ones(width)
    total = np.convolve(values, ones, mode="same")
    return np.asarray(total / np.convolve(np.ones(len(values)), ones, mode="same"))


def _allowed(
    course: Course, baseline: SignalBaseline, look: tuple[int, float], settings: EvidenceSettings
) -> Floats:
    """How far each cell may be off; the older the baseline, the more for what wanders."""
    width, sign = look
    table = {s: _levels(norm, width, settings) for s, norm in baseline.norms.items()}
    states, times = course.cells["state"], course.cells["first"]
    room = per_state(states, {s: _room(levels, sign, settings) for s, levels in table.items()})
    growth = per_state(states, {s: levels.growth for s, levels in table.items()})
    trend = per_state(states, {s: max(0.0, sign * levels.trend) for s, levels in table.items()})
    late = np.clip(times - baseline.last, 0.0, None)
    length = max(baseline.length_s, settings.block_s)
    gone = np.minimum(late, FURTHEST_TREND * length)
    return np.asarray(room * np.sqrt(1.0 + growth * late / length) + trend * gone)


def _levels(norm: Norm, width: int, settings: EvidenceSettings) -> Levels:
    for levels in norm.levels:
        if abs(levels.block_s - settings.block_s * width) < SAME:
            return levels
    return Levels(settings.block_s * width, norm.sigma, 0.0, 0.0, 0.0)


def _room(levels: Levels, sign: float, settings: EvidenceSettings) -> float:
    reach = levels.above if sign > 0 else levels.below
    return max(settings.shift_sigmas * levels.sigma, settings.shift_reach * reach)
