"""Where a signal leaves its baseline for good: its course block by block, and the departures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.baseline import Levels, Norm, SignalBaseline, block_means, spike_room
from ingest.detect import Run, far_off, runs
from ingest.evidence_samples import Flags, Floats, Ints, Samples
from ingest.evidence_settings import EvidenceSettings

SHORTEST_BLOCKS = 2
SAME = 1e-6
BACK = 0.5
"""A departure ends below this share of what is allowed ..."""
BACK_SHARE = 0.35
"""... or when it has come back to this share of its furthest."""


@dataclass(frozen=True, slots=True)
class Course:
    """Samples that have a norm, their distance from it, and the same block by block."""

    samples: Samples
    away: Floats
    """Distance from the level of the state, in the signal's unit, spikes levelled."""
    blocks: Floats
    """Mean distance of each block."""
    block_of: Ints
    """Block of each sample, as an index into `blocks`."""

    def span(self, run: Run) -> Run:
        """First and last sample of a run of blocks."""
        first = int(np.searchsorted(self.block_of, run[0], side="left"))
        last = int(np.searchsorted(self.block_of, run[1], side="right")) - 1
        return first, last

    def plateau(self, run: Run) -> float:
        """The distance that was reached: the median over the last third."""
        return float(np.median(self.blocks[(run[0] + 2 * run[1]) // 3 : run[1] + 1]))


def follow(samples: Samples, baseline: SignalBaseline, settings: EvidenceSettings) -> Course | None:
    """The course of a signal; None where the baseline knows none of its states."""
    seen = samples.where(samples.calm & np.isin(samples.states, list(baseline.norms)))
    if len(seen.times) <= SHORTEST_BLOCKS:
        return None
    levels = {state: norm.level for state, norm in baseline.norms.items()}
    levelled, _ = far_off(seen.values, spike_room(baseline.norms, seen.states, settings))
    away = levelled - _per_sample(seen.states, levels)
    start = float(seen.times[0])
    index, means, _ = block_means(seen.times, away, start=start, block_s=settings.block_s)
    own = np.floor((seen.times - start) / settings.block_s).astype(np.int64)
    return Course(seen, away, means, np.searchsorted(index, own))


def departures(
    course: Course, baseline: SignalBaseline, sign: float, *, settings: EvidenceSettings
) -> Iterator[Run]:
    """Runs of blocks beyond what the baseline ever did, at the short or the long scale."""
    beyond = np.zeros(len(course.blocks), dtype=bool)
    for width in (1, settings.long_blocks):
        if len(course.blocks) < width:
            continue
        level = _smooth(course.blocks, width) * sign
        allowed = _smooth(_allowed(course, baseline, width, settings=settings), width)
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
    peak, armed = 0.0, True
    for index, value in enumerate(share.tolist()):
        armed = armed or value < 1.0
        if peak == 0.0 and armed and value > 1.0:
            peak = value
        peak = max(peak, value) if peak else 0.0
        if peak and value < max(BACK, BACK_SHARE * peak):
            peak, armed = 0.0, value < 1.0
        held[index] = peak > 0.0
    return held


def _smooth(values: Floats, width: int) -> Floats:
    """Centred moving mean; at the edges over what is there."""
    if width == 1:
        return values
    ones = np.ones(width)
    total = np.convolve(values, ones, mode="same")
    return np.asarray(total / np.convolve(np.ones(len(values)), ones, mode="same"))


def _allowed(
    course: Course, baseline: SignalBaseline, width: int, *, settings: EvidenceSettings
) -> Floats:
    """How far each block may be off; the older the baseline, the more for what wanders."""
    table = {s: _levels(norm, width, settings) for s, norm in baseline.norms.items()}
    firsts = np.searchsorted(course.block_of, np.arange(len(course.blocks)))
    states, times = course.samples.states[firsts], course.samples.times[firsts]
    room = _per_sample(states, {s: _room(levels, settings) for s, levels in table.items()})
    wander = _per_sample(states, {s: levels.wander for s, levels in table.items()})
    age = np.clip(times - baseline.last, 0.0, None) / max(baseline.length_s, settings.block_s)
    return np.asarray(room * np.sqrt(1.0 + wander * age))


def _levels(norm: Norm, width: int, settings: EvidenceSettings) -> Levels:
    for levels in norm.levels:
        if abs(levels.block_s - settings.block_s * width) < SAME:
            return levels
    return Levels(settings.block_s * width, norm.sigma, 0.0, 0.0)


def _room(levels: Levels, settings: EvidenceSettings) -> float:
    return max(settings.shift_sigmas * levels.sigma, settings.shift_reach * levels.reach)


def _per_sample(states: Ints, table: dict[int, float]) -> Floats:
    known = sorted(table)
    return np.array([table[state] for state in known])[np.searchsorted(known, states)]
