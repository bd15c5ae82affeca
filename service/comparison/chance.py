"""How often answers that have nothing to do with the items would be as right."""

from __future__ import annotations

import numpy as np

from finetune.examples import Floats, Rows

SHUFFLES = 400


def chance_share(truth: Rows, said: Rows, *, seed: int = 0) -> float:
    """Share of shufflings of the answers that reach the macro-F1 of the answers as they are.

    Near 0: the answers follow the items. A handful of items cannot get there, however right they
    are: two answers stand as they should in every other shuffling.

    Args:
        truth: the right labels, as numbers.
        said: the answers; below 0 where there is none.
        seed: of the shuffling.
    """
    size = int(max(truth.max(), said.max())) + 1
    share = 1 / np.maximum(np.bincount(truth, minlength=size) + _counted(said, size), 1)
    chance = np.random.default_rng(seed)
    ours = float(_hits(truth, said, size) @ share)
    shuffled = (chance.permutation(said) for _ in range(SHUFFLES))
    found = [float(_hits(truth, other, size) @ share) for other in shuffled]
    return (1 + sum(one >= ours - 1e-12 for one in found)) / (1 + SHUFFLES)


def _hits(truth: Rows, said: Rows, size: int) -> Floats:
    """Right answers by label."""
    return _counted(truth[truth == said], size)


def _counted(labels: Rows, size: int) -> Floats:
    return np.bincount(labels[labels >= 0], minlength=size).astype(np.float64)
