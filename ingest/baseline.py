"""What is normal for a machine: level, noise and rhythm of each signal, by operating state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from ingest.evidence_samples import (
    Floats,
    Ints,
    Samples,
    columns,
    gather,
    median_of_five,
)
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Series, Window

MAD_TO_SIGMA = 1.4826
SIGMA_OF_MEAN_STEP = 1.2533 / float(np.sqrt(2.0))
"""Sigma of white noise over the mean absolute change from one sample to the next."""
RELATIVE_FLOOR = 5e-4
"""No signal is taken to be steadier than this share of its own level."""
FEWEST_BLOCKS = 4
COARSE_SAMPLES = 2000
COARSE_VALUES = 12
"""A signal of fewer different values is coarse: its median deviation says nothing."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How the mean of a block of samples wanders while all is well."""

    block_s: float
    sigma: float
    reach: float
    """The furthest that any block was from the level."""
    wander: float
    """0 to 1: how far a block's level says what the next will be."""


@dataclass(frozen=True, slots=True)
class Norm:
    """One signal in one operating state."""

    state: int
    count: int
    level: float
    """Median over block means: right for coarse signals too, where the median sample is not."""
    sigma: float
    """Robust spread of single samples, never zero."""
    noise: float
    """Robust sample-to-sample noise; zero for a signal that never moves."""
    rough: float
    """Mean distance of a sample from the median of the five around it."""
    furthest_spike: float
    """How far a sample was from the median of those around it at most."""
    longest_still_s: float
    """How long the value stood still at most."""
    levels: tuple[Levels, ...]


@dataclass(frozen=True, slots=True)
class SignalBaseline:
    """One signal over all states."""

    signal: str
    unit: str
    interval_s: float
    """Median time between two samples."""
    longest_pause_s: float
    """99th percentile of it."""
    first: float
    """Time of the oldest sample, seconds since the Unix epoch."""
    last: float
    """Time of the newest."""
    norms: Mapping[int, Norm]

    @property
    def length_s(self) -> float:
        """From the oldest to the newest sample."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was learnt, from when, and with which settings."""

    machine: str
    start: datetime
    end: datetime
    settings: EvidenceSettings
    signals: Mapping[str, SignalBaseline] = field(default_factory=dict)

    def norm(self, signal: str, state: int) -> Norm | None:
        """The norm of that signal in that state, if it was seen for long enough."""
        known = self.signals.get(signal)
        return known.norms.get(state) if known else None


def learn(window: Window, *, settings: EvidenceSettings | None = None) -> Baseline:
    """Learn what is normal from a window in which all was well.

    Without settings, durations fit the length of the window.
    """
    length = (window.end - window.start).total_seconds()
    settings = settings or EvidenceSettings.fitting(length)
    signals = {
        name: _signal(samples, settings)
        for name, samples in gather(window, settings).items()
        if len(samples.times)
    }
    state = window.series.get(settings.state_signal)
    if state is not None and len(state.times):
        signals[settings.state_signal] = _state(state)
    return Baseline(window.machine, window.start, window.end, settings, signals)


def _state(series: Series) -> SignalBaseline:
    times, _, _ = columns(series)
    interval, pause = rhythm(times)
    first, last = (float(times[0]), float(times[-1])) if len(times) else (0.0, 0.0)
    return SignalBaseline(series.signal, series.unit, interval, pause, first, last, {})


def _signal(samples: Samples, settings: EvidenceSettings) -> SignalBaseline:
    interval, pause = rhythm(samples.times)
    norms: dict[int, Norm] = {}
    for state in np.unique(samples.states):
        norm = _norm(samples.where(samples.calm & (samples.states == state)), interval, settings)
        if norm is not None:
            norms[norm.state] = norm
    first, last = float(samples.times[0]), float(samples.times[-1])
    return SignalBaseline(samples.signal, samples.unit, interval, pause, first, last, norms)


def rhythm(times: Floats) -> tuple[float, float]:
    """Median and 99th percentile of the time between two samples; zeros for fewer than two."""
    gaps = np.diff(times)
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return 0.0, 0.0
    return float(np.median(gaps)), float(np.quantile(gaps, 0.99))


