"""What a candidate reads: texts with their vectors, or rows of numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

LEAST = 1e-9
"""Probability of a label that a model cannot give."""


def _no_vectors() -> NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


def _no_table() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Examples:
    """Inputs in order; what a task does not use is empty."""

    texts: tuple[str, ...] = ()
    vectors: NDArray[np.float32] = field(default_factory=_no_vectors)
    """Of the frozen encoder, one unit vector a text."""
    table: Floats = field(default_factory=_no_table)
    """One row of features an input, NaN where missing."""

    def __len__(self) -> int:
        return max(len(self.texts), len(self.table))

    def take(self, rows: Sequence[int] | Rows) -> Examples:
        """Those rows, in that order."""
        wanted = np.asarray(rows, dtype=np.int64)
        return Examples(
            tuple(self.texts[row] for row in wanted) if self.texts else (),
            self.vectors[wanted] if len(self.vectors) else self.vectors,
            self.table[wanted] if len(self.table) else self.table,
        )

    def fingerprints(self) -> tuple[str, ...]:
        """A short content hash of each input: its words without case, its numbers to the bit."""
        texts = [text.casefold().encode() for text in self.texts] or [b""] * len(self)
        numbers = [row.tobytes() for row in self.table] or [b""] * len(self)
        pairs = zip(texts, numbers, strict=True)
        return tuple(hashlib.sha256(text + row).hexdigest()[:16] for text, row in pairs)


class Fitted(Protocol):
    """A model that was fitted: gives scores and can be written to a folder."""

    def scores(self, examples: Examples) -> Floats:
        """Log-probabilities before calibration, shape (len(examples), labels)."""
        ...

    def write(self, folder: Path) -> None:
        """Put its files into the folder."""
        ...


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return found


def log_probabilities(found: Floats, classes: Rows, *, count: int) -> Floats:
    """Log of what a scikit-learn model gives, with a column for every label of the task."""
    every = np.full((len(found), count), LEAST)
    every[:, classes] = np.maximum(found, LEAST)
    logs: Floats = np.log(every)
    return logs
