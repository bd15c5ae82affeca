"""A signal that swings to and fro regularly, as it never did while the machine was well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.detect import Finding, rows_of
from ingest.detect_departure import Course
from ingest.evidence_samples import Flags, Floats, Ints
from ingest.evidence_settings import EvidenceSettings
from ingest.spectrum import HALF, LONGEST, POINTS, Stretches, parts_of, stretches
from ingest.vocabulary import EvidenceKind, Quantity, Severity

NEIGHBOURS = 1
"""Lines by which the period may differ from one stretch to the next."""
APART = 3
"""Halves of a stretch that may lie between two of one oscillation."""
TRIED = 41
"""Periods that are tried between two lines."""
RESOLUTION = 1e-4
"""A swing smaller than this share of the level is none."""
FADED = 0.5
"""It begins and ends where the swing is this share of its strongest."""


@dataclass(frozen=True, slots=True)
class _Swing:
    """Stretches that follow each other and swing at one period."""

    first: float
    last: float
    period_s: float
    stretch_s: float
    """Length of the stretches in which it was seen."""
    amplitude: float
    share: float

    @property
    def length(self) -> float:
        """Seconds from the first stretch to the end of the last."""
        return self.last - self.first


def oscillations(
    course: Course, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """Periodic movement larger than any of the baseline, for several cycles."""
    found: list[_Swing] = []
    scales = stretches(
        course.cells,
        course.fine,
        interval_s=baseline.interval_s,
        part_s=course.part_s,
        least=_least(baseline, settings),
    )
    for scale, seen in scales:
        usual = baseline.swings.get(scale)
        if usual is not None:
            found += _swings(seen, np.asarray(usual), baseline, settings)
    told: list[_Swing] = []
    for swing in sorted(found, key=lambda one: (-one.amplitude * one.share, one.first)):
        if not any(_same(swing, other) for other in told):
            told.append(swing)
            finding = _finding(course, swing, settings)
            if finding is not None:
                yield finding


def _swings(
    seen: Stretches, usual: Floats, baseline: SignalBaseline, settings: EvidenceSettings
) -> Iterator[_Swing]:
    """Stretches that swing more than usual, those of one period that follow each other as one."""
    rows, line = np.arange(len(seen.starts)), seen.strongest() - LONGEST
    amplitude, share = seen.swing[rows, line], seen.share[rows, line]
    allowed = settings.swing_reach * np.maximum(_around(usual), np.median(usual))
    floor = _least(baseline, settings)
    swings: Flags = (
        (amplitude > allowed[line]) & (share > settings.swing_share) & (amplitude > floor)
    )
    at = np.flatnonzero(swings)
    for group in _grouped(at, seen.starts, line, HALF * seen.step_s):
        best = group[int(np.argmax(amplitude[group]))]
        yield _Swing(
            float(seen.starts[group[0]]),
            float(seen.starts[group[-1]] + POINTS * seen.step_s),
            POINTS * seen.step_s / float(line[best] + LONGEST),
            POINTS * seen.step_s,
            float(amplitude[best]),
            float(np.median(share[group])),
        )


def _least(baseline: SignalBaseline, settings: EvidenceSettings) -> float:
    """No swing is smaller, whatever the baseline's own were."""
    typical = max(baseline.norms.values(), key=lambda norm: norm.count)
    return max(RESOLUTION * abs(typical.level), settings.swing_sigmas * typical.sigma)


def _around(usual: Floats) -> Floats:
    """The largest of each line and its neighbours."""
    padded = np.pad(usual, NEIGHBOURS, mode="edge")
    width = 2 * NEIGHBOURS + 1
    return np.asarray(np.max([padded[at : at + len(usual)] for at in range(width)], axis=0))


def _grouped(at: Ints, starts: Floats, line: Ints, half_s: float) -> list[Ints]:
    if not len(at):
        return []
    apart = np.diff(starts[at]) > APART * half_s
    other = np.abs(np.diff(line[at])) > NEIGHBOURS
    return np.split(at, np.flatnonzero(apart | other) + 1)


def _same(one: _Swing, other: _Swing) -> bool:
    return one.first < other.last and other.first < one.last


