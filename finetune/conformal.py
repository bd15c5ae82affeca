"""Sets of labels that hold the right one as often as asked: split conformal prediction (LAC)."""

from __future__ import annotations

import math

import numpy as np

from finetune.examples import Floats, Rows

COVERAGE = 0.9
"""Share of inputs whose right label is asked to be in the set."""


def least_probability(probabilities: Floats, labels: Rows, *, coverage: float = COVERAGE) -> float:
    """The probability that a label needs to be in a set, from rows that the model has not learnt.

    With the correction for finite samples: over exchangeable rows the sets hold the right label in
    at least that share of cases. Too few rows for that give 0, and every label is in every set.
    """
    right = np.sort(probabilities[np.arange(len(labels)), labels])
    left_out = len(right) - math.ceil((len(right) + 1) * coverage - 1e-9)
    return float(right[left_out]) if left_out >= 0 else 0.0


def label_set(row: Floats, least: float) -> tuple[int, ...]:
    """Columns of the labels in the set, likeliest first; at least the likeliest one."""
    order = np.argsort(-row, kind="stable")
    count = max(int((row >= least).sum()), 1)
    return tuple(order[:count].tolist())
