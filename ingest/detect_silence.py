"""Signals that fell silent, and machines that did: absence of data is evidence too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ingest.baseline import Baseline, rhythm
from ingest.detect import Finding
from ingest.evidence_samples import Floats, columns
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity, Window

Pause = tuple[float, float]
"""Last sample before a silence and first after it, seconds since the Unix epoch."""


def silences(
    window: Window,
    baseline: Baseline,
    periods: Mapping[str, float | None],
    *,
    settings: EvidenceSettings,
) -> list[Finding]:
    """One dropout a silent signal, one gap where the whole machine was silent.

    `periods` holds the declared interval of a signal in seconds, where one is declared.
    """
    start, end = window.start.timestamp(), window.end.timestamp()
    times = _times(window, baseline)
    patience = {
        name: _patience(name, found, baseline, periods.get(name), settings=settings)
        for name, found in times.items()
    }
    if not times:
        return []
    together = np.sort(np.concatenate(list(times.values())))
    gaps = list(_pauses(together, start, end, longest=max(patience.values())))
    found = [_gap(pause, sorted(times), end) for pause in gaps]
    found += [
        _dropout(name, pause, end)
        for name, own in times.items()
        for pause in _pauses(own, start, end, longest=patience[name])
        if not any(_covered(pause, gap) for gap in gaps)
    ]
    return found


def _times(window: Window, baseline: Baseline) -> dict[str, Floats]:
    """Times of each signal that was ever heard; it counts as awaited from its first sample on."""
    start = window.start.timestamp()
    times: dict[str, Floats] = {}
    for name in sorted({*window.series, *baseline.signals}):
        series = window.series.get(name)
        own = columns(series)[0] if series is not None else np.empty(0)
        known = baseline.signals.get(name)
        if known is not None and known.last <= start:
            own = np.concatenate(([max(known.last, start)], own))
        if len(own):
            times[name] = own
    return times


def _patience(
    name: str,
    times: Floats,
    baseline: Baseline,
    period: float | None,
    *,
    settings: EvidenceSettings,
) -> float:
    """How long a signal may say nothing."""
    known = baseline.signals.get(name)
    interval, pause = rhythm(times) if known is None else (known.interval_s, known.longest_pause_s)
    usual = period or interval
    return max(settings.silence_intervals * usual, 2.0 * pause, settings.silence_floor_s)


def _pauses(times: Floats, start: float, end: float, *, longest: float) -> Iterator[Pause]:
    inside = times[(times >= start) & (times <= end)]
    if not len(inside):
        return
    edges = np.concatenate((inside, [end]))
    for before in np.flatnonzero(np.diff(edges) > longest).tolist():
        yield float(edges[before]), float(edges[before + 1])


def _covered(pause: Pause, gap: Pause) -> bool:
    """A dropout that is mostly the machine's own gap is not told twice."""
    shared = min(pause[1], gap[1]) - max(pause[0], gap[0])
    return shared > 0.5 * (pause[1] - pause[0])


def _gap(pause: Pause, signals: list[str], end: float) -> Finding:
    return _silence(EvidenceKind.GAP, tuple(signals), pause, end)


def _dropout(signal: str, pause: Pause, end: float) -> Finding:
    return _silence(EvidenceKind.DROPOUT, (signal,), pause, end)


def _silence(kind: EvidenceKind, signals: tuple[str, ...], pause: Pause, end: float) -> Finding:
    active = pause[1] >= end
    return Finding(
        kind=kind,
        signals=signals,
        start=pause[0],
        end=pause[1],
        severity=Severity.WARNING if active else Severity.INFO,
        numbers={"duration": Quantity(pause[1] - pause[0], "s")},
        active=active,
    )
