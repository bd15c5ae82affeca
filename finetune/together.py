"""One judgement from several texts of one issue."""

from __future__ import annotations

import numpy as np

from finetune.examples import Floats

INDEPENDENCE = 0.5
"""Texts of one issue are neither copies (0: average) nor independent (1: product)."""
LEAST = 1e-6


def combined(probabilities: Floats, quiet: int | None) -> Floats:
    """The probabilities of one issue from those of its texts.

    Among the faults the weighted mean of the log-probabilities decides, where a text weighs as
    much as it speaks of a fault at all. No fault is as likely as in the text that speaks most of
    one: a card full of routine remarks is still about its fault.

    Args:
        probabilities: one row a text, one column a label; every row adds up to one.
        quiet: column of the label that means no fault, if there is one.
    """
    if quiet is None or probabilities.shape[1] == 1:
        return _mixed(probabilities, np.ones(len(probabilities)))
    faults = np.delete(probabilities, quiet, axis=1)
    speaks = np.maximum(faults.sum(axis=1), LEAST)
    calm = float(probabilities[:, quiet].min())
    return np.insert((1.0 - calm) * _mixed(faults / speaks[:, None], speaks), quiet, calm)


def _mixed(rows: Floats, weights: Floats) -> Floats:
    logs = np.log(np.maximum(rows, LEAST))
    mean = (weights[:, None] * logs).sum(axis=0) / weights.sum()
    sharpened = mean * weights.sum() ** INDEPENDENCE if weights.sum() > 1 else mean
    likely = np.exp(sharpened - sharpened.max())
    found: Floats = likely / likely.sum()
    return found
