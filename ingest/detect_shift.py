"""Level shifts and drifts of a signal away from its own baseline, state by state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import Norm
from ingest.detect import Finding, Limits, Run, rows_of
from ingest.detect_departure import SHORTEST_BLOCKS, Course, departures
from ingest.digest import FINE, Rows
from ingest.evidence_samples import Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity

RISE_FROM, RISE_TO = 0.2, 0.8
STILL_MOVING = 0.4
"""A shift that was there from the start is a drift if it moves by this share of itself."""


def shifts(
    course: Course,
    baseline: SignalBaseline,
    limits: Limits | None,
    *,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    """Every lasting departure from the baseline's level, as a step or a drift."""
    for sign in (1.0, -1.0):
        free = 0
        found = list(departures(course, baseline, sign, settings=settings))
        for run in _rejoined(course, found):
            yield _Shift.of(course, run, free).finding(baseline, limits, settings)
            free = run[1] + 1


def _rejoined(course: Course, found: list[Run]) -> Iterator[Run]:
    """Departures between which the machine did something else are one."""
    states = course.cells["state"]
    whole: Run | None = None
    for run in found:
        if whole is not None:
            own = np.unique(states[whole[0] : whole[1] + 1])
            between = np.isin(states[whole[1] + 1 : run[0]], own)
            if np.count_nonzero(between) > SHORTEST_BLOCKS:
                yield whole
                whole = None
        whole = run if whole is None else (whole[0], run[1])
    if whole is not None:
        yield whole


