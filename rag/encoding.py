"""The port to a text encoder: what the rag room needs of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TextEncoder(Protocol):
    """Makes vectors of texts; the same text always gives the same vector."""

    @property
    def name(self) -> str:
        """Names the model and its version: vectors of another name do not fit."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of length 1 (L2)."""
