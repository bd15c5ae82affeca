"""What is normal for a machine: level, noise and rhythm of each signal, by operating state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from ingest.baseline_norm import Norm, block_means, norm_of, per_state
from ingest.digest import FINE, Digest, Rows, of_states
from ingest.digest_making import Carry, Piece, digest_piece
from ingest.evidence_samples import Floats, Samples, columns, gather
from ingest.evidence_settings import EvidenceSettings
from ingest.spectrum import stretches
from ingest.vocabulary import Series, Window


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
    swings: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """The largest periodic movement, by scale and line of `ingest.spectrum`."""

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
    calm = samples.where(samples.calm)
    digest, _ = digest_piece(calm, Piece(0, len(calm.times)), Carry(), None, settings)
    found = [
        norm_of(
            calm.where(calm.states == state), of_states(digest.cells, [state]), interval, settings
        )
        for state in np.unique(calm.states).tolist()
    ]
    norms = _norms([norm for norm in found if norm is not None], calm, settings)
    return SignalBaseline(
        signal=samples.signal,
        unit=samples.unit,
        interval_s=interval,
        longest_pause_s=pause,
        first=float(samples.times[0]),
        last=float(samples.times[-1]),
        norms=norms,
        swings=_swings(digest, norms, interval, settings),
    )


def _norms(found: list[Norm], calm: Samples, settings: EvidenceSettings) -> dict[int, Norm]:
    if not any(norm.thin for norm in found):
        return {norm.state: norm for norm in found}
    _, means, _ = block_means(calm.times, calm.values, start=0.0, block_s=settings.block_s)
    low, high = float(means.min()), float(means.max())
    return {n.state: n.widened(found, low, high) if n.thin else n for n in found}


def _swings(
    digest: Digest, norms: Mapping[int, Norm], interval: float, settings: EvidenceSettings
) -> dict[int, tuple[float, ...]]:
    """The largest amplitude of each line at each scale."""
    cells = of_states(digest.cells, norms)
    fine = cells["fine"] - expected(cells, norms)[:, None]
    part_s = settings.block_s / FINE
    return {
        scale: tuple(found.usual().tolist())
        for scale, found in stretches(cells, fine, interval_s=interval, part_s=part_s)
    }


def expected(cells: Rows, norms: Mapping[int, Norm]) -> Floats:
    """The usual level at each cell: of its state, and of its time of the day where known."""
    level = per_state(cells["state"], {state: norm.level for state, norm in norms.items()})
    for state, norm in norms.items():
        if norm.day is not None:
            own = cells["state"] == state
            level[own] += norm.day.at((cells["first"][own] + cells["last"][own]) / 2.0)
    return level


def rhythm(times: Floats) -> tuple[float, float]:
    """Median and 99th percentile of the time between two samples; zeros for fewer than two."""
    gaps = np.diff(times)
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return 0.0, 0.0
    return float(np.median(gaps)), float(np.quantile(gaps, 0.99))
