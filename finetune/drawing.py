"""A few rows of each label out of many: the smaller draw is part of the larger one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np


def drawn(labels: Sequence[str], groups: Sequence[str], per_class: int, *, seed: int) -> list[int]:
    """Numbers of the rows, ascending; of a label that has fewer rows, all.

    Groups take turns, so that few rows come from as many groups as there are: rows of one group
    say much the same, and a label in one group alone cannot be held back.

    Args:
        labels: of each row.
        groups: of each row.
        per_class: rows of each label at most.
        seed: the same seed draws the same rows, whatever other labels there are.
    """
    of_label: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        of_label[label].append(row)
    chosen = (_in_turns(rows, groups, seed)[:per_class] for rows in of_label.values())
    return sorted(row for rows in chosen for row in rows)


def _in_turns(rows: Sequence[int], groups: Sequence[str], seed: int) -> list[int]:
    """All rows of a label, one of each group after the other."""
    chance = np.random.default_rng([seed, len(rows)])
    of_group: dict[str, list[int]] = defaultdict(list)
    for row in chance.permutation(rows).tolist():
        of_group[groups[row]].append(row)
    turns = zip_longest(*of_group.values())
    return [row for turn in turns for row in turn if row is not None]
