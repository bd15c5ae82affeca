"""Rollups of a minute or an hour, and long stretches of a signal read from them.

A rollup remembers when its lowest and its highest number were measured. So a point that is read
from it is a reading as it was, only not every one: `rollup_s` says for how long a stretch it
stands, and its sequence number is not known any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.thinning import keep_extremes
from ingest.upkeep import HOUR, MINUTE, STEPS, Standing, ceiling, floor
from ingest.vocabulary import Quality, Reading

_FAR_MORE = 4
"""Readings for each wanted point, from which on rollups are read in their place."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """What the readings of one series in a minute or an hour come to."""

    machine: str
    signal: str
    source: str
    start: datetime
    step: timedelta
    count: int
    """Numbers of quality good or uncertain; all that follows is about these."""
    rest: int
    """Readings without a number, or bad."""
    texts: int
    """How many of the rest are texts."""
    total: float
    low: float | None
    low_time: datetime | None
    high: float | None
    high_time: datetime | None
    first: float | None
    first_time: datetime | None
    last: float | None
    last_time: datetime | None
    received_time: datetime
    """When the last of all was received."""
    unit: str
    all_good: bool
    is_bool: bool

    @property
    def mean(self) -> float | None:
        """The mean of the numbers."""
        return self.total / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what is asked for, and what it is read from."""

    start: datetime
    end: datetime
    step: timedelta | None
    """Of the rollups; None: readings as received."""


@dataclass(frozen=True, slots=True)
class Sources:
    """How one signal of a store is read."""

    readings: Callable[[datetime, datetime], list[Reading]]
    rollups: Callable[[Stretch], list[Rollup]]
    """Those that begin in a stretch or reach into it, in time order."""


def stretches(
    start: datetime, end: datetime, max_points: int, standing: Standing
) -> Iterator[Stretch]:
    """What to read: rollups where readings are gone or many more than the points wanted."""
    if max_points <= 0:
        yield Stretch(start, end, None)
        return
    wide = [step for step in STEPS if 2 * (end - start) >= max_points * step]
    step = wide[-1] if wide else None
    there = min(max(standing.kept_from, start), end)
    coarse = there if step == HOUR else min(max(standing.minutes_from, start), there)
    yield Stretch(start, coarse, HOUR)
    yield Stretch(coarse, there, MINUTE)
    if step is not None:
        first, last = ceiling(there, step), floor(min(end, standing.rolled_to), step)
        if first < last:
            yield Stretch(there, first, None)
            yield Stretch(first, last, step)
            there = last
    yield Stretch(there, end, None)


def thinned(
    sources: Sources, start: datetime, end: datetime, max_points: int, standing: Standing
) -> list[Reading]:
    """A signal in time order, at most that many points, with its extremes; 0 points: all."""
    found: list[Reading] = []
    for stretch in stretches(start, end, max_points, standing):
        if stretch.start < stretch.end:
            found += _read(stretch, sources, max_points, standing)
    return keep_extremes(found, max_points)


def _read(stretch: Stretch, sources: Sources, max_points: int, standing: Standing) -> list[Reading]:
    if stretch.step is None:
        return sources.readings(stretch.start, stretch.end)
    rollups = sources.rollups(stretch)
    gone = stretch.start < standing.kept_from
    if not gone and not _worth_it(rollups, max_points):
        return sources.readings(stretch.start, stretch.end)
    points = (point for rollup in rollups for point in _points(rollup, stretch))
    return sorted(points, key=lambda point: point.source_time)


def _worth_it(rollups: Iterable[Rollup], max_points: int) -> bool:
    """Whether rollups spare much and hide nothing: they hold no texts."""
    listed = list(rollups)
    many = sum(rollup.count + rollup.rest for rollup in listed) > _FAR_MORE * max_points
    return many and not any(rollup.texts for rollup in listed)


def _points(rollup: Rollup, stretch: Stretch) -> Iterator[Reading]:
    """The lowest and the highest reading of a rollup that were measured in the stretch."""
    measured = {rollup.low_time: rollup.low, rollup.high_time: rollup.high}
    if not rollup.count:
        measured = {max(rollup.start, stretch.start): None}
    for moment, number in measured.items():
        if moment is None or not stretch.start <= moment < stretch.end:
            continue
        good = Quality.GOOD if rollup.all_good else Quality.UNCERTAIN
        yield Reading(
            machine=rollup.machine,
            signal=rollup.signal,
            value=bool(number) if rollup.is_bool and number is not None else number,
            unit=rollup.unit,
            quality=good if number is not None else Quality.BAD,
            source_time=moment,
            received_time=rollup.received_time,
            source=rollup.source,
            rollup_s=int(rollup.step.total_seconds()),
        )
