"""The port to a model that reads question and passage together: slow, so it sees only the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Says how well passages answer a question; the same pair always gets the same score."""

    @property
    def name(self) -> str:
        """Names the model."""

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One for each text, from 0 to 1; higher answers better."""
