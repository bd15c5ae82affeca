"""What every detector shares: the finding it returns, runs of samples and the limits it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ingest.digest import Rows
from ingest.evidence_samples import Flags
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


def rows_of(records: Rows) -> tuple[RowRange, ...]:
    """The rows of the history that these records of a digest came from."""
    if not len(records):
        return ()
    low, high = records["first_row"].min(), records["last_row"].max()
    return (RowRange("readings", int(low), int(high)),)
