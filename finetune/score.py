"""How good probabilities are: right, calibrated, answered, and better by more than noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finetune.examples import Floats, Rows, softmax

ASKED_ACCURACY = 0.9
"""Of the answers given; below the threshold that reaches it the model abstains."""
EVEN = 0.5
"""Confidence at which a calibrated answer is as likely right as wrong."""
BINS = 10
RESAMPLES = 1000
SURE = 0.9
"""Share of resamples in which a dearer candidate must be ahead."""


@dataclass(frozen=True, slots=True)
class Score:
    """Figures on labelled rows."""

    n: int
    accuracy: float
    macro_f1: float
    ece: float
    coverage_at_90: float


def score(probabilities: Floats, labels: Rows) -> Score:
    """All figures at once."""
    predicted = probabilities.argmax(axis=1)
    return Score(
        n=len(labels),
        accuracy=float((predicted == labels).mean()),
        macro_f1=macro_f1(predicted, labels),
        ece=calibration_error(probabilities, labels),
        coverage_at_90=coverage(probabilities, labels)[0],
    )


def macro_f1(predicted: Rows, labels: Rows) -> float:
    """Mean F1 over the labels that occur in either."""
    size = int(max(predicted.max(), labels.max())) + 1
    seen = np.union1d(predicted, labels)
    return float(label_f1(predicted, labels, classes=size)[seen].mean())


def label_f1(predicted: Rows, labels: Rows, *, classes: int) -> Floats:
    """F1 of each label; 0 for one that occurs nowhere."""
    hits = np.bincount(labels[predicted == labels], minlength=classes)
    both = np.bincount(predicted, minlength=classes) + np.bincount(labels, minlength=classes)
    found: Floats = 2 * hits / np.maximum(both, 1)
    return found


def calibration_error(probabilities: Floats, labels: Rows) -> float:
    """Expected calibration error of the top label over equally wide bins."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == which].mean() - right[bins == which].mean()) * (bins == which).mean()
        for which in np.unique(bins)
    ]
    return float(sum(gaps))


def coverage(
    probabilities: Floats, labels: Rows, *, accuracy: float = ASKED_ACCURACY
) -> tuple[float, float]:
    """The largest share that can be answered at that accuracy, and the confidence it needs.

    Where no share reaches it the answer is (0, a confidence that nothing has).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    reached = np.cumsum(right[order]) / answered >= accuracy
    last_of_tie = np.append(np.diff(confidence[order]) != 0, True)
    possible = np.flatnonzero(reached & last_of_tie)
    if not possible.size:
        return 0.0, 1.0 + 1e-9
    last = int(possible[-1])
    return (last + 1) / len(order), float(confidence[order][last])


def abstention_threshold(probabilities: Floats, labels: Rows) -> float:
    """The confidence under which to abstain so that the answers given are as right as asked.

    Where all rows can be answered no row was doubtful, and the lowest confidence among them says
    nothing: then only what is more likely wrong than right is left unanswered.
    """
    share, confidence = coverage(probabilities, labels)
    return min(confidence, EVEN) if share == 1.0 else min(confidence, 1.0)


def temperature(scores: Floats, labels: Rows) -> float:
    """The divisor of the scores under which the labels are likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(log_divisor: float) -> float:
        chosen = softmax(scores / np.exp(log_divisor))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded").x))


def gain_is_real(dearer: Rows, cheaper: Rows, labels: Rows, *, seed: int) -> bool:
    """Whether the dearer predictions beat the cheaper ones beyond the noise of the rows."""
    if macro_f1(dearer, labels) <= macro_f1(cheaper, labels):
        return False
    return share_ahead(dearer, cheaper, labels, seed=seed) >= SURE


def share_ahead(one: Rows, other: Rows, labels: Rows, *, seed: int) -> float:
    """In which share of resamples one is ahead: paired bootstrap over rows on macro-F1."""
    chance = np.random.default_rng(seed)
    ahead = 0
    for _ in range(RESAMPLES):
        rows = chance.integers(0, len(labels), len(labels))
        ahead += macro_f1(one[rows], labels[rows]) > macro_f1(other[rows], labels[rows])
    return ahead / RESAMPLES
