"""Parts of what was learnt that are held back in turn; a group is never in two of them."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence

PARTS = 10
"""At most; with fewer groups each is held back alone."""


def parts_of(groups: Sequence[str], known: Mapping[str, int] | None = None) -> dict[str, int]:
    """The part of each group, all parts about as large; a known group keeps its part."""
    placed = dict(known or {})
    counts = Counter(groups)
    sizes = dict.fromkeys(range(PARTS), 0)
    for group, part in placed.items():
        sizes[part] += counts[group]
    heap = [(size, part) for part, size in sizes.items()]
    heapq.heapify(heap)
    for group in sorted(counts.keys() - placed.keys(), key=lambda name: (-counts[name], name)):
        size, part = heapq.heappop(heap)
        placed[group] = part
        heapq.heappush(heap, (size + counts[group], part))
    return placed
