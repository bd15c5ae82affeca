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
"""Most samples that a spike may last."""
SPIKE_WIDTH = 2 * SPIKE_SAMPLES + 1
LARGEST = 1e150
"""Beyond this a square overflows: such a value is no measurement."""


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
    calm: Flags
    """Far enough from a change of state."""
    settled: Flags
    """Further still."""

    def where(self, flags: Flags) -> Samples:
        """Those samples only."""
        return Samples(
            self.signal,
            self.unit,
            self.times[flags],
            self.values[flags],
            self.rows[flags],
            self.states[flags],
            self.calm[flags],
            self.settled[flags],
        )


def gather(window: Window, settings: EvidenceSettings) -> dict[str, Samples]:
    """Every signal of a window but its state, sorted by time, without what is not finite."""
    state = window.series.get(settings.state_signal)
    clock = _StateClock.of(state, settings)
    return {
        name: _samples(series, clock)
        for name, series in sorted(window.series.items())
        if name != settings.state_signal
    }


def _samples(series: Series, clock: _StateClock) -> Samples:
    times, values, rows = columns(series)
    return Samples(series.signal, series.unit, times, values, rows, *clock.look(times))


def columns(series: Series) -> tuple[Floats, Floats, Ints]:
    """Times, values and rows of the finite samples, in time order."""
    times = np.asarray(series.times, dtype=np.float64)
    values = np.asarray(series.values, dtype=np.float64)
    rows = np.asarray(series.rows, dtype=np.int64)
    good = np.isfinite(times) & np.isfinite(values) & (np.abs(values) < LARGEST)
    times, values, rows = times[good], values[good], rows[good]
    order = np.argsort(times, kind="stable")
    return times[order], values[order], rows[order]


@dataclass(frozen=True, slots=True)
class _StateClock:
    """Which state it was when, and how far away the next change is."""

    times: Floats
    states: Ints
    changes: Floats
    settings: EvidenceSettings

    @classmethod
    def of(cls, series: Series | None, settings: EvidenceSettings) -> _StateClock:
        nothing = np.empty(0)
        if series is None:
            return cls(nothing, nothing.astype(np.int64), nothing, settings)
        times, values, _ = columns(series)
        states = np.rint(np.clip(values, -1e6, 1e6)).astype(np.int64)
        changed = np.flatnonzero(np.diff(states)) + 1
        return cls(times, states, times[changed], settings)

    def look(self, times: Floats) -> tuple[Ints, Flags, Flags]:
        """State, calm and settled at each of these times."""
        if not len(self.times):
            yes = np.ones(len(times), dtype=bool)
            return np.full(len(times), NO_STATE, dtype=np.int64), yes, yes
        at = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, None)
        since, until = self._distances(times)
        ahead = until > self.settings.state_lead_s
        calm = (since >= self.settings.state_guard_s) & ahead
        return self.states[at], calm, (since >= self.settings.settle_s) & ahead

    def _distances(self, times: Floats) -> tuple[Floats, Floats]:
        if not len(self.changes):
            far = np.full(len(times), np.inf)
            return far, far
        at = np.searchsorted(self.changes, times, side="right")
        last = np.concatenate(([-np.inf], self.changes))[at]
        following = np.concatenate((self.changes, [np.inf]))[at]
        return times - last, following - times


def rolling_median(values: Floats, width: int) -> Floats:
    """Median of the `width` samples around each one."""
    padded = np.pad(values, width // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.asarray(np.median(windows, axis=1))
