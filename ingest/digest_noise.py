"""How noisy stretches of a signal are, free of the few samples that stand out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.digest import Rows
from ingest.evidence_samples import Floats, Ints

NOISE_SAMPLES = 12
"""A stretch of noise has this many samples at least."""
KEPT = 0.75
"""Share of the cells of a stretch that count, the quietest: spikes are no noise."""


@dataclass(frozen=True, slots=True)
class NoiseBlocks:
    """Stretches of noise; all arrays are as long, `edges` by one longer."""

    edges: Ints
    """First cell of each, and the end."""
    means: Floats
    counts: Ints
    """Samples in each."""


def rough_blocks(cells: Rows, rough: Floats, block_s: float) -> NoiseBlocks:
    """Mean over the quieter cells of each aligned block.

    Args:
        cells: Of the digest.
        rough: What is averaged, one figure a cell.
        block_s: Length of a block.
    """
    blocks = np.floor(cells["first"] / block_s).astype(np.int64)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(blocks)) + 1, [len(cells)]))
    sizes = np.diff(edges)
    number = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((rough, number))
    rank = np.arange(len(cells)) - np.repeat(edges[:-1], sizes)
    kept = rank < np.repeat(np.ceil(KEPT * sizes), sizes)
    weights = np.where(kept, cells["count"][order], 0).astype(np.float64)
    total = np.add.reduceat(weights, edges[:-1])
    means = np.add.reduceat(weights * rough[order], edges[:-1]) / total
    return NoiseBlocks(edges, means, np.add.reduceat(cells["count"], edges[:-1]))
