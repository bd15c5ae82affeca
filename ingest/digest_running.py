"""A signal and a machine's state digested as they come, with a short tail for what comes late."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ingest.detect import Limits
from ingest.digest import Digest, Rows, joined
from ingest.digest_making import Carry, Piece, closed, digest_piece, presence_of
from ingest.evidence_samples import (
    SPIKE_SAMPLES,
    Columns,
    Floats,
    Samples,
    StateClock,
    in_order,
    look,
)
from ingest.evidence_settings import EvidenceSettings

MOST_PARTS = 64
NONE: Columns = (np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))


def with_more(own: Columns, more: Columns) -> Columns:
    """Both, in order of time; a row that comes again is there once."""
    if not len(own[0]):
        return more
    times, values, rows = in_order(*(np.concatenate(pair) for pair in zip(own, more, strict=True)))
    fresh = np.ones(len(times), dtype=bool)
    fresh[1:] = (np.diff(times) != 0) | (np.diff(rows) != 0)
    return times[fresh], values[fresh], rows[fresh]


def _before(own: Columns, edge: float) -> tuple[Columns, Columns]:
    at = int(np.searchsorted(own[0], edge))
    times, values, rows = own
    return (times[:at], values[:at], rows[:at]), (times[at:], values[at:], rows[at:])


@dataclass(slots=True)
class RunningState:
    """The changes of state in the window, and the samples that may still be put in order."""

    settings: EvidenceSettings
    times: Floats = field(default_factory=lambda: np.empty(0))
    states: Floats = field(default_factory=lambda: np.empty(0))
    tail: Columns = NONE

    def changes(self) -> tuple[Floats, Floats]:
        """When which state was first seen, the tail included."""
        times = np.concatenate((self.times, self.tail[0]))
        states = np.concatenate((self.states, self.tail[1]))
        kept = np.concatenate((np.ones(min(1, len(states)), dtype=bool), np.diff(states) != 0))
        return times[kept], states[kept]

    def clock(self) -> StateClock:
        """For the samples of the other signals."""
        return StateClock.told(*self.changes(), self.settings)

    def settle(self, edge: float, start: float) -> None:
        """Keep changes only of what lies before the edge, and none but the last before `start`."""
        done, self.tail = _before(self.tail, edge)
        whole = RunningState(self.settings, self.times, self.states, done)
        times, states = whole.changes()
        first = max(0, int(np.searchsorted(times, start, side="right")) - 1)
        self.times, self.states = times[first:], states[first:]


@dataclass(slots=True)
class RunningSignal:
    """One signal: finished digests, calm samples that wait for their neighbours, the raw tail."""

    signal: str
    limits: Limits | None
    settings: EvidenceSettings
    unit: str = ""
    parts: list[Digest] = field(default_factory=list)
    carry: Carry = field(default_factory=Carry)
    calm: Samples | None = None
    context: int = 0
    """So many of the calm samples are digested and only stand around."""
    tail: Columns = NONE
    heard: float = -np.inf
    """Time of the last sample before the tail."""
    digested: int = 0
    """Samples that went into finished digests."""

    @property
    def pending(self) -> int:
        """Samples that are kept as they came."""
        return len(self.tail[0]) + (0 if self.calm is None else len(self.calm.times))

    def settle(self, edge: float, clock: StateClock) -> None:
        """Digest what lies before the edge, as far as the samples after it are known."""
        done, self.tail = _before(self.tail, edge)
        if not len(done[0]):
            return
        presence = presence_of(done[0], self.heard, self.settings)
        self.heard = float(done[0][-1])
        self.calm = self._calm(done, clock)
        whole = self._whole(self.calm.times)
        digest, self.carry = self._digest(self.calm, whole)
        self._keep(digest, presence)
        self.digested += whole - self.context
        left = max(0, whole - SPIKE_SAMPLES)
        self.context = whole - left
        self.calm = self.calm.between(left, len(self.calm.times))

    def since(self, start: float) -> None:
        """Forget blocks before that time."""
        while self.parts and self.parts[0].begins < start:
            first = self.parts[0].since(start)
            if len(first.presence) or len(first.cells):
                self.parts[0] = first
                break
            del self.parts[0]

    def now(self, clock: StateClock) -> Digest:
        """Everything until now as one digest."""
        calm = self._calm(self.tail, clock)
        digest, carry = self._digest(calm, len(calm.times))
        presence = presence_of(self.tail[0], self.heard, self.settings)
        return joined([*self.parts, closed(digest, carry, presence)])

    def _calm(self, own: Columns, clock: StateClock) -> Samples:
        samples = look(self.signal, self.unit, own, clock)
        fresh = samples.where(samples.calm)
        return fresh if self.calm is None else self.calm.followed_by(fresh)

    def _whole(self, times: Floats) -> int:
        """Up to where every sample has its neighbours and every block is complete."""
        if len(times) <= self.context + SPIKE_SAMPLES:
            return self.context
        blocks = np.floor(times / self.settings.block_s)
        return max(self.context, int(np.searchsorted(blocks, blocks[-SPIKE_SAMPLES])))

    def _digest(self, calm: Samples, last: int) -> tuple[Digest, Carry]:
        piece = Piece(self.context, last)
        return digest_piece(calm, piece, self.carry, self.limits, self.settings)

    def _keep(self, digest: Digest, presence: Rows) -> None:
        self.parts.append(digest.heard(presence))
        if len(self.parts) > MOST_PARTS:
            self.parts = [joined(self.parts)]
