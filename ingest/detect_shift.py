"""Level shifts and drifts of a signal away from its own baseline, state by state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.baseline import Norm, SignalBaseline
from ingest.detect import Finding, Limits, Run, furthest, rows_between
from ingest.detect_departure import SHORTEST_BLOCKS, Course, departures, follow
from ingest.evidence_samples import Floats, Samples
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity

RISE_FROM, RISE_TO = 0.2, 0.8
STILL_MOVING = 0.4
"""A shift that was there from the start is a drift if it moves by this share of itself."""


def shifts(
    samples: Samples,
    baseline: SignalBaseline,
    limits: Limits | None,
    *,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    """Every lasting departure from the baseline's level, as a step or a drift."""
    course = follow(samples, baseline, settings)
    if course is None:
        return
    for sign in (1.0, -1.0):
        free = 0
        for run in departures(course, baseline, sign, settings=settings):
            yield _Shift.of(course, run, free).finding(baseline, limits, settings)
            free = run[1] + 1


@dataclass(frozen=True, slots=True)
class _Shift:
    """One departure, its edges sharper than the blocks it was found in."""

    course: Course
    run: Run
    first: int
    last: int
    free: int
    """The first block that belongs to no earlier departure."""

    @classmethod
    def of(cls, course: Course, run: Run, free: int) -> _Shift:
        """The departure with its edges looked for, the first one not before `free`."""
        _, last = course.span(run)
        if run[0] == 0:
            return cls(course, run, 0, last, free)
        before = max(free, run[0] - SHORTEST_BLOCKS)
        middle = _sharpest(course, (before, (run[0] + run[1]) // 2))
        foot = _foot(course, run, int(course.block_of[middle]), free=free)
        return cls(course, run, min(middle, foot, last), last, free)

    def finding(
        self, baseline: SignalBaseline, limits: Limits | None, settings: EvidenceSettings
    ) -> Finding:
        """The shift in words of the trade; a warning only when it is strong and lasting."""
        samples = self.course.samples
        norm = baseline.norms[int(samples.states[self.last])]
        drift, change = self._is_drift(settings), self._change()
        warns = self._lasts(norm, settings) and _matters(norm, change, limits, settings)
        return Finding(
            kind=EvidenceKind.DRIFT if drift else EvidenceKind.STEP,
            signals=(samples.signal,),
            start=float(samples.times[self.first]),
            end=float(samples.times[self.last]),
            severity=Severity.WARNING if warns else Severity.INFO,
            numbers=self._numbers(norm, drift=drift),
            rows=rows_between(samples, self.first, self.last),
            active=self.run[1] == len(self.course.blocks) - 1,
            direction="up" if change > 0 else "down",
        )

    def _numbers(self, norm: Norm, *, drift: bool) -> dict[str, Quantity]:
        samples, change = self.course.samples, self._change()
        inside = samples.values[self.first : self.last + 1]
        unit = samples.unit
        numbers = {
            "baseline": Quantity(norm.level, unit),
            "level": Quantity(norm.level + change, unit),
            "change": Quantity(abs(change), unit),
            "peak": Quantity(furthest(inside, "up" if change > 0 else "down"), unit),
            "duration": Quantity(self._duration(), "s"),
        }
        if drift:
            numbers["slope"] = Quantity(abs(self._slope()) * 60.0, f"{unit}/min")
        return numbers

    def _change(self) -> float:
        sign = 1.0 if self.course.plateau(self.run) > 0 else -1.0
        tail = max(self.first, self.last - max(2, (self.last - self.first) // 3))
        return sign * abs(float(np.mean(self.course.away[tail : self.last + 1])))

    def _duration(self) -> float:
        times = self.course.samples.times
        return float(times[self.last] - times[self.first])

    def _slope(self) -> float:
        """Change a second, by least squares."""
        inside = slice(self.first, self.last + 1)
        return slope(self.course.samples.times[inside], self.course.away[inside])

    def _lasts(self, norm: Norm, settings: EvidenceSettings) -> bool:
        strong = abs(self._change()) > settings.strong_sigmas * norm.sigma
        settled = bool(self.course.samples.settled[self.first])
        return strong and settled and self._duration() >= settings.persist_s

    def _is_drift(self, settings: EvidenceSettings) -> bool:
        """A step rises within `step_rise_s`; a drift takes longer."""
        plateau = self.course.plateau(self.run)
        moved = self._slope() * self._duration() / plateau if plateau else 0.0
        if moved <= 0.0:
            return False
        share = self.course.blocks / plateau
        high = self.run[0] + int(np.argmax(share[self.run[0] : self.run[1] + 1] >= RISE_TO))
        low = high
        while low > self.free and share[low - 1] > RISE_FROM:
            low -= 1
        if low == self.free and share[low] > RISE_FROM:
            return moved > STILL_MOVING
        return (high - low) * settings.block_s > settings.step_rise_s


def _matters(norm: Norm, change: float, limits: Limits | None, settings: EvidenceSettings) -> bool:
    """Where limits are declared, they say how far is too far; else every strong shift counts."""
    if norm.noise == 0.0:
        return False
    if limits is None or all(
        end is None for end in (limits.low_low, limits.low, limits.high, limits.high_high)
    ):
        return True
    limit = limits.high if change > 0 else limits.low
    if limit is None:
        return False
    return abs(change) >= settings.margin_share * abs(limit - norm.level)


def _sharpest(course: Course, run: Run) -> int:
    """The sample at which the mean before and after differ most."""
    first, last = course.span((run[0], max(run)))
    away = course.away[first : last + 1]
    count = np.arange(1, len(away))
    before = np.cumsum(away)[:-1]
    gain = (before / count - (away.sum() - before) / (len(away) - count)) ** 2
    gain *= count * (len(away) - count)
    return first + (int(np.argmax(gain)) + 1 if len(gain) else 0)


def _foot(course: Course, run: Run, block: int, *, free: int) -> int:
    """The sample where a slow rise began: back from its middle to near the old level."""
    share = course.blocks / (course.plateau(run) or np.inf)
    while block > free and share[block - 1] > RISE_FROM:
        block -= 1
    return course.span((block, block))[0]


def slope(times: Floats, values: Floats) -> float:
    """Change a second, by least squares."""
    centred = times - times.mean()
    square = float(np.dot(centred, centred))
    return float(np.dot(centred, values)) / square if square > 0 else 0.0
