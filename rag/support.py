"""How well passages support an answer: the nearest one's cosine and the best one's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from rag.terms import idf, terms

SUPPORTING = 8
"""How many of the best passages are looked at; an answer stands on one of them."""
_SPARE = 0.5
"""Of a term that stands in no passage, added to what a question asks for: two everyday words that
happen to stand together are less of an answer than six rare ones."""


def coverage(weights: Mapping[str, float], texts: Iterable[str], passages: int) -> float:
    """The share of a question's terms that stand together in one of these texts, 0 to below 1.

    Terms that are spread over several passages prove nothing: a manual of another device has most
    of the words somewhere.

    Args:
        weights: IDF of each term of the question, times how often it is asked for.
        passages: how many there are in the collection.
    """
    asked = sum(weights.values())
    if not asked:
        return 0.0
    held = (
        sum(weight for term, weight in weights.items() if term in there)
        for there in map(_terms, texts)
    )
    return max(held, default=0.0) / (asked + _SPARE * idf(passages, 0))


def support(cosine: float, covered: float, share: float) -> float:
    """One number from 0 to 1; `share` is the weight of the cosine."""
    return share * max(cosine, 0.0) + (1.0 - share) * covered


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    """Of a passage; the same few passages answer most questions."""
    return frozenset(terms(text))
