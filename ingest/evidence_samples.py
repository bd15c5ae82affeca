"""The samples of a window as arrays, each with the machine's state and distance to its changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Series, Window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_STATE = 0
"""Of a machine that tells no state, or before it first does."""
SPIKE_SAMPLES = 2
"""Most samples that a spike may last: the median of five is free of it."""
LARGEST = 1e150
"""Beyond this a square overflows: such a value is no measurement."""
LATEST = 1e11
"""Seconds since the Unix epoch beyond which a time is none."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Finite values of one signal in time order; all arrays are as long."""

    signal: str
    unit: str
    times: Floats
    """Seconds since the Unix epoch."""
    values: Floats
    rows: Ints
    states: Ints
    """PackML number, or NO_STATE."""
    since: Floats
    """Seconds since the last change of state; infinite before the first."""
    calm: Flags
    """Far enough from a change of state."""

    def where(self, flags: Flags) -> Samples:
        """Those samples only."""
        if flags.all():
            return self
        return Samples(
            self.signal,
            self.unit,
            self.times[flags],
            self.values[flags],
            self.rows[flags],
            self.states[flags],
            self.since[flags],
            self.calm[flags],
        )

    def between(self, first: int, last: int) -> Samples:
        """From the first of these indices on, the last excluded."""
        inside = slice(first, last)
        return Samples(
            self.signal,
            self.unit,
            self.times[inside],
            self.values[inside],
            self.rows[inside],
            self.states[inside],
            self.since[inside],
            self.calm[inside],
        )

    def followed_by(self, other: Samples) -> Samples:
        """Both, one after the other."""
        return Samples(
            other.signal,
            other.unit,
            np.concatenate((self.times, other.times)),
            np.concatenate((self.values, other.values)),
            np.concatenate((self.rows, other.rows)),
            np.concatenate((self.states, other.states)),
            np.concatenate((self.since, other.since)),
            np.concatenate((self.calm, other.calm)),
        )


def gather(window: Window, settings: EvidenceSettings) -> dict[str, Samples]:
    """Every signal of a window but its state, sorted by time, without what is not finite."""
    clock = StateClock.of(window.series.get(settings.state_signal), settings)
    return {
        name: look(name, series.unit, columns(series), clock)
        for name, series in sorted(window.series.items())
        if name != settings.state_signal
    }


Columns = tuple[Floats, Floats, Ints]
"""Times, values and rows."""


def look(signal: str, unit: str, own: Columns, clock: StateClock) -> Samples:
    """Samples with the machine's state at each of them."""
    return Samples(signal, unit, *own, *clock.look(own[0]))


def columns(series: Series) -> Columns:
    """Times, values and rows of the finite samples, in time order."""
    times = np.asarray(series.times, dtype=np.float64)
    values = np.asarray(series.values, dtype=np.float64)
    rows = np.asarray(series.rows, dtype=np.int64)
    good = (np.abs(values) < LARGEST) & (np.abs(times) < LATEST)
    if not good.all():
        times, values, rows = times[good], values[good], rows[good]
    return in_order(times, values, rows)


def in_order(times: Floats, values: Floats, rows: Ints) -> Columns:
    """By time and, where that is the same, by row."""
    steps = np.diff(times)
    same = steps == 0
    if (steps < 0).any() or (same.any() and (np.diff(rows)[same] < 0).any()):
        order = np.lexsort((rows, times))
        return times[order], values[order], rows[order]
    return times, values, rows


@dataclass(frozen=True, slots=True)
class StateClock:
    """Which state it was when, and how far away the next change is."""

    times: Floats
    """Of the first sample and of every change."""
    states: Ints
    changes: Floats
    settings: EvidenceSettings

    @classmethod
    def of(cls, series: Series | None, settings: EvidenceSettings) -> StateClock:
        """The clock of a machine's state signal; a still one where it has none."""
        nothing = np.empty(0)
        if series is None:
            return cls(nothing, nothing.astype(np.int64), nothing, settings)
        times, values, _ = columns(series)
        return cls.told(times, values, settings)

    @classmethod
    def told(cls, times: Floats, values: Floats, settings: EvidenceSettings) -> StateClock:
        """From samples of the state in time order."""
        states = np.rint(np.clip(values, -1e6, 1e6)).astype(np.int64)
        changed = np.flatnonzero(np.diff(states)) + 1
        kept = np.concatenate((np.arange(min(1, len(states))), changed))
        return cls(times[kept], states[kept], times[changed], settings)

    def look(self, times: Floats) -> tuple[Ints, Floats, Flags]:
        """State, seconds since its last change, and calm, at each of these times."""
        if not len(self.times):
            states = np.full(len(times), NO_STATE, dtype=np.int64)
            return states, np.full(len(times), np.inf), np.ones(len(times), dtype=bool)
        at = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, None)
        since, until = self._distances(times)
        calm = (since >= self.settings.state_guard_s) & (until > self.settings.state_lead_s)
        return self.states[at], since, calm

    def _distances(self, times: Floats) -> tuple[Floats, Floats]:
        if not len(self.changes):
            far = np.full(len(times), np.inf)
            return far, far
        at = np.searchsorted(self.changes, times, side="right")
        last = np.concatenate(([-np.inf], self.changes))[at]
        following = np.concatenate((self.changes, [np.inf]))[at]
        return times - last, following - times


def median_of_five(values: Floats) -> Floats:
    """Median of each value and the two on either side; at the ends the last one is repeated."""
    padded = np.pad(values, SPIKE_SAMPLES, mode="edge") if len(values) else np.empty(4)
    a, b, c, d, e = (padded[at : at + len(values)] for at in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(d, e))
    high = np.minimum(np.maximum(a, b), np.maximum(d, e))
    return np.asarray(np.maximum(np.minimum(c, low), np.minimum(high, np.maximum(c, low))))


def off_from_around(samples: Samples, around: Floats) -> Floats:
    """How far each sample is from the median around it; 0 where that is of another visit."""
    if not len(samples.times):
        return np.empty(0)
    at = np.arange(len(samples.times))
    before = np.maximum(at - SPIKE_SAMPLES, 0)
    after = np.minimum(at + SPIKE_SAMPLES, len(at) - 1)
    lasted = samples.times[after] - samples.times[before]
    alike = (samples.states[before] == samples.states[after]) & (samples.since[after] >= lasted)
    return np.where(alike, np.abs(samples.values - around), 0.0)
