"""How often each alarm of a machine is usually raised in a stretch of the week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ingest.alarms_log import MICROS, codes_of, micros, times_of
from ingest.evidence_samples import Floats, Ints
from ingest.vocabulary import Event, EventState

HOUR = 3600 * MICROS
WEEK = 168
MOST_HOURS = 4 * WEEK
MOST_CODES = 500
FEWEST_HOURS = 24
SETTLED_HOURS = WEEK
"""Before a week is known, nothing is called usual."""
FEWEST_STRETCHES = 3
PRIOR = 2.0
"""An hour of the week is worth as much as the mean of all hours after this many weeks."""
UNUSUAL_SIGMAS = 3.0


@dataclass(frozen=True, slots=True)
class Usual:
    """What is normal for one code, and what a count means against it."""

    count: float
    """Raises in such a stretch."""
    spread: float
    """Variance over mean of past stretches, at least 1: alarms come in bursts."""
    settled: bool
    """Learnt from a whole week at least."""

    def exceeded_by(self, count: int) -> bool:
        """So many are more than chance explains."""
        return _above(count, self.count) > UNUSUAL_SIGMAS * float(np.sqrt(self.spread))

    def explains(self, count: int) -> bool:
        """So many come by themselves in such a stretch."""
        return self.settled and self.count >= 1.0 and not self.exceeded_by(count)


@dataclass(frozen=True, slots=True)
class AlarmBaseline:
    """Raises of each code by hour, over the last four weeks at most; bounded in codes and hours.

    The time of the week is that of UTC.
    """

    first_hour: int
    """Hours since the Unix epoch."""
    codes: Mapping[str, int]
    """Which row a code has."""
    counts: NDArray[np.uint16]
    """A row a code, a column an hour."""
    whole: bool
    """Every code that was raised has its row."""

    def usual(self, code: str, start: datetime, end: datetime) -> Usual | None:
        """How often that code is raised in a stretch of that length and time of the week.

        None where too little is known: less than a day, or than three such stretches.
        """
        hours, shares = _overlaps(start, end)
        known = self.counts.shape[1]
        if known < max(FEWEST_HOURS, FEWEST_STRETCHES * float(shares.sum())):
            return None
        row = self.codes.get(code)
        if row is None:
            return Usual(0.0, 1.0, settled=known >= SETTLED_HOURS) if self.whole else None
        counts = self.counts[row].astype(np.float64)
        expected = float(np.dot(self._rates(counts)[hours % WEEK], shares))
        return Usual(expected, _spread(counts, len(hours)), settled=known >= SETTLED_HOURS)

    def _rates(self, counts: Floats) -> Floats:
        """Raises in each hour of the week, leaning on the mean while few weeks are known."""
        hour = (self.first_hour + np.arange(len(counts))) % WEEK
        seen = np.bincount(hour, minlength=WEEK)
        total = np.bincount(hour, weights=counts, minlength=WEEK)
        return np.asarray((total + PRIOR * counts.mean()) / (seen + PRIOR))


def learn_alarms(events: Sequence[Event], start: datetime, end: datetime) -> AlarmBaseline:
    """Learn from the events between two instants, whole hours only, the newest four weeks."""
    last = micros(end) // HOUR
    first = max(-(-micros(start) // HOUR), last - MOST_HOURS)
    raised = [event for event in events if event.state is EventState.RAISED]
    hour = times_of(raised) // HOUR
    names, code = codes_of(raised)
    kept = (hour >= first) & (hour < last)
    hour, code = hour[kept] - first, code[kept]
    often = np.bincount(code, minlength=len(names))
    rows = np.argsort(-often, kind="stable")[:MOST_CODES]
    rows = rows[often[rows] > 0]
    return AlarmBaseline(
        first_hour=first,
        codes={names[place]: row for row, place in enumerate(rows.tolist())},
        counts=_counted(hour, code, rows, hours=max(0, last - first)),
        whole=int(np.count_nonzero(often)) == len(rows),
    )


def _counted(hour: Ints, code: Ints, rows: Ints, *, hours: int) -> NDArray[np.uint16]:
    row_of = np.full(int(code.max(initial=-1)) + 1, -1)
    row_of[rows] = np.arange(len(rows))
    row = row_of[code]
    cell = (row * hours + hour)[row >= 0]
    counts = np.bincount(cell, minlength=len(rows) * hours).reshape(len(rows), hours)
    return np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)


def _overlaps(start: datetime, end: datetime) -> tuple[Ints, Floats]:
    """The hours that a stretch touches, and how much of each lies in it."""
    first, last = micros(start), max(micros(end), micros(start) + 1)
    hours = np.arange(first // HOUR, (last - 1) // HOUR + 1)
    inside = np.minimum(last, (hours + 1) * HOUR) - np.maximum(first, hours * HOUR)
    return hours, inside / HOUR


def _spread(counts: Floats, hours: int) -> float:
    """Variance over mean of the counts of stretches of so many hours."""
    stretches = counts[len(counts) % hours :].reshape(-1, hours).sum(axis=1)
    mean = float(stretches.mean())
    return max(1.0, float(stretches.var(ddof=1)) / mean) if mean and len(stretches) > 1 else 1.0


def _above(count: int, usual: float) -> float:
    """How far a count is above what is usual, in sigmas of one that comes by chance."""
    return 2.0 * float(np.sqrt(count + 0.375) - np.sqrt(usual + 0.375))
