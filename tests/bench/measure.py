"""One measurement: ours beside a baseline of the same run, for these machines are shared."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

LONG = bool(os.environ.get("BENCH_LONG", ""))
"""Whether suites that take a sample by themselves take everything: hours in place of minutes."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure of ours beside that of a baseline."""

    name: str
    unit: str
    ours: float
    baseline: float
    baseline_name: str
    more_is_better: bool = True

    @property
    def ratio(self) -> float | None:
        """How many times better than the baseline; None where there is nothing to divide by."""
        better, worse = (
            (self.ours, self.baseline) if self.more_is_better else (self.baseline, self.ours)
        )
        return better / worse if self.baseline_name and worse else None


def cpu_seconds(work: Callable[[], object], *, times: int = 3) -> float:
    """CPU seconds of the quickest of several runs."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)
