"""A deterministic encoder without a model: similar texts share hashed words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.terms import terms


class HashingEncoder:
    """Counts stems in hashed buckets; unit length; remembers how many texts it was given."""

    def __init__(self, *, dimension: int = 256, name: str = "hashing") -> None:
        self.name = name
        self.dimension = dimension
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        rows = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for term in terms(text):
                digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
                row[int.from_bytes(digest, "big") % self.dimension] += 1.0
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit
