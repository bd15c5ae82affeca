"""One judgement from several texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.together import combined

FAULT, DOUBTFUL, CALM = [0.9, 0.05, 0.05], [0.3, 0.3, 0.4], [0.01, 0.01, 0.98]
QUIET = 2


def test_routine_remarks_do_not_drown_a_fault() -> None:
    """One text about a fault among twenty that are about nothing."""
    found = combined(np.array([FAULT, *[CALM] * 20]), QUIET)
    assert found.argmax() == 0
    assert found[0] > 0.8


def test_routine_remarks_alone_stay_calm() -> None:
    """However many."""
    assert combined(np.array([CALM] * 5), QUIET).argmax() == QUIET


def test_texts_that_agree_are_surer_than_one() -> None:
    """But less sure than if each were independent."""
    one = combined(np.array([[0.6, 0.3, 0.1]]), None)
    three = combined(np.array([[0.6, 0.3, 0.1]] * 3), None)
    assert one[0] == pytest.approx(0.6)
    assert one[0] < three[0] < 0.6**3 / (0.6**3 + 0.3**3 + 0.1**3)


def test_a_text_that_hardly_speaks_of_a_fault_hardly_counts() -> None:
    """Its opinion on which fault it would be is weak."""
    against = [0.001, 0.02, 0.979]
    assert combined(np.array([[0.55, 0.4, 0.05], against, against]), QUIET).argmax() == 0


def test_order_does_not_matter() -> None:
    """The texts of an issue are a set."""
    rows = np.array([FAULT, DOUBTFUL, CALM])
    assert combined(rows, QUIET) == pytest.approx(combined(rows[::-1], QUIET))


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.floats(1e-9, 1.0), min_size=4, max_size=4), min_size=1, max_size=8),
    st.sampled_from([None, 0, 3]),
)
def test_the_result_is_always_a_distribution(rows: list[list[float]], quiet: int | None) -> None:
    """Whatever the texts say."""
    given_rows = np.array(rows)
    found = combined(given_rows / given_rows.sum(axis=1, keepdims=True), quiet)
    assert found.shape == (4,)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()


def test_one_possible_label_is_certain() -> None:
    """A machine kind that can only be well."""
    assert combined(np.array([[1.0]]), 0) == pytest.approx([1.0])
