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


BOUNDS = (-2.5, 2.5)
"""Of the logarithm of the divisor."""


def temperature(scores: Floats, labels: Rows) -> float:
    """The divisor of the scores under which the labels are likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(log_divisor: float) -> float:
        chosen = softmax(scores / np.exp(log_divisor))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    likeliest = float(minimize_scalar(loss, bounds=BOUNDS, method="bounded").x)
    return float(np.exp(max(likeliest, _least_sure(scores))))


def _least_sure(scores: Floats) -> float:
    """Logarithm of the divisor under which rows without one mistake are as sure as they allow.

    So many right rows say no more than `(n + 1) / (n + 2)`, by the rule of succession; without
    that the divisor of scores that make no mistake would run to its bound, and to certainty.
    """
    from scipy.optimize import brentq

    most = (len(scores) + 1) / (len(scores) + 2)

    def beyond(log_divisor: float) -> float:
        return float(softmax(scores / np.exp(log_divisor)).max(axis=1).mean()) - most

    low, high = BOUNDS
    if beyond(low) <= 0:
        return low
    return high if beyond(high) >= 0 else float(brentq(beyond, low, high))
