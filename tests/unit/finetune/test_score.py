"""Figures: against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from finetune.calibration import temperature
from finetune.examples import softmax
from finetune.score import (
    abstention_threshold,
    calibration_error,
    coverage,
    gain_is_real,
    macro_f1,
    score,
)


def confident(confidences: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Two-label probabilities with those confidences of label 0."""
    rows = np.array([[value, 1 - value] for value in confidences])
    return rows, np.array([0 if ok else 1 for ok in right])


def test_macro_f1_is_that_of_scikit_learn() -> None:
    """On random labels, some of which never occur."""
    chance = np.random.default_rng(0)
    for _ in range(20):
        labels, predicted = chance.integers(0, 5, 40), chance.integers(1, 7, 40)
        assert macro_f1(predicted, labels) == pytest.approx(
            f1_score(labels, predicted, average="macro")
        )


def test_coverage_is_the_largest_share_at_that_accuracy() -> None:
    """Nine of ten right may be answered; ties are answered together or not at all."""
    right = [True] * 9 + [False] + [False] * 5
    rows, labels = confident([0.99 - 0.01 * at for at in range(15)], right)
    assert coverage(rows, labels) == pytest.approx((10 / 15, 0.90))
    rows, labels = confident([0.8] * 15, right)
    assert coverage(rows, labels)[0] == 0.0


def test_nothing_can_be_answered_when_the_surest_are_wrong() -> None:
    """Then the threshold is above every confidence."""
    rows, labels = confident([0.9, 0.8], [False, False])
    share, threshold = coverage(rows, labels)
    assert share == 0.0
    assert threshold > 1.0


def test_the_threshold_does_not_follow_an_easy_validation() -> None:
    """Where all is right at 0.999, an answer at 0.9 is still an answer."""
    rows, labels = confident([0.999] * 20, [True] * 20)
    assert abstention_threshold(rows, labels) == 0.5
    rows, labels = confident([0.9] * 10 + [0.7] * 10, [True] * 10 + [False] * 10)
    assert abstention_threshold(rows, labels) == pytest.approx(0.9)


def test_calibration_error_by_hand() -> None:
    """Half of the rows at 0.95 all right, half at 0.65 all wrong: (0.05 + 0.65) / 2."""
    rows, labels = confident([0.95] * 10 + [0.65] * 10, [True] * 10 + [False] * 10)
    assert calibration_error(rows, labels) == pytest.approx(0.35)


def test_temperature_undoes_overconfidence() -> None:
    """Scores three times too large are divided by about three."""
    chance = np.random.default_rng(0)
    honest = chance.normal(size=(4000, 3)) * 2
    labels = np.array([chance.choice(3, p=row) for row in softmax(honest)])
    assert temperature(honest * 3, labels) == pytest.approx(3.0, rel=0.1)
    scaled = softmax(honest * 3 / temperature(honest * 3, labels))
    assert calibration_error(scaled, labels) < 0.03 < calibration_error(softmax(honest * 3), labels)


def test_a_gain_of_one_row_is_noise() -> None:
    """Ten rows more are not."""
    labels = np.arange(100) % 4
    cheap = labels.copy()
    cheap[:20] = (cheap[:20] + 1) % 4
    one_better, much_better = cheap.copy(), cheap.copy()
    one_better[0], much_better[:15] = labels[0], labels[:15]
    assert macro_f1(one_better, labels) > macro_f1(cheap, labels)
    assert not gain_is_real(one_better, cheap, labels, seed=0)
    assert not gain_is_real(cheap, cheap, labels, seed=0)
    assert not gain_is_real(cheap, much_better, labels, seed=0)
    assert gain_is_real(much_better, cheap, labels, seed=0)


def test_all_figures_at_once() -> None:
    """A perfect model."""
    rows, labels = confident([1.0] * 5, [True] * 5)
    found = score(rows, labels)
    assert (found.n, found.accuracy, found.macro_f1, found.ece) == (5, 1.0, 1.0, 0.0)
    assert found.coverage_at_90 == 1.0
