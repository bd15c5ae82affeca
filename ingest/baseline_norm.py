"""What is normal for a signal in one operating state: level, noise, spikes, usual day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.baseline_day import DayCourse, usual_day
from ingest.digest import Rows
from ingest.digest_noise import NOISE_SAMPLES, rough_blocks
from ingest.evidence_samples import NO_STATE, Floats, Ints, Samples, median_of_five, off_from_around
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import MachineState

MAD_TO_SIGMA = 1.4826
SIGMA_OF_MEAN_STEP = 1.2533 / float(np.sqrt(2.0))
"""Sigma of white noise over the mean absolute change from one sample to the next."""
SIGMA_OF_ROUGH = 1.0 / 0.6628
"""Sigma of white noise over its mean distance from the median of five."""
RELATIVE_FLOOR = 5e-4
"""No signal is taken to be steadier than this share of its own level."""
FEWEST_BLOCKS = 4
PRODUCING = (NO_STATE, MachineState.EXECUTE.number)
MEMORIES = 10.0
"""A baseline of this many memories is as good as any; a shorter one allows for more later on ..."""
MOST_GROWTH = 4.0
"""... up to this."""
STEADY = 0.2
"""Share of its movement that a trend must explain."""
FEW_VISITS = 12
VISIT_INTERVALS = 5.0
"""A pause of this many intervals ends a visit to a state."""
COARSE_SAMPLES = 2000
COARSE_VALUES = 12
"""A signal of fewer different values is coarse: its median deviation says nothing."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How the mean of a block of samples wanders while all is well."""

    block_s: float
    sigma: float
    above: float
    """The furthest that any block was above the level."""
    below: float
    """The furthest that any was below it."""
    growth: float
    """How fast the room grows with the age of the baseline, in lengths of it: 0 for a signal whose
    wander was seen from end to end many times, more for one that was only seen to set out."""
    trend: float = 0.0
    """Steady change a second, where there was one."""


@dataclass(frozen=True, slots=True)
class Norm:
    """One signal in one operating state."""

    state: int
    count: int
    visits: int
    """How often the machine was in that state."""
    level: float
    """Median over block means: right for coarse signals too, where the median sample is not."""
    sigma: float
    """Robust spread of single samples, never zero."""
    noise: float
    """Robust sample-to-sample noise; zero for a signal that never moves."""
    rough: float
    """Mean distance of a sample from the median of the five around it, in quieter cells."""
    roughest: float
    """The most that it was in any stretch of noise."""
    furthest_spike: float
    """How far a sample was from the median of those around it at most."""
    longest_still_s: float
    """How long the value stood still at most."""
    levels: tuple[Levels, ...]
    day: DayCourse | None = None
    """How the level moves over a day, where several days were seen."""

    @property
    def thin(self) -> bool:
        """Seen so seldom that what it does elsewhere is no news here."""
        return self.state not in PRODUCING and self.visits < FEW_VISITS

    def reach(self, sign: float) -> float:
        """The furthest that any block was above the level, or below it."""
        return max(one.above if sign > 0 else one.below for one in self.levels)

    def widened(self, others: Sequence[Norm], low: float, high: float) -> Norm:
        """With the room that the signal took in any state, for one that was hardly seen."""
        return replace(
            self,
            roughest=max(norm.roughest for norm in others),
            furthest_spike=max(norm.furthest_spike for norm in others),
            longest_still_s=max(norm.longest_still_s for norm in others),
            levels=tuple(
                replace(
                    one,
                    above=max(one.above, high - self.level),
                    below=max(one.below, self.level - low),
                )
                for one in self.levels
            ),
        )


def norm_of(
    samples: Samples, cells: Rows, interval: float, settings: EvidenceSettings
) -> Norm | None:
    """The norm of a signal from calm samples of one state; None for too few of them.

    Args:
        samples: Of that state.
        cells: Their digest.
        interval: Median time between two samples of the signal.
        settings: How long the blocks are.
    """
    values, times = samples.values, samples.times
    if len(values) < settings.baseline_min_samples:
        return None
    if len(values) * interval < settings.baseline_min_s:
        return None
    centre = _centre(times, values, settings.block_s)
    day, away = usual_day(times, values - centre)
    floor = max(abs(centre) * RELATIVE_FLOOR, 1e-9)
    blocks = (settings.block_s, settings.block_s * settings.long_blocks)
    off = off_from_around(samples, median_of_five(values))
    rough, roughest = _roughness(cells, max(settings.noise_s, NOISE_SAMPLES * interval))
    pause = max(VISIT_INTERVALS * interval, settings.state_guard_s)
    visits = np.flatnonzero(np.diff(times) > pause) + 1
    return Norm(
        state=int(samples.states[0]),
        count=len(values),
        visits=len(visits) + 1,
        level=centre,
        sigma=max(spread(away, 0.0), floor),
        noise=noise(values),
        rough=rough,
        roughest=roughest,
        furthest_spike=float(np.max(off)),
        longest_still_s=longest_still(times, values, visits),
        levels=tuple(_levels(times, away, block_s=block_s) for block_s in blocks),
        day=day,
    )


