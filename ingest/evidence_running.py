"""Evidence that is kept up to date: a new minute costs a minute's work, and memory is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from ingest.baseline import Baseline
from ingest.detect import Limits
from ingest.digest import Digest
from ingest.digest_running import RunningSignal, RunningState, with_more
from ingest.evidence import Digested, detect
from ingest.evidence_samples import StateClock, columns
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, Evidence, Series, Window

LATENESS_S = 60.0


class RunningEvidence:
    """A machine's window that moves on.

    Samples are digested once they are `lateness_s` old; until then they may come in any order and
    more than once. One that is older still when it comes is left out and counted in `late`. The
    window begins at the edge of a block, so that the items are those of a whole extraction.
    """

    def __init__(
        self,
        baseline: Baseline,
        specs: Mapping[str, Limits],
        *,
        keep_s: float,
        lateness_s: float = LATENESS_S,
        settings: EvidenceSettings | None = None,
    ) -> None:
        self.baseline = baseline
        """May be exchanged at any time: digests know nothing of it."""
        self.late = 0
        """Samples that came too late."""
        self._specs = specs
        self._settings = settings or baseline.settings
        self._keep_s = keep_s
        self._lateness_s = max(lateness_s, self._settings.state_lead_s)
        self._state = RunningState(self._settings)
        self._signals: dict[str, RunningSignal] = {}
        self._events: dict[tuple[object, ...], Event] = {}
        self._edge = -np.inf
        self._start = np.inf

    @property
    def digested(self) -> int:
        """Samples that went into finished digests, each of them once."""
        return sum(signal.digested for signal in self._signals.values())

    @property
    def pending(self) -> int:
        """Samples that are kept as they came."""
        return sum(signal.pending for signal in self._signals.values())

    def add(self, window: Window) -> None:
        """What came since the last time; it may reach back and repeat what is known."""
        self._start = min(self._start, window.start.timestamp())
        end = window.end.timestamp()
        for series in window.series.values():
            self._add(series, end)
        for event in window.events:
            self._events[event.source_time, event.code, event.state, event.row, event.text] = event
        edge = self._block_edge(end - self._lateness_s)
        if edge > self._edge:
            self._settle(edge, self._block_edge(end - self._keep_s))

    def items(self, now: datetime) -> tuple[Evidence, ...]:
        """All evidence in the window that ends now."""
        start = max(self._start, self._block_edge(now.timestamp() - self._keep_s))
        clock = self._state.clock()
        digests = {name: self._digest(name, clock).since(start) for name in sorted(self._signals)}
        seen = Digested(
            self.baseline.machine,
            (start, now.timestamp()),
            digests,
            self._events_since(start),
            self._told_state(),
        )
        return detect(seen, self.baseline, self._specs, settings=self._settings)

    def _add(self, series: Series, end: float) -> None:
        own = columns(series)
        fresh = (own[0] >= self._edge) & (own[0] < end)
        self.late += int(np.count_nonzero(own[0] < self._edge))
        own = own if fresh.all() else (own[0][fresh], own[1][fresh], own[2][fresh])
        signal = self._signals.setdefault(
            series.signal,
            RunningSignal(series.signal, self._specs.get(series.signal), self._settings),
        )
        signal.unit = series.unit
        signal.tail = with_more(signal.tail, own)
        if series.signal == self._settings.state_signal:
            self._state.tail = with_more(self._state.tail, own)

    def _settle(self, edge: float, start: float) -> None:
        clock = self._state.clock()
        for signal in self._signals.values():
            signal.settle(edge, clock)
            signal.since(start)
        self._state.settle(edge, start)
        self._events = {
            key: event
            for key, event in self._events.items()
            if event.source_time.timestamp() >= start
        }
        self._edge = edge

    def _digest(self, name: str, clock: StateClock) -> Digest:
        digest = self._signals[name].now(clock)
        if name != self._settings.state_signal:
            return digest
        return Digest(name, digest.unit, presence=digest.presence)

    def _block_edge(self, moment: float) -> float:
        return float(np.floor(moment / self._settings.block_s) * self._settings.block_s)

    def _events_since(self, start: float) -> tuple[Event, ...]:
        known = sorted(self._events.values(), key=lambda event: event.source_time)
        return tuple(event for event in known if event.source_time.timestamp() >= start)

    def _told_state(self) -> Series | None:
        times, states = self._state.changes()
        if self._settings.state_signal not in self._signals:
            return None
        name, rows = self._settings.state_signal, [0] * len(times)
        return Series(name, "", times.tolist(), states.tolist(), rows)
