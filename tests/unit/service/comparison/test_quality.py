"""How right replies are: by hand, without a guess, and with an interval over groups."""

from __future__ import annotations

import pytest

from service.comparison.nouns import Item, Reply
from service.comparison.quality import macro_f1, quality, share_ahead
from tests.unit.service.comparison.fake_arms import items, right, right_of


def said(*labels: str) -> list[Reply]:
    """Sure answers; an empty one abstains without a guess."""
    return [Reply(label or None, likeliest=label) for label in labels]


def of(*labels: str, group: str = "") -> list[Item]:
    """Items with these labels, each its own group unless one is named."""
    return [Item(label=label, group=group or str(at)) for at, label in enumerate(labels)]


def test_macro_f1_is_the_mean_over_labels_that_are_right_or_guessed() -> None:
    """A: 2 of 3 found, one guess too many; b: found; c: guessed only."""
    truth, replies = of("a", "a", "a", "b"), said("a", "a", "c", "b")
    assert macro_f1(truth, replies) == pytest.approx((0.8 + 1.0 + 0.0) / 3)


def test_no_guess_is_wrong_but_no_label_of_its_own() -> None:
    """It lowers the recall of its label, and the mean is over two labels, not three."""
    truth, replies = of("a", "a", "b"), said("a", "", "b")
    found = quality(truth, replies)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.answered == pytest.approx(2 / 3)
    assert found.accuracy_answered == 1.0


def test_abstaining_with_a_guess_counts_the_guess_for_quality_only() -> None:
    """The likeliest label is judged, and the item still counts as not answered."""
    truth = of("a", "b")
    found = quality(truth, [Reply("a", likeliest="a"), Reply(None, likeliest="b")])
    assert found.macro_f1 == 1.0
    assert found.answered == 0.5


def test_nobody_who_never_answers_has_an_accuracy_among_the_answers() -> None:
    """There is nothing to divide by."""
    found = quality(of("a", "b"), said("", ""))
    assert found.accuracy_answered is None
    assert (found.macro_f1, found.answered) == (0.0, 0.0)


def test_the_interval_is_over_groups_not_rows() -> None:
    """Rows of one group are right or wrong together: the interval is wider than over rows."""
    truth = items(240, groups=12)
    replies = [
        right(item) if int(item.group) % 3 else Reply("calm", likeliest="calm") for item in truth
    ]
    alone = [Item(item.text, label=item.label, group=str(at)) for at, item in enumerate(truth)]
    together, apart = quality(truth, replies), quality(alone, replies)
    assert together.groups == 12
    assert together.ci95[1] - together.ci95[0] > 1.5 * (apart.ci95[1] - apart.ci95[0])
    assert together.ci95[0] <= together.macro_f1 <= together.ci95[1]


def test_few_groups_are_no_ground_for_an_interval() -> None:
    """The rows are drawn, and the figures say so."""
    truth = items(60, groups=2)
    found = quality(truth, list(map(right_of("hot", "worn"), truth)))
    assert found.groups == 0
    assert found.ci95[0] < found.macro_f1 < found.ci95[1]


def test_the_same_seed_gives_the_same_interval() -> None:
    """And another one another."""
    truth = items(60)
    replies = list(map(right_of("hot"), truth))
    found = [quality(truth, replies, seed=seed).ci95 for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_each_label_is_told_with_what_it_is_mistaken_for() -> None:
    """In the order of the task."""
    truth, replies = of("b", "a", "a", "a"), said("b", "b", "b", "")
    one, other = quality(truth, replies, order=("a", "b")).classes
    assert (one.label, one.n, one.f1, one.mistaken_for) == ("a", 3, 0.0, "b")
    assert (other.label, other.n, other.mistaken_for) == ("b", 1, "")
    assert other.f1 == pytest.approx(0.5)


def test_who_is_better_on_every_group_is_ahead_in_every_resample() -> None:
    """And the same replies are ahead of themselves in none."""
    truth = items(60)
    good, bad = list(map(right, truth)), list(map(right_of("hot"), truth))
    assert share_ahead(truth, good, bad) == 1.0
    assert share_ahead(truth, good, good) == 0.0


def test_a_resample_without_a_rare_label_is_judged_on_the_others() -> None:
    """A label with one item is not drawn in every third: that is no wrong answer."""
    truth = of(*["a"] * 30, *["b"] * 30, "rare")
    replies = said("b", *["a"] * 29, *["b"] * 30, "rare")
    assert quality(truth, replies).ci95[0] > 0.9


def test_a_resample_without_the_only_group_of_a_label_is_judged_on_the_others() -> None:
    """Its forty items are one group, not drawn in every third; one guess of it is wrong."""
    truth = [*of(*["a"] * 30, *["b"] * 30), *of(*["same"] * 40, group="same")]
    replies = said("same", *["a"] * 29, *["b"] * 30, *["same"] * 40)
    found = quality(truth, replies)
    assert found.ci95[0] > 0.9
    assert found.ci95[0] <= found.macro_f1 <= found.ci95[1]


def test_a_label_that_nothing_has_counts_in_a_resample_as_in_the_whole() -> None:
    """Five of thirty are taken for it: it is a third label, with an F1 of 0."""
    truth = of(*["a"] * 30, *["b"] * 30)
    found = quality(truth, said(*["c"] * 5, *["a"] * 25, *["b"] * 30))
    assert found.macro_f1 == pytest.approx((2 * 25 / 55 + 1) / 3)
    assert found.ci95[1] < 0.7
