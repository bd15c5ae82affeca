"""How familiar a text is: close to texts that were learnt, measured by how close those lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Floats

NEAREST = 5
"""Texts that a familiarity stands on."""
AROUND = 10
"""Texts that tell how densely a place is settled."""
DENSITY_COUNTS = 0.6
"""Part of a text's density that is taken off the cosine to it."""
CELLS = 4_000_000
"""Of one block of the comparison: bounds its memory."""

Vectors = NDArray[np.float32]
Array = TypeVar("Array", bound=NDArray[Any])


class NearTexts:
    """Unit vectors of texts that were learnt, each with the density of its surroundings."""

    def __init__(self, vectors: Vectors, density: Vectors) -> None:
        self._vectors = vectors
        self._density = density

    @classmethod
    def of(cls, vectors: Vectors) -> NearTexts:
        """Keep them, and the mean cosine of each to its nearest others."""
        count = min(AROUND, len(vectors) - 1)
        density = [
            _largest(without(block @ vectors.T, start, -1.0), count).mean(axis=1)
            if count
            else np.zeros(len(block))
            for start, block in blocks(vectors, len(vectors))
        ]
        return cls(vectors, np.concatenate(density).astype(np.float32))

    @classmethod
    def read(cls, tensors: Mapping[str, NDArray[np.generic]]) -> NearTexts:
        """From what `tensors` gave."""
        return cls(tensors["vectors"].astype(np.float32), tensors["density"].astype(np.float32))

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """To be written; the vectors at half precision."""
        return {"vectors": self._vectors.astype(np.float16), "density": self._density}

    def familiarity(self, vectors: Vectors) -> Floats:
        """Mean over the nearest of the cosine less a part of their density; higher is nearer."""
        return np.concatenate(
            [self._nearest(block @ self._vectors.T) for _, block in blocks(vectors, len(self))]
        )

    def among_themselves(self) -> Floats:
        """The same of each text that was learnt, without itself."""
        return np.concatenate(
            [
                self._nearest(without(block @ self._vectors.T, start, -1.0))
                for start, block in blocks(self._vectors, len(self))
            ]
        )

    def __len__(self) -> int:
        return len(self._vectors)

    def _nearest(self, cosines: Vectors) -> Floats:
        found = cosines - DENSITY_COUNTS * self._density
        nearest = _largest(found, min(NEAREST, len(self)))
        return np.asarray(nearest.mean(axis=1), dtype=np.float64)


def blocks(rows: Array, against: int) -> Iterator[tuple[int, Array]]:
    """Pieces of the rows that are compared at once, each with the number of its first row."""
    size = max(CELLS // max(against, 1), 1)
    for start in range(0, max(len(rows), 1), size):
        piece: Array = rows[start : start + size]  # type: ignore[assignment]  # of the same kind
        yield start, piece


def without(table: Array, start: int, value: float) -> Array:
    """The comparison of rows from `start` on with all rows; no row is its own neighbour."""
    own = np.arange(len(table))
    table[own, start + own] = value
    return table


def _largest(table: Vectors, count: int) -> Vectors:
    found: Vectors = -np.partition(-table, count - 1, axis=1)[:, :count]
    return found
