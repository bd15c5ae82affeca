"""Figures of a ranked list, as trec_eval counts them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

DEPTH = 10


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain with graded relevance."""
    gained = _discounted([relevant.get(name, 0) for name in ranked[:depth]])
    best = _discounted(sorted(relevant.values(), reverse=True)[:depth])
    return gained / best if best else 0.0


def recall(ranked: Sequence[str], relevant: Mapping[str, int], depth: int = DEPTH) -> float:
    """Share of what is relevant that stands among the first."""
    return len(set(ranked[:depth]) & set(relevant)) / len(relevant)


def place_of_first(right: Sequence[bool], depth: int = DEPTH) -> int:
    """Where the first right one stands, counted from 1; 0: not among the first."""
    return next((rank for rank, one in enumerate(right[:depth], start=1) if one), 0)


def gain_at(place: int) -> float:
    """nDCG where one right passage is all that is asked for."""
    return 1.0 / math.log2(place + 1) if place else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies, without interpolation; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _discounted(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))
