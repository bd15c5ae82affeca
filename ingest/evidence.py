"""What a window shows: every finding with its numbers, its rows and one sentence, in time order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingest import alarms
from ingest.baseline import Baseline
from ingest.detect import Finding, Limits
from ingest.detect_limits import violations
from ingest.detect_shift import shifts
from ingest.detect_silence import silences
from ingest.detect_texture import noise_changes, spikes, stuck
from ingest.evidence_merging import merged
from ingest.evidence_numbering import bounded, numbered
from ingest.evidence_samples import Samples, gather
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Evidence, Window


def extract(
    window: Window,
    baseline: Baseline,
    specs: Mapping[str, Limits],
    *,
    settings: EvidenceSettings | None = None,
) -> tuple[Evidence, ...]:
    """All evidence of a window, first onset first, at most `settings.max_items`.

    Args:
        window: One machine between two instants.
        baseline: What is normal for it; an empty one leaves limits, silence and alarms.
        specs: Declared limits by signal.
        settings: Those of the baseline unless given; of an empty one, what fits the window.
    """
    if settings is None:
        fitting = EvidenceSettings.fitting((window.end - window.start).total_seconds())
        settings = baseline.settings if baseline.signals else fitting
    found = list(_of_signals(window, baseline, specs, settings=settings))
    periods = {name: spec.period_s for name, spec in specs.items()}
    found += silences(window, baseline, periods, settings=settings)
    found += alarms.findings(window.events, window.start, window.end, settings=settings)
    return numbered(bounded(found, settings.max_items), window.machine)


def _of_signals(
    window: Window,
    baseline: Baseline,
    specs: Mapping[str, Limits],
    *,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    for name, samples in gather(window, settings).items():
        if len(samples.times):
            yield from merged(
                _of_signal(samples, baseline, specs.get(name), settings=settings), settings=settings
            )


def _of_signal(
    samples: Samples, baseline: Baseline, limits: Limits | None, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    known = baseline.signals.get(samples.signal)
    if limits is not None:
        yield from violations(samples, limits, known, settings=settings)
    if known is not None and known.norms:
        yield from shifts(samples, known, limits, settings=settings)
        yield from stuck(samples, known, settings=settings)
        yield from noise_changes(samples, known, settings=settings)
        yield from spikes(samples, known, settings=settings)
