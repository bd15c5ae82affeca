"""Limit violations: with hysteresis, a minimum duration, and bursts counted as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.baseline import Norm, SignalBaseline, rhythm
from ingest.detect import Finding, Limits, Run, furthest, grouped, latched, rows_between, runs
from ingest.evidence_samples import NO_STATE, Flags, Floats, Samples
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, MachineState, Quantity, Severity

PRODUCING = (NO_STATE, MachineState.EXECUTE.number)


@dataclass(frozen=True, slots=True)
class _Side:
    direction: str
    limit: float
    critical: float | None
    other: float | None

    @property
    def sign(self) -> float:
        return 1.0 if self.direction == "up" else -1.0

    def beyond(self, samples: Samples, share: float) -> Flags:
        room = abs(self.limit - self.other) if self.other is not None else abs(self.limit)
        excess = (samples.values - self.limit) * self.sign
        return latched(excess > 0, excess < -share * room)


def violations(
    samples: Samples, limits: Limits, baseline: SignalBaseline | None, *, settings: EvidenceSettings
) -> list[Finding]:
    """Crossings of the declared limits, those close together as one finding."""
    found: list[Finding] = []
    for side in _sides(limits):
        valid = samples.where(samples.calm & _applies(side, samples, baseline))
        if len(valid.times):
            found += _violations(valid, side, baseline, settings)
    return found


def _sides(limits: Limits) -> Iterator[_Side]:
    high = limits.high if limits.high is not None else limits.high_high
    low = limits.low if limits.low is not None else limits.low_low
    if high is not None:
        yield _Side("up", high, limits.high_high, low)
    if low is not None:
        yield _Side("down", low, limits.low_low, high)


def _applies(side: _Side, samples: Samples, baseline: SignalBaseline | None) -> Flags:
    """A limit that is normally crossed in a state (no pressure when idle) is none in that state."""
    allowed = [
        state
        for state in np.unique(samples.states).tolist()
        if _applies_in(side, state, baseline.norms.get(state) if baseline else None)
    ]
    return np.isin(samples.states, allowed)


def _applies_in(side: _Side, state: int, norm: Norm | None) -> bool:
    if state in PRODUCING:
        return True
    if norm is None:
        return side.direction == "up"
    return (norm.level - side.limit) * side.sign < 0


def _violations(
    samples: Samples, side: _Side, baseline: SignalBaseline | None, settings: EvidenceSettings
) -> Iterator[Finding]:
    interval, _ = rhythm(samples.times)
    beyond = runs(side.beyond(samples, settings.limit_hysteresis))
    for group in grouped(beyond, samples.times, settings.merge_s):
        lengths = [_length(samples, run, interval) for run in group]
        lasting = any(
            length >= settings.limit_min_s and last > first
            for length, (first, last) in zip(lengths, group, strict=True)
        )
        if lasting or len(group) >= settings.limit_bursts:
            yield _violation(samples, side, group, sum(lengths), baseline)


def _length(samples: Samples, run: Run, interval: float) -> float:
    return float(samples.times[run[1]] - samples.times[run[0]]) + interval


def _violation(
    samples: Samples,
    side: _Side,
    group: list[Run],
    duration: float,
    baseline: SignalBaseline | None,
) -> Finding:
    first, last = group[0][0], group[-1][1]
    inside = samples.values[first : last + 1]
    unit = samples.unit
    numbers = {
        "peak": Quantity(furthest(inside, side.direction), unit),
        "limit": Quantity(side.limit, unit),
        "duration": Quantity(duration, "s"),
        "count": Quantity(float(len(group))),
    }
    norm = baseline.norms.get(int(samples.states[first])) if baseline else None
    if norm is not None:
        numbers["baseline"] = Quantity(norm.level, unit)
    critical = side.critical is not None and _twice_beyond(inside, side.critical, side.sign)
    if critical and side.critical is not None:
        numbers["critical_limit"] = Quantity(side.critical, unit)
    return Finding(
        kind=EvidenceKind.LIMIT_VIOLATION,
        signals=(samples.signal,),
        start=float(samples.times[first]),
        end=float(samples.times[last]),
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        numbers=numbers,
        rows=rows_between(samples, first, last),
        active=last == len(samples.times) - 1,
        direction=side.direction,
    )


def _twice_beyond(values: Floats, limit: float, sign: float) -> bool:
    return int(np.count_nonzero((values - limit) * sign > 0)) > 1