@dataclass(frozen=True, slots=True)
class _Shift:
    """One departure, its edges sharper than the cells it was found in."""

    whole: Course
    run: Run
    onset: float
    course: Course
    """The part of the whole in the state that the machine was mostly in."""
    own: Run
    """The departure's cells in that part."""
    free: int
    """The first cell of it that belongs to no earlier departure."""

    @classmethod
    def of(cls, whole: Course, run: Run, free: int) -> _Shift:
        """The departure with its onset looked for, not before `free`."""
        states, counts = np.unique(whole.cells["state"][run[0] : run[1] + 1], return_counts=True)
        course, at = whole.of_state(int(states[int(np.argmax(counts))]))
        cell, onset = _onset(whole, run, free)
        first, last = np.searchsorted(at, (cell, run[1] + 1)).tolist()
        own_free = min(int(np.searchsorted(at, free)), first)
        return cls(whole, (cell, run[1]), onset, course, (first, max(first, last - 1)), own_free)

    def finding(
        self, baseline: SignalBaseline, limits: Limits | None, settings: EvidenceSettings
    ) -> Finding:
        """Step or drift, with numbers, rows and severity."""
        norm = baseline.norms[int(self._cells["state"][0])]
        drift, change = self._is_drift(settings), self._change()
        warns = self._lasts(norm, settings) and _matters(norm, change, limits, settings)
        return Finding(
            kind=EvidenceKind.DRIFT if drift else EvidenceKind.STEP,
            signals=(self.course.signal,),
            start=min(self.onset, self._end),
            end=self._end,
            severity=Severity.WARNING if warns else Severity.INFO,
            numbers=self._numbers(norm, drift=drift),
            rows=rows_of(self.whole.cells[self.run[0] : self.run[1] + 1]),
            active=self.run[1] == len(self.whole.cells) - 1,
            direction="up" if change > 0 else "down",
        )

    @property
    def _inside(self) -> slice:
        return slice(self.own[0], self.own[1] + 1)

    @property
    def _cells(self) -> Rows:
        return self.course.cells[self._inside]

    @property
    def _end(self) -> float:
        return float(self.whole.cells["last"][self.run[1]])

    def _numbers(self, norm: Norm, *, drift: bool) -> dict[str, Quantity]:
        change, unit = self._change(), self.course.unit
        peak = self._cells["high"].max() if change > 0 else self._cells["low"].min()
        numbers = {
            "baseline": Quantity(norm.level, unit),
            "level": Quantity(norm.level + change, unit),
            "change": Quantity(abs(change), unit),
            "peak": Quantity(float(peak), unit),
            "duration": Quantity(self._duration(), "s"),
        }
        if drift:
            numbers["slope"] = Quantity(abs(self._slope()) * 60.0, f"{unit}/min")
        return numbers

    def _change(self) -> float:
        """Mean distance over the last third."""
        sign = 1.0 if self.course.plateau(self.own) > 0 else -1.0
        tail = slice(self.own[1] - (self.own[1] - self.own[0]) // 3, self.own[1] + 1)
        counts = self.course.cells["count"][tail]
        return sign * abs(float(np.average(self.course.away[tail], weights=counts)))

    def _duration(self) -> float:
        return max(0.0, self._end - self.onset)

    def _slope(self) -> float:
        """Change a second, by least squares."""
        return slope(self.course.middle(self._inside), self.course.away[self._inside])

    def _lasts(self, norm: Norm, settings: EvidenceSettings) -> bool:
        strong = abs(self._change()) > settings.strong_sigmas * norm.sigma
        cell = self.whole.cells[self.run[0]]
        settled = cell["since"] + max(0.0, self.onset - cell["first"]) >= settings.settle_s
        return bool(strong and settled) and self._duration() >= settings.persist_s

    def _is_drift(self, settings: EvidenceSettings) -> bool:
        """A step rises within `step_rise_s`; a drift takes longer."""
        plateau = self.course.plateau(self.own)
        moved = self._slope() * self._duration() / plateau if plateau else 0.0
        if moved <= 0.0:
            return False
        share = self.course.away / plateau
        high = self.own[0] + int(np.argmax(share[self._inside] >= RISE_TO))
        low = high
        while low > self.free and share[low - 1] > RISE_FROM:
            low -= 1
        if low == self.free and share[low] > RISE_FROM:
            return moved > STILL_MOVING
        return (high - low) * settings.block_s > settings.step_rise_s


def _onset(course: Course, run: Run, free: int) -> tuple[int, float]:
    """The cell and the time at which a departure began."""
    if run[0] == 0:
        return 0, float(course.cells["first"][0])
    before = max(free, run[0] - SHORTEST_BLOCKS)
    cell, onset = _sharpest(course, (before, max(before, (run[0] + run[1]) // 2)))
    foot = _foot(course, run, cell, free=free)
    if foot < cell:
        cell, onset = foot, float(course.cells["first"][foot])
    return min(cell, run[1]), onset


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


def _sharpest(course: Course, run: Run) -> tuple[int, float]:
    """The cell and the time before and after which the means differ most."""
    away = course.fine[run[0] : run[1] + 1].ravel()
    heard = np.flatnonzero(np.isfinite(away))
    away = away[heard]
    count = np.arange(1, len(away))
    before = np.cumsum(away)[:-1]
    gain = (before / count - (away.sum() - before) / (len(away) - count)) ** 2
    gain *= count * (len(away) - count)
    at = int(heard[int(np.argmax(gain)) + 1]) if len(gain) else 0
    cell = run[0] + at // FINE
    start = course.cells["block"][cell] * FINE * course.part_s + at % FINE * course.part_s
    first, last = course.cells["first"][cell], course.cells["last"][cell]
    return cell, float(min(max(start, first), last))


def _foot(course: Course, run: Run, cell: int, *, free: int) -> int:
    """The cell in which a slow rise began: back from its middle to near the old level."""
    share = course.away / (course.plateau(run) or np.inf)
    while cell > free and share[cell - 1] > RISE_FROM:
        cell -= 1
    return cell


def slope(times: Floats, values: Floats) -> float:
    """Change a second, by least squares."""
    centred = times - times.mean()
    square = float(np.sum(centred * centred))
    return float(np.sum(centred * values)) / square if square > 0 else 0.0
