"""How luck is told from quality: answers shuffled among the items."""

from __future__ import annotations

import numpy as np
import pytest

from service.comparison.chance import chance_share
from service.comparison.nouns import Item, Reply
from service.comparison.quality import quality


def test_answers_that_follow_the_items_are_no_luck() -> None:
    """No shuffling comes near."""
    truth = np.arange(60) % 3
    assert chance_share(truth, truth) < 0.01


def test_answers_that_are_drawn_are_luck() -> None:
    """About half of the shufflings are as right as the answers."""
    truth, said = np.arange(60) % 3, np.random.default_rng(0).integers(0, 3, 60)
    assert chance_share(truth, said) > 0.05


def test_one_answer_for_everything_is_luck() -> None:
    """However common its label is: shuffled, it is the same."""
    truth = np.array([0] * 50 + [1] * 5)
    assert chance_share(truth, np.zeros_like(truth)) == 1.0


def test_no_answer_at_all_is_luck() -> None:
    """Nothing to shuffle."""
    truth = np.arange(6) % 2
    assert chance_share(truth, np.full(6, -1)) == 1.0


@pytest.mark.parametrize(("items", "luck"), [(3, True), (4, True), (8, False)])
def test_a_few_right_answers_may_be_luck(items: int, luck: bool) -> None:
    """All of them are right, which a shuffling of a few reaches often."""
    truth = np.arange(items) % 3
    assert (chance_share(truth, truth) >= 0.05) == luck


def test_all_right_is_not_certain() -> None:
    """Thirty of thirty: one in nine wrong would still not have shown once in forty tests."""
    items = [Item(label="ab"[at % 2], group=str(at)) for at in range(30)]
    found = quality(items, [Reply(item.label, 1.0, item.label) for item in items])
    assert found.macro_f1 == 1.0
    assert found.ci95[0] == pytest.approx(0.025 ** (1 / 30))
    assert found.chance_p < 0.01
