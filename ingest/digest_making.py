"""From samples to their digest, at once or piece by piece with the same result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ingest.detect import Limits
from ingest.digest import CELL, CROSSING, FINE, PRESENCE, SPIKE, STILL, Digest, Rows, no_rows
from ingest.digest_crossing import Latch, Side, crossings, sides_of
from ingest.evidence_samples import (
    Floats,
    Ints,
    Samples,
    StateClock,
    columns,
    look,
    median_of_five,
    off_from_around,
)
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Series, Window

KEPT_SPIKES = 3
"""A cell keeps this many of its samples that are furthest from those around them ..."""
STANDS_OUT = 2.5
"""... if they are this many times further off than all are on average ..."""
FEW_SAMPLES = 6
"""... or if there are no more than these, of which spikes would be too large a share."""


@dataclass(frozen=True, slots=True)
class Carry:
    """What a piece hands to the next: the run of one value and of crossings that are open."""

    still: Rows = field(default_factory=lambda: no_rows(STILL))
    above: Latch = field(default_factory=Latch)
    below: Latch = field(default_factory=Latch)


def digest_window(
    window: Window, limits: Mapping[str, Limits], settings: EvidenceSettings
) -> dict[str, Digest]:
    """Every signal of a window, digested at once."""
    clock = StateClock.of(window.series.get(settings.state_signal), settings)
    return {
        name: digest_series(series, clock, limits.get(name), settings)
        for name, series in sorted(window.series.items())
    }


def digest_series(
    series: Series, clock: StateClock, limits: Limits | None, settings: EvidenceSettings
) -> Digest:
    """A whole signal; of the state itself only when it was heard."""
    own = columns(series)
    if series.signal == settings.state_signal:
        presence = presence_of(own[0], -np.inf, settings)
        return Digest(series.signal, series.unit, presence=presence)
    samples = look(series.signal, series.unit, own, clock)
    calm = samples.where(samples.calm)
    digest, carry = digest_piece(calm, Piece(0, len(calm.times)), Carry(), limits, settings)
    return closed(digest, carry, presence_of(own[0], -np.inf, settings))


@dataclass(frozen=True, slots=True)
class Piece:
    """Of the samples given, first to last (excluded) are digested; the others stand around."""

    first: int
    last: int


def digest_piece(
    calm: Samples, piece: Piece, carry: Carry, limits: Limits | None, settings: EvidenceSettings
) -> tuple[Digest, Carry]:
    """Calm samples that begin and end at the edges of blocks, after what came before."""
    if piece.first == piece.last:
        return Digest(calm.signal, calm.unit), carry
    inside = slice(piece.first, piece.last)
    around = median_of_five(calm.values)
    off, around = off_from_around(calm, around)[inside], around[inside]
    own = calm.between(piece.first, piece.last)
    frame = _Frame.of(own, settings.block_s)
    cells = _cells(own, frame, off, settings.block_s)
    stills, still = _stills(own, carry.still, settings.block_s)
    above, below = sides_of(limits)
    over, high = _crossings(own, frame.edges, above, carry.above, settings)
    under, low = _crossings(own, frame.edges, below, carry.below, settings)
    digest = Digest(
        calm.signal, calm.unit, cells, _spikes(own, frame, off, around), stills, over, under
    )
    return digest, Carry(still, high, low)


def closed(digest: Digest, carry: Carry, presence: Rows) -> Digest:
    """With the run of one value that is still open at its end."""
    stills = np.concatenate([digest.stills, carry.still])
    return replace(digest, stills=stills, presence=presence)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the cells begin."""

    blocks: Ints
    edges: Ints
    counts: Ints

    @classmethod
    def of(cls, samples: Samples, block_s: float) -> _Frame:
        blocks = np.floor(samples.times / block_s).astype(np.int64)
        fresh = (np.diff(blocks) != 0) | (np.diff(samples.states) != 0)
        edges = np.concatenate(([0], np.flatnonzero(fresh) + 1))
        return cls(blocks, edges, np.diff(np.append(edges, len(blocks))))

    def spread(self, per_cell: Floats) -> Floats:
        """The value of its cell for each sample."""
        return np.repeat(per_cell, self.counts)