def _finding(course: Course, swing: _Swing, settings: EvidenceSettings) -> Finding | None:
    """The swing with its period and edges refined; None for too few cycles."""
    swing = _tuned(course, swing)
    edges = _edges(course, swing, settings.swing_pause_s)
    if edges is None or edges[1] - edges[0] < settings.swing_cycles * swing.period_s:
        return None
    first = int(np.searchsorted(course.cells["last"], edges[0]))
    last = int(np.searchsorted(course.cells["first"], edges[1], side="right"))
    cells, lasts = course.cells[first:last], edges[1] - edges[0]
    if not len(cells):
        return None
    level = float(np.average(cells["mean"], weights=cells["count"]))
    unit = course.unit
    return Finding(
        kind=EvidenceKind.OSCILLATION,
        signals=(course.signal,),
        start=max(edges[0], float(cells["first"][0])),
        end=min(edges[1], float(cells["last"][-1])),
        severity=Severity.INFO,
        numbers={
            "period": Quantity(swing.period_s, "s"),
            "amplitude": Quantity(swing.amplitude, unit),
            "level": Quantity(level, unit),
            "count": Quantity(float(int(lasts / swing.period_s))),
            "duration": Quantity(lasts, "s"),
        },
        rows=rows_of(cells),
        active=bool(edges[1] >= course.cells["last"][-1] - swing.period_s),
    )


def _tuned(course: Course, swing: _Swing) -> _Swing:
    """With the period between the lines at which it swings most."""
    middle, half = (swing.first + swing.last) / 2.0, min(swing.stretch_s, swing.length / 2.0)
    times, away = _points(course, middle - half, middle + half)
    if len(times) < HALF:
        return swing
    reach = min(0.5, swing.period_s / swing.stretch_s)
    periods = swing.period_s / np.linspace(1.0 - reach, 1.0 + reach, TRIED)
    turns = np.exp(-2j * np.pi * np.outer(1.0 / periods, times - times[0]))
    strength = np.abs(turns @ (away - away.mean()))
    return replace(swing, period_s=float(periods[int(np.argmax(strength))]))


def _points(course: Course, first: float, last: float) -> tuple[Floats, Floats]:
    """Times and distances of the parts between two instants."""
    begin = int(np.searchsorted(course.cells["last"], first))
    end = int(np.searchsorted(course.cells["first"], last))
    index, away = parts_of(course.cells[begin:end], course.fine[begin:end])
    return np.asarray((index + 0.5) * course.part_s, dtype=np.float64), away


def _edges(course: Course, swing: _Swing, pause_s: float) -> tuple[float, float] | None:
    """Where the swing reaches half of its strength, by its envelope over one period."""
    margin = max(swing.length / 2.0, pause_s)
    times, away = _points(course, swing.first - margin, swing.last + margin)
    if len(times) < HALF:
        return None
    strong = np.flatnonzero(_envelope(times, away, swing.period_s) > FADED * swing.amplitude)
    apart = np.flatnonzero(np.diff(times[strong]) > swing.period_s) + 1
    spells = [
        (float(times[group[0]]), float(times[group[-1]]))
        for group in np.split(strong, apart)
        if len(group) and times[group[-1]] - times[group[0]] >= swing.period_s
    ]
    return _spell_around(spells, swing, pause_s)


def _spell_around(
    spells: list[tuple[float, float]], swing: _Swing, pause_s: float
) -> tuple[float, float] | None:
    """The longest spell within the swing, with those before and after it."""
    inside = [one for one in spells if one[0] < swing.last and one[1] > swing.first]
    if not inside:
        return None
    first, last = max(inside, key=lambda one: one[1] - one[0])
    for begin, end in sorted(spells):
        if begin > last and begin - last <= pause_s:
            last = end
    for begin, end in sorted(spells, reverse=True):
        if end < first and first - end <= pause_s:
            first = begin
    return first, last


def _envelope(times: Floats, away: Floats, period_s: float) -> Floats:
    """Amplitude at that period over one period around each instant."""
    turn = np.exp(-2j * np.pi * (times - times[0]) / period_s)
    first = np.searchsorted(times, times - period_s / 2.0)
    last = np.searchsorted(times, times + period_s / 2.0, side="right")
    level = np.concatenate(([0.0], np.cumsum(away)))
    mean = (level[last] - level[first]) / (last - first)
    moved = np.concatenate(([0.0], np.cumsum((away - mean) * turn)))
    return np.asarray(2.0 * np.abs(moved[last] - moved[first]) / (last - first))
