"""The same passages in the same order from every engine: of equal ones the lower id comes first.

Engines add the same numbers in other orders, so that scores differ in their last bits, and passages
that are word for word the same tie. Without care a limit would cut through them at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.index import Hit

DIGITS = 6
"""Of a score, relative for those above 1."""
_MARGIN = 28
_MOST = 10_000
"""Passages with one and the same score beyond that many are cut as the engine has them."""


def best(limit: int, fetch: Callable[[int], Sequence[Hit]]) -> list[Hit]:
    """The best of an engine that gives its own best few; asked for more while a tie is open."""
    asked = limit + _MARGIN
    while True:
        hits = ranked(fetch(asked))
        whole = len(hits) < asked or hits[-1].score < hits[limit - 1].score
        if whole or asked >= _MOST:
            return hits[:limit]
        asked = min(asked * 4, _MOST)


def ranked(hits: Sequence[Hit]) -> list[Hit]:
    """Best first; scores that differ by rounding alone become one, and then the id decides."""
    levelled: list[Hit] = []
    last = level = 0.0
    for hit in sorted(hits, key=lambda hit: -hit.score):
        if not levelled or last - hit.score > 10.0**-DIGITS * max(1.0, abs(last)):
            level = round(hit.score, DIGITS)
        last = hit.score
        levelled.append(Hit(hit.id, level))
    return sorted(levelled, key=lambda hit: (-hit.score, hit.id))
