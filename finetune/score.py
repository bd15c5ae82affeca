"""How good probabilities are: right, calibrated, answered, and better by more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.examples import Floats, Rows

ASKED_ACCURACY = 0.9
"""Of the answers given; below the threshold that reaches it the model abstains."""
EVEN = 0.5
"""Confidence at which a calibrated answer is as likely right as wrong."""
NOTHING = 2.0
"""A confidence that no answer has."""
BINS = 10
RESAMPLES = 1000
PRIOR = 10.0
"""Rows that the calibrated confidence counts for, beside those that were counted."""
CERTAIN = 0.8
"""Chance with which the accuracy among the answers is as high as asked."""
SURE = 0.9
"""Share of resamples in which a dearer candidate must be ahead."""


@dataclass(frozen=True, slots=True)
class Score:
    """Figures on labelled rows."""

    n: int
    accuracy: float
    macro_f1: float
    ece: float
    """Expected calibration error over equally wide bins: the headline."""
    coverage_at_90: float
    ece_equal_mass: float | None = None
    """The same over bins of equally many rows."""
    ci95: tuple[float, float] = (0.0, 1.0)
    """Of the macro-F1, from resampled rows."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label on the test."""

    label: str
    rows: int
    precision: float
    recall: float
    f1: float


def score(probabilities: Floats, labels: Rows) -> Score:
    """All figures at once."""
    predicted = probabilities.argmax(axis=1)
    return Score(
        n=len(labels),
        accuracy=float((predicted == labels).mean()),
        macro_f1=macro_f1(predicted, labels),
        ece=calibration_error(probabilities, labels),
        coverage_at_90=coverage(probabilities, labels)[0],
        ece_equal_mass=calibration_error(probabilities, labels, equal_mass=True),
        ci95=macro_f1_interval(predicted, labels),
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


def label_figures(
    probabilities: Floats, labels: Rows, names: Sequence[str]
) -> tuple[LabelFigures, ...]:
    """Precision, recall and F1 of each label; 0 where there is nothing to divide by."""
    table = confusion(probabilities, labels)
    hits, said, there = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    f1 = label_f1(probabilities.argmax(axis=1), labels, classes=len(names))
    return tuple(
        LabelFigures(
            name,
            int(there[at]),
            float(hits[at] / max(said[at], 1)),
            float(hits[at] / max(there[at], 1)),
            float(f1[at]),
        )
        for at, name in enumerate(names)
    )


def confusion(probabilities: Floats, labels: Rows) -> Rows:
    """Rows of each label by what was answered: one row a label, one column an answer."""
    classes = probabilities.shape[1]
    cells = labels * classes + probabilities.argmax(axis=1)
    found: Rows = np.bincount(cells, minlength=classes**2).reshape(classes, classes)
    return found


def macro_f1_interval(predicted: Rows, labels: Rows, *, seed: int = 0) -> tuple[float, float]:
    """Between which the macro-F1 lies in 95 % of resamples of the rows.

    A label whose rows a resample leaves out is left out of its mean, wrong answers of it or not.
    """
    size = int(max(predicted.max(), labels.max())) + 1
    cells, counts = np.unique(labels * size + predicted, return_counts=True)
    draws = np.random.default_rng(seed).multinomial(
        len(labels), counts / counts.sum(), size=RESAMPLES
    )
    truth, said = np.divmod(cells, size)
    classes = np.arange(size)
    there, answered = draws @ (truth[:, None] == classes), draws @ (said[:, None] == classes)
    hits = draws @ ((truth == said)[:, None] & (truth[:, None] == classes))
    counted = np.where(np.isin(classes, labels), there, answered) > 0
    f1 = np.where(counted, 2 * hits / np.maximum(there + answered, 1), 0)
    means = f1.sum(axis=1) / counted.sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)


def calibration_error(probabilities: Floats, labels: Rows, *, equal_mass: bool = False) -> float:
    """Expected calibration error of the top label over bins of equal width, or of equal mass."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = _ranked(confidence) if equal_mass else bins_of(confidence)
    gaps = [
        abs(confidence[bins == which].mean() - right[bins == which].mean()) * (bins == which).mean()
        for which in np.unique(bins)
    ]
    return float(sum(gaps))


def bins_of(confidence: Floats) -> Rows:
    """The equally wide bin of each."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def _ranked(confidence: Floats) -> Rows:
    """The bin of each, equally many in all bins; equal values in one."""
    place = np.searchsorted(np.sort(confidence), confidence)
    return (place * BINS // len(confidence)).astype(np.int64)


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


def abstention_threshold(
    probabilities: Floats, labels: Rows, *, asked: float = ASKED_ACCURACY
) -> float:
    """The confidence under which to abstain so that the answers given are as right as asked.

    Few rows prove little: the share that was right is taken together with what the calibrated
    confidence expects (a beta distribution that starts with PRIOR rows of that mean), and the
    answers have to be as right as asked with a chance of CERTAIN. Where all rows can be answered
    no row was doubtful, and the lowest confidence among them says nothing: then only what is more
    likely wrong than right is left unanswered. Above 1: nothing can be answered.
    """
    from scipy.stats import beta

    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    answered, hits = np.arange(1, len(order) + 1), np.cumsum(right[order])
    expected = np.minimum(np.cumsum(confidence[order]) / answered, 1 - 1e-6)
    good, bad = hits + PRIOR * expected, answered - hits + PRIOR * (1 - expected)
    last_of_tie = np.append(np.diff(confidence[order]) != 0, True)
    possible = np.flatnonzero((beta.sf(asked, good, bad) >= CERTAIN) & last_of_tie)
    if not possible.size:
        return NOTHING
    last = int(possible[-1])
    found = float(confidence[order][last])
    return min(found, EVEN) if last + 1 == len(order) else min(found, 1.0)


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
