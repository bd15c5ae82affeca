"""Whether a text is like anything that was learnt from: cosine to the nearest training text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = "neighbours.safetensors"
MOST = 5000
"""Training texts that are kept to compare with."""
KNOWN_LOST = 0.05
"""Share of known texts that may be taken for unknown."""

Vectors = NDArray[np.float32]


class Neighbours:
    """Unit vectors of training texts."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    @classmethod
    def of(cls, vectors: Vectors, *, seed: int) -> Neighbours:
        """All of them, or a sample of very many."""
        if len(vectors) <= MOST:
            return cls(vectors)
        rows = np.random.default_rng(seed).choice(len(vectors), MOST, replace=False)
        return cls(vectors[np.sort(rows)])

    @classmethod
    def read(cls, folder: Path) -> Neighbours:
        """From its file."""
        from safetensors.numpy import load_file

        return cls(load_file(folder / FILE)["vectors"].astype(np.float32))

    def write(self, folder: Path) -> None:
        """To its file, at half precision."""
        from safetensors.numpy import save_file

        save_file({"vectors": self._vectors.astype(np.float16)}, folder / FILE)

    def nearest(self, vectors: Vectors) -> Vectors:
        """Cosine of each vector to the nearest one here."""
        found: Vectors = (vectors @ self._vectors.T).max(axis=1)
        return found

    def threshold(self, known: Vectors) -> float:
        """The cosine under which only the allowed share of known texts lies."""
        return float(np.quantile(self.nearest(known), KNOWN_LOST))
