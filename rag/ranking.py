"""The same passages in the same order from every engine: of equal ones the lower id comes first.

Engines add the same numbers in other orders, so that scores differ in their last bits, and passages
that are word for word the same tie. Without care a limit would cut through them at random.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import itemgetter

from rag.index import Hit

DIGITS = 6
_NEAR = 1e-6
"""Nearer to each other, relative for scores above 1, two of them are one."""
_MARGIN = 28
_MOST = 10_000
"""Passages with one and the same score beyond that many are cut as the engine has them."""


def best(limit: int, fetch: Callable[[int], Iterable[tuple[str, float]]]) -> list[Hit]:
    """The best of an engine that gives its own best few; asked for more while a tie is open."""
    asked = limit + _MARGIN
    while True:
        hits = ranked(fetch(asked))
        whole = len(hits) < asked or hits[-1].score < hits[limit - 1].score
        if whole or asked >= _MOST:
            return hits[:limit]
        asked = min(asked * 4, _MOST)


def ranked(found: Iterable[tuple[str, float]]) -> list[Hit]:
    """Best first; scores that differ by rounding alone become one, and then the id decides."""
    hits: list[Hit] = []
    last, tied = math.inf, False
    for id_, score in sorted(found, key=itemgetter(1), reverse=True):
        apart = last - score
        same = apart <= _NEAR or apart <= _NEAR * abs(score)
        hits.append(Hit(id_, hits[-1].score if same else round(score, DIGITS)))
        tied, last = tied or same, score
    return sorted(hits, key=lambda hit: (-hit.score, hit.id)) if tied else hits
