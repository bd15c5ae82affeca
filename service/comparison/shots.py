"""Labelled examples for a prompt: a few of each label, from as many groups as there are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from prompting.tasks.classifying import MOST_SHOTS
from service.comparison.nouns import Item, Known


def shots_of(known: Known, *, per_class: int) -> tuple[Item, ...]:
    """Up to so many examples of each label, in turns of all labels; the same for the same seed.

    A first turn is whole before the second begins, so that what is cut at the end for want of room
    is cut from every label alike.
    """
    rows: dict[str, list[Item]] = defaultdict(list)
    for item in known.examples:
        if item.label in known.labels:
            rows[item.label].append(item)
    picked = {
        name: _spread(rows[name], count=per_class, seed=f"{known.seed} {name}")
        for name in known.labels
    }
    turns = (picked[name][turn : turn + 1] for turn in range(per_class) for name in known.labels)
    return tuple(item for found in turns for item in found)[:MOST_SHOTS]


def _spread(rows: Sequence[Item], *, count: int, seed: str) -> list[Item]:
    """From another group each time, as far as there are some."""
    mixed = random.Random(seed).sample(rows, len(rows))  # noqa: S311 - a draw that is repeatable
    seen: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, int]] = []
    for place, item in enumerate(mixed):
        ranked.append((seen[item.group] if item.group else 0, place))
        seen[item.group] += 1
    return [mixed[place] for _, place in sorted(ranked)[:count]]