def _roughness(cells: Rows, block_s: float) -> tuple[float, float]:
    """Usual and largest roughness of a stretch of noise."""
    blocks = rough_blocks(cells, cells["rough"], block_s)
    means = blocks.means[blocks.counts >= min(NOISE_SAMPLES, int(blocks.counts.max()))]
    return float(np.mean(means)), float(np.max(means))


def spread(values: Floats, centre: float) -> float:
    """Robust sigma: by the median deviation; by the trimmed one for a coarse signal."""
    low, high = np.quantile(values, [0.01, 0.99])
    trimmed = 1.15 * float(np.std(np.clip(values, low, high)))
    different = np.count_nonzero(np.diff(np.sort(values[:COARSE_SAMPLES]))) + 1
    if different < COARSE_VALUES:
        return trimmed
    deviation = MAD_TO_SIGMA * float(np.median(np.abs(values - centre)))
    return min(deviation, trimmed) if deviation > 0 else trimmed


def noise(values: Floats) -> float:
    """Sigma of the change from one sample to the next, free of slow movement and of outliers."""
    if len(values) < FEWEST_BLOCKS:
        return 0.0
    steps = np.abs(np.diff(values))
    return SIGMA_OF_MEAN_STEP * float(np.mean(np.minimum(steps, np.quantile(steps, 0.99))))


def longest_still(times: Floats, values: Floats, visits: Ints) -> float:
    """Seconds of the longest run of one and the same value within a visit."""
    changes = np.flatnonzero(np.diff(values)) + 1
    edges = np.unique(np.concatenate(([0], changes, visits, [len(values)])))
    return float(np.max(times[edges[1:] - 1] - times[edges[:-1]]))


def block_means(
    times: Floats, values: Floats, *, start: float, block_s: float
) -> tuple[Ints, Floats, Floats]:
    """Index, mean and count of each block of time that has samples."""
    index = np.floor((times - start) / block_s).astype(np.int64)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(index)) + 1))
    counts = np.diff(np.append(edges, len(index))).astype(np.float64)
    return index[edges], np.add.reduceat(values, edges) / counts, counts


def _levels(times: Floats, values: Floats, *, block_s: float) -> Levels:
    means: list[Floats] = []
    middles: list[Floats] = []
    for shift in (0.0, 0.5):
        start = float(times[0]) - shift * block_s
        index, level, count = block_means(times, values, start=start, block_s=block_s)
        whole = count >= 0.5 * np.median(count)
        means.append(level[whole])
        middles.append(index[whole].astype(np.float64) * block_s)
    level = np.concatenate(means)
    above, below = max(0.0, float(np.max(level))), max(0.0, -float(np.min(level)))
    if len(means[0]) < FEWEST_BLOCKS:
        return Levels(block_s, spread(values, 0.0), above, below, 0.0)
    per_block = len(values) / len(means[0])
    floor = spread(values, 0.0) / float(np.sqrt(per_block))
    sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(level - np.median(level)))), floor)
    length = float(times[-1] - times[0])
    growth = _growth(_memory(means[0], block_s), length)
    return Levels(block_s, sigma, above, below, growth, _trend(middles[0], means[0]))


def _growth(memory_s: float, length_s: float) -> float:
    return min(MOST_GROWTH, MEMORIES * memory_s / length_s) if length_s > 0 else MOST_GROWTH


def _trend(times: Floats, level: Floats) -> float:
    """Slope by least squares, if it explains most of the movement."""
    centred, away = times - times.mean(), level - level.mean()
    square, power = float(np.sum(centred * centred)), float(np.sum(away * away))
    if square <= 0.0 or power <= 0.0:
        return 0.0
    slope = float(np.sum(centred * away)) / square
    return slope if slope**2 * square > STEADY * power else 0.0


def _centre(times: Floats, values: Floats, block_s: float) -> float:
    _, means, counts = block_means(times, values, start=float(times[0]), block_s=block_s)
    return float(np.median(means[counts >= 0.5 * np.median(counts)]))


def _memory(level: Floats, block_s: float) -> float:
    """Seconds after which a block says little about the level, from the next block's likeness."""
    before, after = level[:-1] - level.mean(), level[1:] - level.mean()
    power = float(np.sum((level - level.mean()) ** 2))
    alike = float(np.sum(before * after)) / power if power > 0 else 0.0
    if alike <= 0.0:
        return 0.0
    return np.inf if alike >= 1.0 else -block_s / float(np.log(alike))


def per_state(states: Ints, table: Mapping[int, float]) -> Floats:
    """The figure of its state for each of them; every state must be in the table."""
    known = sorted(table)
    if len(known) == 1:
        return np.full(len(states), table[known[0]])
    return np.array([table[state] for state in known])[np.searchsorted(known, states)]


def spike_room(norm: Norm, settings: EvidenceSettings) -> float:
    """How far a sample may be from those around it before it is a spike."""
    floor = max(abs(norm.level) * RELATIVE_FLOOR, norm.noise, SIGMA_OF_ROUGH * norm.rough)
    return max(settings.spike_sigmas * floor, settings.spike_reach * norm.furthest_spike)
