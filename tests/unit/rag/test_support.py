"""Support is high where one passage holds what was asked, low where words only happen to meet."""

from __future__ import annotations

import pytest

from rag.support import coverage, support
from rag.terms import stem


def weights(**words: float) -> dict[str, float]:
    return {stem(word): weight for word, weight in words.items()}


WEIGHTS = weights(oil=1.0, cooler=2.0, lamella=5.0)


def test_one_passage_must_hold_the_terms() -> None:
    """Spread over three passages they prove nothing."""
    together = coverage(WEIGHTS, ["clean the lamella of the oil cooler"], 100)
    spread = coverage(WEIGHTS, ["lamella pump", "oil level", "the cooler"], 100)
    assert together > 0.75
    assert spread == pytest.approx(together * 5 / 8)


def test_rare_terms_count_more() -> None:
    """The device's own words decide, not those of every manual."""
    rare = coverage(WEIGHTS, ["a lamella"], 100)
    assert rare > coverage(WEIGHTS, ["an oil cooler"], 100)


def test_two_everyday_words_are_less_than_a_whole_question() -> None:
    """Both are covered in full; the shorter one still counts less."""
    short = coverage(weights(change=1.0, filter=1.0), ["change the filter"], 1000)
    asked = weights(change=1.0, filter=1.0, lamella=7.0)
    long = coverage(asked, ["change filter lamella"], 1000)
    assert 0.3 < short < long < 1.0


def test_nothing_asked_or_nothing_found_is_no_coverage() -> None:
    """A question of stop words alone; an empty library."""
    assert coverage({}, ["oil"], 10) == 0.0
    assert coverage(WEIGHTS, [], 0) == 0.0


def test_support_is_a_weighted_mean() -> None:
    """Of two numbers from 0 to 1; a negative cosine is none."""
    assert support(0.5, 1.0, 0.6) == pytest.approx(0.7)
    assert support(-0.2, 0.5, 0.6) == pytest.approx(0.2)