def _norm(samples: Samples, interval: float, settings: EvidenceSettings) -> Norm | None:
    values, times = samples.values, samples.times
    if len(values) < settings.baseline_min_samples:
        return None
    if len(values) * interval < settings.baseline_min_s:
        return None
    centre = _centre(times, values, settings.block_s)
    sigma = spread(values, centre)
    floor = max(abs(centre) * RELATIVE_FLOOR, 1e-9)
    blocks = (settings.block_s, settings.block_s * settings.long_blocks)
    found = (_levels(times, values - centre, block_s=b) for b in blocks)
    off = np.abs(values - median_of_five(values))
    return Norm(
        state=int(samples.states[0]),
        count=len(values),
        level=centre,
        sigma=max(sigma, floor),
        noise=noise(values),
        rough=float(np.mean(np.minimum(off, np.quantile(off, 0.99)))),
        furthest_spike=float(np.max(off)),
        longest_still_s=longest_still(times, values),
        levels=tuple(levels for levels in found if levels is not None),
    )


def spread(values: Floats, centre: float) -> float:
    """Robust sigma: by the median deviation; by the trimmed one for a coarse signal."""
    low, high = np.quantile(values, [0.01, 0.99])
    trimmed = 1.15 * float(np.std(np.clip(values, low, high)))
    if len(np.unique(values[:COARSE_SAMPLES])) < COARSE_VALUES:
        return trimmed
    deviation = MAD_TO_SIGMA * float(np.median(np.abs(values - centre)))
    return min(deviation, trimmed) if deviation > 0 else trimmed


def noise(values: Floats) -> float:
    """Sigma of the change from one sample to the next, free of slow movement and of outliers."""
    if len(values) < FEWEST_BLOCKS:
        return 0.0
    steps = np.abs(np.diff(values))
    return SIGMA_OF_MEAN_STEP * float(np.mean(np.minimum(steps, np.quantile(steps, 0.99))))


def longest_still(times: Floats, values: Floats) -> float:
    """Seconds of the longest run of one and the same value."""
    if not len(values):
        return 0.0
    edges = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1, [len(values)]))
    return float(np.max(times[edges[1:] - 1] - times[edges[:-1]]))


def block_means(
    times: Floats, values: Floats, *, start: float, block_s: float
) -> tuple[Ints, Floats, Floats]:
    """Index, mean and count of each block of time that has samples."""
    index = np.floor((times - start) / block_s).astype(np.int64)
    blocks, inverse, counts = np.unique(index, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=values) / counts
    return blocks, means, counts.astype(np.float64)


def _levels(times: Floats, values: Floats, *, block_s: float) -> Levels | None:
    means = []
    for shift in (0.0, 0.5):
        start = float(times[0]) - shift * block_s
        _, level, count = block_means(times, values, start=start, block_s=block_s)
        means.append(level[count >= 0.5 * np.median(count)])
    if len(means[0]) < FEWEST_BLOCKS:
        return None
    level = np.concatenate(means)
    per_block = len(values) / len(means[0])
    floor = spread(values, 0.0) / float(np.sqrt(per_block))
    sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(level - np.median(level)))), floor)
    return Levels(block_s, sigma, float(np.max(np.abs(level))), _wander(means[0]))


def _centre(times: Floats, values: Floats, block_s: float) -> float:
    _, means, counts = block_means(times, values, start=float(times[0]), block_s=block_s)
    return float(np.median(means[counts >= 0.5 * np.median(counts)]))


def _wander(level: Floats) -> float:
    """Correlation of each block with the next."""
    before, after = level[:-1] - level.mean(), level[1:] - level.mean()
    power = float(np.dot(level - level.mean(), level - level.mean()))
    return min(1.0, max(0.0, float(np.dot(before, after)) / power)) if power > 0 else 0.0


def per_state(states: Ints, table: Mapping[int, float]) -> Floats:
    """The figure of its state for each of them; every state must be in the table."""
    known = sorted(table)
    if len(known) == 1:
        return np.full(len(states), table[known[0]])
    return np.array([table[state] for state in known])[np.searchsorted(known, states)]


def spike_room(norm: Norm, settings: EvidenceSettings) -> float:
    """How far a sample may be from those around it before it is a spike."""
    return max(settings.spike_sigmas * norm.sigma, settings.spike_reach * norm.furthest_spike)
