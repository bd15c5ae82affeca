"""Scores to probabilities that mean what they say: one divisor of the scores, cross-fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finetune.examples import Floats, Rows, softmax


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Out-of-fold scores after calibration."""

    divisor: float
    """Of the scores of a model that is used: fitted on all rows."""
    probabilities: Floats
    """Of each row with the divisor that was fitted on the rows of the other folds."""


def cross_fitted(scores: Floats, labels: Rows, folds: Rows) -> Calibrated:
    """Calibrate out-of-fold scores so that no row had a say in its own probabilities.

    Args:
        scores: out-of-fold, shape (rows, labels).
        labels: of the rows.
        folds: number of the fold of each row; one fold only is calibrated on itself.
    """
    divisor = temperature(scores, labels)
    divisors = np.full(len(labels), divisor)
    known = np.unique(folds)
    for fold in known if len(known) > 1 else ():
        others = folds != fold
        divisors[~others] = temperature(scores[others], labels[others])
    return Calibrated(divisor, softmax(scores / divisors[:, None]))


def temperature(scores: Floats, labels: Rows) -> float:
    """The divisor of the scores under which the labels are likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(log_divisor: float) -> float:
        chosen = softmax(scores / np.exp(log_divisor))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded").x))
