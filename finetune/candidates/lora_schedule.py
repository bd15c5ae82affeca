"""In what order the rows are learnt, how fast, how often and with what weight: nothing but sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from finetune.candidates.lora import LoraSettings
from finetune.examples import Floats, Rows

SORTED_TOGETHER = 8
"""Batches within which texts are put together by length."""


def epochs_of(rows: int, settings: LoraSettings) -> int:
    """Fewer for many rows, so that the time stays bounded; two at least."""
    return max(2, min(settings.epochs, settings.max_steps // steps_an_epoch(rows, settings)))


def steps_an_epoch(rows: int, settings: LoraSettings) -> int:
    """Optimiser steps in which every row is seen once."""
    return math.ceil(rows / settings.batch)


def batches(
    tokens: Sequence[Sequence[int]], size: int, chance: np.random.Generator
) -> Iterator[list[int]]:
    """Every row once, in random batches of texts of about the same length."""
    order = chance.permutation(len(tokens)).tolist()
    reach = size * SORTED_TOGETHER
    found = []
    for start in range(0, len(order), reach):
        near = sorted(order[start : start + reach], key=lambda row: len(tokens[row]))
        found += [near[at : at + size] for at in range(0, len(near), size)]
    for at in chance.permutation(len(found)).tolist():
        yield found[at]


def learning_rate(share: float, settings: LoraSettings) -> float:
    """Up in a line, then down in a line to nothing at the end."""
    if share < settings.warm_up:
        return settings.learning_rate * max(share, 0.1 * settings.warm_up) / settings.warm_up
    return settings.learning_rate * (1.0 - share) / (1.0 - settings.warm_up)


def class_weights(labels: Rows, classes: int) -> Floats:
    """Inverse to the square root of the label's frequency, one on average over the rows.

    A label without rows has none: nothing is smoothed towards it.
    """
    counts = np.bincount(labels, minlength=classes)
    weights = np.where(counts > 0, 1.0 / np.sqrt(np.maximum(counts, 1)), 0.0)
    found: Floats = weights * len(labels) / (weights * counts).sum()
    return found
