"""Rows of token ids as a rectangle: each text as wide as it would be alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEP = 8
"""Tokens to whose multiple every text is brought: few shapes, and little that is computed twice."""

Ids = NDArray[np.int64]


def padded(ids: Sequence[Sequence[int]], *, step: int = STEP) -> tuple[Ids, Ids]:
    """The rectangle and the lengths; all texts round up to the same multiple of the step."""
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    wide = -(-int(lengths.max()) // step) * step
    if int(lengths.min()) <= wide - step:
        raise ValueError("texts of different widths are never put into one pass")
    found = np.zeros((len(ids), wide), dtype=np.int64)
    for row, text in enumerate(ids):
        found[row, : len(text)] = text
    return found, lengths
