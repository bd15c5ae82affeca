"""What a window shows: every finding with its numbers, its rows and one sentence, in time order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest import alarms
from ingest.alarms import AlarmPast
from ingest.baseline import Baseline
from ingest.detect import Finding, Limits
from ingest.detect_departure import follow
from ingest.detect_limits import violations
from ingest.detect_oscillation import oscillations
from ingest.detect_shift import shifts
from ingest.detect_silence import silences
from ingest.detect_texture import noise_changes, spikes, stuck
from ingest.digest import Digest
from ingest.digest_making import digest_window
from ingest.digest_spikes import with_spikes
from ingest.evidence_merging import merged
from ingest.evidence_numbering import bounded, numbered
from ingest.evidence_settings import EvidenceSettings
from ingest.evidence_together import together
from ingest.vocabulary import Event, Evidence, Series, Window

MOST_OF_ONE = 5
"""So many times the items of a whole window are looked at for one signal."""


def extract(
    window: Window,
    baseline: Baseline,
    specs: Mapping[str, Limits],
    *,
    settings: EvidenceSettings | None = None,
    past: AlarmPast | None = None,
) -> tuple[Evidence, ...]:
    """All evidence of a window, first onset first, at most `settings.max_items`.

    Args:
        window: One machine between two instants.
        baseline: What is normal for it; an empty one leaves limits, silence and alarms.
        specs: Declared limits by signal.
        settings: Those of the baseline unless given; of an empty one, what fits the window.
        past: What is known of the machine's alarms from before.
    """
    settings = settings or fitting_settings(window, baseline)
    digests = digest_window(window, specs, settings)
    state = window.series.get(settings.state_signal)
    return detect(
        Digested(window.machine, _span(window), digests, window.events, state),
        baseline,
        specs,
        settings=settings,
        past=past,
    )


def fitting_settings(window: Window, baseline: Baseline) -> EvidenceSettings:
    """Those of the baseline; of an empty one, what fits the window."""
    if baseline.signals:
        return baseline.settings
    return EvidenceSettings.fitting((window.end - window.start).total_seconds())


@dataclass(frozen=True, slots=True)
class Digested:
    """A window whose samples have become digests."""

    machine: str
    span: tuple[float, float]
    """Start and end, seconds since the Unix epoch."""
    digests: Mapping[str, Digest]
    events: tuple[Event, ...]
    state: Series | None = None
    """The machine's own, which tells of trips."""


def detect(
    seen: Digested,
    baseline: Baseline,
    specs: Mapping[str, Limits],
    *,
    settings: EvidenceSettings,
    past: AlarmPast | None = None,
) -> tuple[Evidence, ...]:
    """All evidence in a digested window."""
    found = list(_of_signals(seen.digests, baseline, specs, settings=settings))
    periods = {name: spec.period_s for name, spec in specs.items()}
    found += silences(seen.digests, seen.span, baseline, periods, settings=settings)
    found = together(found, baseline, settings=settings)
    start, end = (datetime.fromtimestamp(at, UTC) for at in seen.span)
    found += alarms.findings(
        seen.events, start, end, settings=settings, past=past, state=seen.state
    )
    return numbered(bounded(found, settings.max_items), seen.machine)


def _span(window: Window) -> tuple[float, float]:
    return window.start.timestamp(), window.end.timestamp()


def _of_signals(
    digests: Mapping[str, Digest],
    baseline: Baseline,
    specs: Mapping[str, Limits],
    *,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    for name, digest in digests.items():
        if len(digest.cells):
            own = _of_signal(digest, baseline, specs.get(name), settings=settings)
            yield from merged(bounded(own, MOST_OF_ONE * settings.max_items), settings=settings)


def _of_signal(
    digest: Digest, baseline: Baseline, limits: Limits | None, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    known = baseline.signals.get(digest.signal)
    if limits is not None:
        yield from violations(digest, limits, known, settings=settings)
    if known is not None and known.norms:
        digest = with_spikes(digest, known, settings)
        course = follow(digest, known, settings)
        if course is not None:
            yield from shifts(course, known, limits, settings=settings)
            yield from oscillations(course, known, settings=settings)
        yield from stuck(digest, known, settings=settings)
        yield from noise_changes(digest, known, settings=settings)
        yield from spikes(digest, known, settings=settings)
