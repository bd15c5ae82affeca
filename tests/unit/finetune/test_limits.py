"""Where a model stops answering: what is promised holds on rows that the limits have not seen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.calibration import cross_fitted, temperature
from finetune.conformal import label_set, least_probability
from finetune.examples import Floats, Rows, softmax
from finetune.limits import limits_from, limits_of, outcomes
from finetune.score import abstention_threshold, calibration_error, macro_f1_interval


def world(count: int, *, seed: int, classes: int = 4, clear: float = 2.0) -> tuple[Floats, Rows]:
    """Calibrated probabilities and labels that were drawn by them."""
    chance = np.random.default_rng(seed)
    rows = softmax(chance.normal(size=(count, classes)) * clear)
    labels = (chance.random((count, 1)) > rows.cumsum(axis=1)).sum(axis=1)
    return rows, np.minimum(labels, classes - 1)


@pytest.mark.parametrize("count", [40, 100, 400])
@pytest.mark.parametrize("clear", [2.0, 4.0])
def test_the_accuracy_asked_holds_on_new_rows(count: int, clear: float) -> None:
    """In at least eight of ten draws of the validation, less three points; never far below."""
    fresh, truth = world(40_000, seed=999, clear=clear)
    confidence, right = fresh.max(axis=1), fresh.argmax(axis=1) == truth
    found = []
    for seed in range(60):
        threshold = abstention_threshold(*world(count, seed=seed, clear=clear), asked=0.9)
        answered = confidence >= threshold
        found.append(right[answered].mean() if answered.any() else 1.0)
    assert np.mean(np.array(found) >= 0.87) >= 0.8
    assert np.quantile(found, 0.05) >= 0.84


def test_more_asked_is_fewer_answered() -> None:
    """And nothing is answered where nothing is right."""
    rows, labels = world(400, seed=1)
    low, high = (abstention_threshold(rows, labels, asked=asked) for asked in (0.7, 0.95))
    assert low < high
    assert abstention_threshold(rows, (labels + 1) % 4, asked=0.9) > 1.0


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(9, 120),
    classes=st.integers(2, 8),
    coverage=st.sampled_from([0.8, 0.9]),
)
def test_label_sets_cover_exchangeable_rows(
    seed: int, count: int, classes: int, coverage: float
) -> None:
    """Over many draws of the rows they are made from, whatever the model is worth."""
    fresh, truth = world(4000, seed=seed + 1, classes=classes)
    wrong = fresh[:, ::-1] ** 0.5
    wrong = wrong / wrong.sum(axis=1, keepdims=True)
    held = []
    for draw in range(40):
        rows = np.random.default_rng(seed + draw).permutation(len(truth))
        seen, new = rows[:count], rows[count:]
        least = least_probability(wrong[seen], truth[seen], coverage=coverage)
        held.append((wrong[new, truth[new]] >= least).mean())
    spread = np.sqrt(coverage * (1 - coverage) / count / len(held))
    assert np.mean(held) >= coverage - 4.5 * spread


def test_too_few_rows_put_every_label_into_the_set() -> None:
    """Eight rows cannot promise 90 %; nine can, with the least sure of them."""
    rows, labels = world(9, seed=3)
    assert least_probability(rows[:8], labels[:8]) == 0.0
    assert least_probability(rows, labels) == rows[np.arange(9), labels].min()


def test_a_label_set_has_the_likeliest_first_and_is_never_empty() -> None:
    """Columns in the order of their probability."""
    assert label_set(np.array([0.2, 0.5, 0.3]), 0.25) == (1, 2)
    assert label_set(np.array([0.2, 0.5, 0.3]), 0.9) == (1,)


def test_no_row_has_a_say_in_its_own_calibration() -> None:
    """A fold's probabilities are those of the divisor of the others."""
    rows, labels = world(300, seed=5)
    scores, folds = np.log(rows) * 3, np.arange(300) % 3
    found = cross_fitted(scores, labels, folds)
    others = temperature(scores[folds != 0], labels[folds != 0])
    assert found.probabilities[folds == 0] == pytest.approx(softmax(scores[folds == 0] / others))
    assert found.divisor == temperature(scores, labels)
    assert calibration_error(found.probabilities, labels) < calibration_error(
        softmax(scores), labels
    )
    alone = cross_fitted(scores, labels, np.zeros(300, dtype=np.int64))
    assert alone.probabilities == pytest.approx(softmax(scores / alone.divisor))


def test_rows_without_a_mistake_do_not_make_certain() -> None:
    """Sixty right rows are 61/62 sure, however far apart their scores are."""
    labels = np.arange(60) % 3
    scores = np.eye(3)[labels] * 4.0
    sure = softmax(scores / temperature(scores, labels)).max(axis=1).mean()
    assert sure == pytest.approx(61 / 62, abs=1e-6)


def test_limits_are_read_back_as_they_were_written() -> None:
    """Through JSON; what is no number between its bounds is refused."""
    rows, labels = world(200, seed=6)
    limits = limits_of(rows, labels, np.arange(200.0), asked=0.85)
    said = json.loads(json.dumps(limits.as_dict()))
    assert limits_from(said) == limits
    for key, value in (("threshold", float("nan")), ("unknown_below", float("inf")), ("least", 7)):
        with pytest.raises(ValueError, match=key):
            limits_from({**said, key: value})


def test_one_known_row_in_twenty_is_lost() -> None:
    """And the reference says so; its shares are those of what is known."""
    rows, labels = world(400, seed=7)
    limits = limits_of(rows, labels, np.arange(400.0))
    assert limits.reference.unknown == pytest.approx(0.05, abs=0.003)
    assert sum(limits.reference.labels) == pytest.approx(1.0)
    assert sum(limits.reference.confidences) == pytest.approx(1.0)
    assert limits.reference.spread > 0
    assert limits_of(rows, labels).unknown_below is None


def test_every_row_ends_in_one_of_three_ways() -> None:
    """The shares add up; the accuracy is that of the labels given."""
    rows, labels = world(3000, seed=8)
    limits = limits_of(rows, labels, np.arange(3000.0))
    fresh, truth = world(3000, seed=9)
    found = outcomes(fresh, truth, np.arange(3000.0), limits=limits)
    assert found.label + found.review + found.unknown == pytest.approx(1.0)
    assert found.unknown == pytest.approx(0.05, abs=0.01)
    assert found.accuracy is not None
    assert found.accuracy == pytest.approx(0.9, abs=0.03)
    assert found.set_coverage == pytest.approx(0.9, abs=0.03)
    assert 1 <= found.set_size < 4
    nothing = outcomes(fresh, truth, np.full(3000, -1.0), limits=limits)
    assert (nothing.unknown, nothing.accuracy) == (1.0, None)


def test_the_interval_of_macro_f1_holds_the_figure() -> None:
    """It is narrower on more rows."""
    few, many = (world(count, seed=10) for count in (60, 2000))
    (low, high), (lower, higher) = (
        macro_f1_interval(rows.argmax(axis=1), labels) for rows, labels in (few, many)
    )
    assert high - low > 2 * (higher - lower) > 0


def test_a_resample_without_a_rare_label_is_judged_on_the_others() -> None:
    """Its one row is not drawn in every third, the two that are taken for it in seven of eight."""
    labels = np.array([0] * 60 + [1] * 60 + [2])
    predicted = labels.copy()
    predicted[[0, 1]] = 2
    low, high = macro_f1_interval(predicted, labels)
    assert low > 0.72
    assert high > 0.99
