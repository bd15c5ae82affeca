"""Texture of a signal: a value that stands still, single spikes, noise that grew or vanished."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.baseline import SIGMA_OF_MEAN_STEP, SignalBaseline, block_means, spike_room
from ingest.detect import Finding, Run, far_off, grouped, rows_between, runs
from ingest.evidence_samples import SPIKE_SAMPLES, SPIKE_WIDTH, Flags, Floats, Samples
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity

STILL_SAMPLES = 8
NOISE_SAMPLES = 6
NOISE_BLOCKS = 2


def stuck(
    samples: Samples, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """A value that stands still far longer than it ever did while the machine was well."""
    seen = _lively(samples, baseline)
    if len(seen.times) < STILL_SAMPLES:
        return
    usual = max(norm.longest_still_s for norm in baseline.norms.values())
    longest = max(settings.stuck_s, settings.stuck_runs * usual)
    for first, last in _still_runs(seen, longest):
        yield _stuck(seen, (first, last), float(seen.times[last] - seen.times[first]))


def _still_runs(samples: Samples, longest: float) -> list[Run]:
    """Runs of one value over more than `longest` seconds and enough samples."""
    changes = np.flatnonzero(np.diff(samples.values)) + 1
    firsts = np.concatenate(([0], changes))
    lasts = np.concatenate((changes, [len(samples.values)])) - 1
    lengths = samples.times[lasts] - samples.times[firsts]
    still = (lengths > longest) & (lasts - firsts + 1 >= STILL_SAMPLES)
    return list(zip(firsts[still].tolist(), lasts[still].tolist(), strict=True))


def _stuck(samples: Samples, run: Run, length: float) -> Finding:
    value = float(samples.values[run[0]])
    return Finding(
        kind=EvidenceKind.STUCK,
        signals=(samples.signal,),
        start=float(samples.times[run[0]]),
        end=float(samples.times[run[1]]),
        severity=Severity.INFO,
        numbers={
            "level": Quantity(value, samples.unit),
            "duration": Quantity(length, "s"),
        },
        rows=rows_between(samples, *run),
        active=run[1] == len(samples.times) - 1,
    )


def spikes(
    samples: Samples, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """One or two samples far off between neighbours that agree; near ones count as one finding."""
    seen = _lively(samples, baseline)
    if len(seen.times) < SPIKE_WIDTH:
        return
    levelled, far = far_off(seen.values, spike_room(baseline.norms, seen.states, settings))
    short = [run for run in runs(far) if run[1] - run[0] < SPIKE_SAMPLES]
    inner = [run for run in short if run[0] > 0 and run[1] < len(far) - 1]
    for group in grouped(inner, seen.times, settings.merge_s):
        yield _spike(seen, levelled, group)


def _spike(samples: Samples, around: Floats, group: list[Run]) -> Finding:
    marks = np.concatenate([np.arange(first, last + 1) for first, last in group])
    off = samples.values[marks] - around[marks]
    at = int(marks[int(np.argmax(np.abs(off)))])
    first, last = group[0][0], group[-1][1]
    return Finding(
        kind=EvidenceKind.SPIKE,
        signals=(samples.signal,),
        start=float(samples.times[first]),
        end=float(samples.times[last]),
        severity=Severity.INFO,
        numbers={
            "peak": Quantity(float(samples.values[at]), samples.unit),
            "level": Quantity(float(around[at]), samples.unit),
            "count": Quantity(float(len(group))),
        },
        rows=rows_between(samples, first, last),
        active=False,
        direction="up" if samples.values[at] > around[at] else "down",
    )


def noise_changes(
    samples: Samples, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """Blocks whose sample-to-sample noise is several times what it was."""
    seen = _lively(samples, baseline)
    if len(seen.times) < NOISE_SAMPLES:
        return
    steps = np.abs(np.diff(seen.values))
    usual = _noise(seen.where(np.arange(len(seen.times)) > 0), baseline)
    times = seen.times[1:]
    start = float(times[0])
    blocks, means, counts = block_means(
        times, np.minimum(steps / usual, 1e6), start=start, block_s=settings.noise_s
    )
    ratio = means * SIGMA_OF_MEAN_STEP
    loud = (ratio > settings.noise_ratio) & (counts >= NOISE_SAMPLES)
    for run in runs(loud):
        if run[1] - run[0] + 1 >= NOISE_BLOCKS:
            span = _inside(
                times, start + np.array([blocks[run[0]], blocks[run[1]] + 1]) * settings.noise_s
            )
            if span is not None:
                yield _noisy(
                    seen, span, float(np.median(usual)), float(np.max(ratio[run[0] : run[1] + 1]))
                )


def _inside(times: Floats, edges: Floats) -> Run | None:
    flags: Flags = (times >= edges[0]) & (times < edges[1])
    found = np.flatnonzero(flags)
    return (int(found[0]) + 1, int(found[-1]) + 1) if len(found) else None


def _noise(samples: Samples, baseline: SignalBaseline) -> Floats:
    known = sorted(baseline.norms)
    table = np.array([baseline.norms[state].noise for state in known])
    return np.asarray(table[np.searchsorted(known, samples.states)])


def _noisy(samples: Samples, run: Run, usual: float, ratio: float) -> Finding:
    return Finding(
        kind=EvidenceKind.NOISE_CHANGE,
        signals=(samples.signal,),
        start=float(samples.times[run[0]]),
        end=float(samples.times[run[1]]),
        severity=Severity.INFO,
        numbers={
            "baseline": Quantity(usual, samples.unit),
            "level": Quantity(usual * ratio, samples.unit),
            "ratio": Quantity(ratio),
            "duration": Quantity(float(samples.times[run[1]] - samples.times[run[0]]), "s"),
        },
        rows=rows_between(samples, *run),
        active=run[1] == len(samples.times) - 1,
        direction="up",
    )


def _lively(samples: Samples, baseline: SignalBaseline) -> Samples:
    """Calm samples in states in which the signal is known to move."""
    moving = [state for state, norm in baseline.norms.items() if norm.noise > 0.0]
    return samples.where(samples.calm & np.isin(samples.states, moving))
