"""Signals that fell silent, and machines that did: absence of data is evidence too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ingest.baseline import Baseline, SignalBaseline
from ingest.detect import Finding
from ingest.digest import Digest
from ingest.digest_rhythm import rhythm_of
from ingest.evidence_samples import Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity

Span = tuple[float, float]
"""Start and end of the window, seconds since the Unix epoch."""

Pause = tuple[float, float]
"""Last sample before a silence and first after it, seconds since the Unix epoch."""


def silences(
    digests: Mapping[str, Digest],
    span: Span,
    baseline: Baseline,
    periods: Mapping[str, float | None],
    *,
    settings: EvidenceSettings,
) -> list[Finding]:
    """One dropout a silent signal, one gap where the whole machine was silent.

    `periods` holds the declared interval of a signal in seconds, where one is declared.
    """
    end = span[1]
    heard = _heard(digests, span, baseline)
    patience = {
        name: _patience(digests.get(name), baseline.signals.get(name), periods.get(name), settings)
        for name in heard
    }
    if not heard:
        return []
    gaps = list(_pauses(_together(heard), end, longest=max(patience.values())))
    found = [_gap(pause, sorted(heard), end) for pause in gaps]
    found += [
        _dropout(name, pause, end)
        for name, own in heard.items()
        for pause in _pauses(own, end, longest=patience[name])
        if not any(_covered(pause, gap) for gap in gaps)
    ]
    return found


@dataclass(frozen=True, slots=True)
class _Heard:
    """First and last sample of each block in which there was one."""

    firsts: Floats
    lasts: Floats


def _heard(digests: Mapping[str, Digest], span: Span, baseline: Baseline) -> dict[str, _Heard]:
    """Of each signal that was ever heard; it counts as awaited from its first sample on."""
    start, end = span
    heard: dict[str, _Heard] = {}
    for name in sorted({*digests, *baseline.signals}):
        firsts = lasts = np.empty(0)
        if name in digests:
            presence = digests[name].presence
            inside = (presence["last"] >= start) & (presence["first"] <= end)
            firsts = np.maximum(presence["first"][inside], start)
            lasts = np.minimum(presence["last"][inside], end)
        known = baseline.signals.get(name)
        if known is not None and known.last <= start:
            firsts, lasts = (np.concatenate(([start], one)) for one in (firsts, lasts))
        if len(firsts):
            heard[name] = _Heard(firsts, lasts)
    return heard


def _together(heard: Mapping[str, _Heard]) -> _Heard:
    """As if all were one signal."""
    firsts = np.concatenate([one.firsts for one in heard.values()])
    lasts = np.concatenate([one.lasts for one in heard.values()])
    order = np.argsort(firsts, kind="stable")
    return _Heard(firsts[order], np.maximum.accumulate(lasts[order]))


def _patience(
    digest: Digest | None,
    known: SignalBaseline | None,
    period: float | None,
    settings: EvidenceSettings,
) -> float:
    """How long a signal may say nothing."""
    if known is not None:
        interval, pause = known.interval_s, known.longest_pause_s
    else:
        interval, pause = rhythm_of(digest.presence) if digest is not None else (0.0, 0.0)
    usual = period or interval
    floor = max(settings.silence_floor_s, settings.block_s)
    return max(settings.silence_intervals * usual, 2.0 * pause, floor)


def _pauses(heard: _Heard, end: float, *, longest: float) -> Iterator[Pause]:
    until = np.append(heard.firsts[1:], end)
    for at in np.flatnonzero(until - heard.lasts > longest).tolist():
        yield float(heard.lasts[at]), float(until[at])


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