def _cells(samples: Samples, frame: _Frame, off: Floats, block_s: float) -> Rows:
    edges, ends = frame.edges, frame.edges + frame.counts - 1
    cells = np.empty(len(edges), dtype=CELL)
    cells["block"], cells["state"] = frame.blocks[edges], samples.states[edges]
    cells["count"], cells["since"] = frame.counts, samples.since[edges]
    cells["first"], cells["last"] = samples.times[edges], samples.times[ends]
    cells["first_row"] = np.minimum.reduceat(samples.rows, edges)
    cells["last_row"] = np.maximum.reduceat(samples.rows, edges)
    cells["mean"] = np.add.reduceat(samples.values, edges) / frame.counts
    cells["low"] = np.minimum.reduceat(samples.values, edges)
    cells["high"] = np.maximum.reduceat(samples.values, edges)
    cells["rough"] = np.add.reduceat(off, edges) / frame.counts
    cells["fine"] = _fine(samples, frame, block_s)
    return cells


def _fine(samples: Samples, frame: _Frame, block_s: float) -> Floats:
    part = ((samples.times - frame.blocks * block_s) * (FINE / block_s)).astype(np.int64)
    at = np.clip(part, 0, FINE - 1) + np.repeat(np.arange(len(frame.edges)) * FINE, frame.counts)
    size = len(frame.edges) * FINE
    sums = np.bincount(at, weights=samples.values, minlength=size)
    counts = np.bincount(at, minlength=size)
    means = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    return np.asarray(means.reshape(-1, FINE))


def _spikes(samples: Samples, frame: _Frame, off: Floats, around: Floats) -> Rows:
    """Of each cell the samples that are furthest off, one by one, if they stand out at all."""
    rough = np.add.reduceat(off, frame.edges) / frame.counts
    least = np.where(frame.counts > FEW_SAMPLES, STANDS_OUT * rough, 0.0)
    left, found = np.where(off > frame.spread(least), off, 0.0), []
    for _ in range(KEPT_SPIKES):
        highest = np.maximum.reduceat(left, frame.edges)
        hits = np.flatnonzero((left == frame.spread(highest)) & (left > 0.0))
        cell = np.searchsorted(frame.edges, hits, side="right") - 1
        first = hits[np.flatnonzero(np.diff(cell, prepend=-1))]
        found.append(first)
        left[first] = 0.0
    at = np.sort(np.concatenate(found))
    spikes = np.empty(len(at), dtype=SPIKE)
    cell = np.searchsorted(frame.edges, at, side="right") - 1
    spikes["cell"], spikes["state"] = samples.times[frame.edges][cell], samples.states[at]
    spikes["time"], spikes["row"] = samples.times[at], samples.rows[at]
    spikes["value"], spikes["around"] = samples.values[at], around[at]
    return spikes


def _stills(samples: Samples, still: Rows, block_s: float) -> tuple[Rows, Rows]:
    """Runs of one value that ended and were longer than a block, and the one that is open."""
    changes = np.flatnonzero(samples.values[1:] != samples.values[:-1])
    edges, ends = np.append(0, changes + 1), np.append(changes, len(samples.values) - 1)
    kept = samples.times[ends] - samples.times[edges] > block_s
    kept[[0, -1]] = True
    edges, ends = edges[kept], ends[kept]
    runs = np.empty(len(edges), dtype=STILL)
    runs["first"], runs["last"] = samples.times[edges], samples.times[ends]
    runs["first_row"], runs["last_row"] = samples.rows[edges], samples.rows[ends]
    runs["count"], runs["value"] = ends - edges + 1, samples.values[edges]
    if len(still) and still["value"][0] == runs["value"][0]:
        runs["count"][0] += still["count"][0]
        runs["first"][0], runs["first_row"][0] = still["first"][0], still["first_row"][0]
    else:
        runs = np.concatenate([still, runs])
    ended = runs[:-1]
    return ended[ended["last"] - ended["first"] > block_s], runs[-1:]


def _crossings(
    samples: Samples, edges: Ints, side: Side | None, latch: Latch, settings: EvidenceSettings
) -> tuple[Rows, Latch]:
    if side is None:
        return no_rows(CROSSING), latch
    return crossings(samples, edges, side, latch, settings.limit_hysteresis)


def presence_of(times: Floats, before: float, settings: EvidenceSettings) -> Rows:
    """When the signal was heard, block by block, after a sample at `before`."""
    if not len(times):
        return no_rows(PRESENCE)
    blocks = np.floor(times / settings.block_s).astype(np.int64)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(blocks)) + 1))
    counts = np.diff(np.append(edges, len(times)))
    pauses = np.diff(times, prepend=before if np.isfinite(before) else times[0])
    presence = np.empty(len(edges), dtype=PRESENCE)
    presence["block"], presence["count"] = blocks[edges], counts
    presence["first"], presence["last"] = times[edges], times[edges + counts - 1]
    presence["pause"] = np.maximum.reduceat(pauses, edges)
    return presence
