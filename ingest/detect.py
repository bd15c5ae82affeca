"""What every detector shares: the finding it returns, runs of samples and the limits it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ingest.evidence_samples import SPIKE_SAMPLES, SPIKE_WIDTH, Flags, Floats, Samples
from ingest.vocabulary import EvidenceKind, Quantity, RowRange, Severity


class Limits(Protocol):
    """The declared limits of a signal; `ingest.plant.SignalSpec` has this shape."""

    @property
    def low_low(self) -> float | None:
        """Critical when below."""

    @property
    def low(self) -> float | None:
        """Out of limits when below."""

    @property
    def high(self) -> float | None:
        """Out of limits when above."""

    @property
    def high_high(self) -> float | None:
        """Critical when above."""

    @property
    def period_s(self) -> float | None:
        """How often a value is expected."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding before it gets its id and its words; times in seconds since the Unix epoch."""

    kind: EvidenceKind
    signals: tuple[str, ...]
    start: float
    end: float
    severity: Severity
    numbers: Mapping[str, Quantity]
    rows: tuple[RowRange, ...] = ()
    active: bool = False
    direction: str = ""
    codes: tuple[str, ...] = field(default=())
    quotes: tuple[str, ...] = field(default=())

    def overlap(self, other: Finding) -> float:
        """Seconds that both last together."""
        return min(self.end, other.end) - max(self.start, other.start)


Run = tuple[int, int]
"""First and last index of a run of samples, both included."""


def runs(flags: Flags) -> list[Run]:
    """The runs of True."""
    padded = np.concatenate(([False], flags, [False])).astype(np.int8)
    edges = np.diff(padded)
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def latched(enter: Flags, leave: Flags) -> Flags:
    """True from each `enter` until the next `leave`: hysteresis."""
    marks = np.where(enter, 1, np.where(leave, -1, 0))
    last = np.maximum.accumulate(np.where(marks != 0, np.arange(len(marks)), -1))
    return np.asarray((last >= 0) & (marks[np.clip(last, 0, None)] == 1), dtype=bool)


def grouped(found: Sequence[Run], times: Floats, apart_s: float) -> Iterator[list[Run]]:
    """Runs that follow each other within `apart_s`, together."""
    group: list[Run] = []
    for run in found:
        if group and times[run[0]] - times[group[-1][1]] > apart_s:
            yield group
            group = []
        group.append(run)
    if group:
        yield group


def rows_between(samples: Samples, first: int, last: int) -> tuple[RowRange, ...]:
    """The rows of the history that these samples came from."""
    rows = samples.rows[first : last + 1]
    return (RowRange("readings", int(rows.min()), int(rows.max())),) if len(rows) else ()


def furthest(values: Floats, direction: str) -> float:
    """The highest or the lowest value, by direction."""
    return float(values.max() if direction == "up" else values.min())


def far_off(values: Floats, allowed: Floats) -> tuple[Floats, Flags]:
    """The values with spikes levelled to the median around them, and which those are.

    A value that is further from that median than allowed has a jump of half as much within two
    samples, so only the samples beside such jumps are looked at.
    """
    jumps = np.abs(np.diff(values)) > allowed[1:] / 2.0
    beside = np.flatnonzero(jumps)[:, None] + np.arange(1 - SPIKE_SAMPLES, SPIKE_SAMPLES + 1)
    marks = np.unique(np.clip(beside, 0, len(values) - 1))
    spike = np.zeros(len(values), dtype=bool)
    levelled = values.copy()
    padded = np.pad(values, SPIKE_WIDTH // 2, mode="edge")
    around = np.median(padded[marks[:, None] + np.arange(SPIKE_WIDTH)], axis=1)
    spike[marks] = np.abs(values[marks] - around) > allowed[marks]
    levelled[marks] = np.where(spike[marks], around, values[marks])
    return levelled, spike
