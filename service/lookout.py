"""Looks at a machine: its window from the history, what is normal for it, and the evidence."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ingest.alarms import AlarmPast, past_of
from ingest.baseline import Baseline, learn
from ingest.evidence import extract
from ingest.evidence_settings import EvidenceSettings
from ingest.history import History
from ingest.plant import Plant
from ingest.vocabulary import Evidence, Series, Window

Span = tuple[datetime, datetime]

ALARM_PAST = timedelta(weeks=4)
"""How far back a usual week is looked for, and what still stands."""
MOST_EVENTS = 50_000
"""The newest of them, of a machine that says more."""


@dataclass(frozen=True, slots=True)
class Look:
    """A window and what is found in it."""

    window: Window
    evidence: tuple[Evidence, ...]


class Lookout:
    """Reads windows and keeps one baseline a machine."""

    def __init__(self, plant: Plant, history: History, *, settings: EvidenceSettings) -> None:
        self._plant = plant
        self._history = history
        self._settings = settings
        self._baselines: dict[str, Baseline] = {}
        self._lock = threading.Lock()

    def look(self, machine: str, start: datetime, end: datetime) -> Look:
        """Evidence between two instants, held against the machine's baseline of now."""
        window = self._history.window(machine, start, end)
        return Look(window, self._extract(window, self.baseline(machine)))

    def look_back(self, machine: str, start: datetime, end: datetime, *, normal: timedelta) -> Look:
        """Evidence of a past window, held against the time just before it.

        Its alarms are held against the weeks before it, as far as they are known.
        """
        before = self._history.window(machine, start - normal, start)
        window = self._history.window(machine, start, end)
        told = self._history.events(machine, start - ALARM_PAST, start, limit=MOST_EVENTS)
        baseline = learn(before, settings=self._settings)
        return Look(window, self._extract(window, baseline, past_of(told, start)))

    def baseline(self, machine: str) -> Baseline | None:
        """What is normal, once enough was seen."""
        with self._lock:
            return self._baselines.get(machine)

    def learn(
        self,
        machine: str,
        span: Span,
        *,
        except_for: Sequence[Span],
        minimum: timedelta,
    ) -> bool:
        """Learn what is normal from a span without the times in which something was wrong.

        Returns:
            False when that leaves less than `minimum`; what was learnt before stays.
        """
        window = without(self._history.window(machine, *span), except_for)
        if covered(window) < minimum:
            return False
        baseline = learn(window, settings=self._settings)
        with self._lock:
            self._baselines[machine] = baseline
        return True

    def _extract(
        self, window: Window, baseline: Baseline | None, past: AlarmPast | None = None
    ) -> tuple[Evidence, ...]:
        specs = self._plant.machine(window.machine).signals
        if baseline is None:
            baseline = Baseline(window.machine, window.start, window.start, self._settings)
        return extract(window, baseline, specs, settings=self._settings, past=past)


def without(window: Window, spans: Sequence[Span]) -> Window:
    """The window without what lies in those spans."""
    series = {name: _series_without(one, spans) for name, one in window.series.items()}
    events = tuple(
        event
        for event in window.events
        if not any(start <= event.source_time < end for start, end in spans)
    )
    return Window(window.machine, window.start, window.end, series, events)


def covered(window: Window) -> timedelta:
    """How much time the readings of the best covered signal span, pauses left out."""
    longest = 0.0
    for series in window.series.values():
        if len(series.times) > 1:
            gaps = np.diff(np.asarray(series.times, dtype=np.float64))
            usual = 5 * float(np.median(gaps))
            longest = max(longest, float(gaps[gaps <= usual].sum()))
    return timedelta(seconds=longest)


def _series_without(series: Series, spans: Sequence[Span]) -> Series:
    times = np.asarray(series.times, dtype=np.float64)
    keep = np.ones(len(times), dtype=bool)
    for start, end in spans:
        keep &= ~((times >= start.timestamp()) & (times < end.timestamp()))
    return Series(
        series.signal,
        series.unit,
        times[keep].tolist(),
        np.asarray(series.values, dtype=np.float64)[keep].tolist(),
        np.asarray(series.rows, dtype=np.int64)[keep].tolist(),
    )
