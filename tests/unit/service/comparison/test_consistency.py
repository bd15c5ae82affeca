"""Consistency tells a steady answerer from one that flips, and says by what it flips."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest

from ingest.errors import DataFault, ModelFault
from service.comparison.consistency import measured_consistency
from service.comparison.nouns import Consistency, Item, Reply
from service.comparison.sampling import drawn
from tests.unit.service.comparison.measured_fakes import (
    Away,
    ByNeighbours,
    Says,
    by_words,
    plant_known,
    plant_test,
)

ALL_EQUAL = (1.0, 1.0, 1.0, 1.0)


def shares(found: Consistency) -> tuple[float, float, float, float]:
    return found.again, found.reworded, found.reordered, found.typos


def test_a_steady_answerer_is_equal_throughout() -> None:
    """What reads the sense of an item says the same to it however it is put."""
    found = measured_consistency(Says(by_words(plant_known())), plant_test(), seed=1)
    assert shares(found) == ALL_EQUAL
    assert found.share == 1.0
    assert found.n == 18


def test_an_answerer_that_flips_is_found_out() -> None:
    """One that says another thing every time is equal nowhere."""
    turn = count()
    found = measured_consistency(Says(lambda item: f"{next(turn)}"), plant_test(), seed=1)
    assert shares(found) == (0.0, 0.0, 0.0, 0.0)


def test_an_answerer_that_flips_now_and_then_is_equal_in_part() -> None:
    """The share is of items, not yes or no."""
    turn = count()
    asked_anew = measured_consistency(
        Says(lambda item: "odd" if next(turn) % 5 == 0 else "even"), plant_test(), seed=1
    )
    assert all(0.5 < share < 1.0 for share in shares(asked_anew))


def test_an_answer_that_hangs_on_the_neighbours_is_seen_in_another_order_alone() -> None:
    """The same batch again gives the same answers, and hides it."""
    found = measured_consistency(ByNeighbours(), plant_test(), seed=1)
    assert found.again == 1.0
    assert found.reordered < 0.5


def test_another_order_comes_in_batches_of_another_size() -> None:
    """An answer may hang on how many are asked at once."""
    answerer = Says(lambda item: "")
    measured_consistency(answerer, plant_test(), seed=1)
    assert [len(batch) for batch in answerer.seen] == [18, 18, 18, 1, 2, 3, 4, 5, 3, 18]


def test_a_learner_by_heart_is_lost_when_a_word_or_a_letter_changes() -> None:
    """It knows each item sign by sign."""
    by_heart = {item.text: item.label for item in plant_test()}
    found = measured_consistency(
        Says(lambda item: by_heart.get(item.text, "")), plant_test(), seed=1
    )
    assert (found.again, found.reordered) == (1.0, 1.0)
    assert (found.reworded, found.typos) == (0.0, 0.0)


def rows() -> list[Item]:
    return [
        Item(numbers={"width": 10.0 + at, "height": 0.125, "flag": 1.0}, label="ab"[at % 2])
        for at in range(20)
    ]


def test_numbers_are_asked_in_another_column_order() -> None:
    """An answerer that goes by the place of a column instead of its name is found out."""
    by_name = Says(lambda item: "wide" if item.numbers["width"] > 20 else "narrow")
    by_place = Says(lambda item: "wide" if next(iter(item.numbers.values())) > 5 else "narrow")
    assert shares(measured_consistency(by_name, rows(), seed=1)) == ALL_EQUAL
    found = measured_consistency(by_place, rows(), seed=1)
    assert found.reworded < 1.0
    assert (found.again, found.reordered) == (1.0, 1.0)


def test_numbers_are_asked_with_a_last_digit_changed() -> None:
    """An answerer that goes by the exact number is found out."""
    exact = {tuple(sorted(item.numbers.items())): item.label for item in rows()}
    by_heart = Says(lambda item: exact.get(tuple(sorted(item.numbers.items())), ""))
    found = measured_consistency(by_heart, rows(), seed=1)
    assert found.reworded == 1.0
    assert found.typos == 0.0


def test_an_abstention_equals_another_and_no_label() -> None:
    """Whoever always says that it does not know says the same."""
    assert shares(measured_consistency(Says(lambda item: ""), plant_test(), seed=1)) == ALL_EQUAL
    turn = count()
    wavering = Says(lambda item: "leak" if next(turn) < 18 else "")
    assert shares(measured_consistency(wavering, plant_test(), seed=1)) == (0.0, 0.0, 0.0, 0.0)


def test_whoever_abstains_on_everything_is_judged_by_the_guesses() -> None:
    """Else silence would be the steadiest answer of all."""
    turn = count()

    class Silent:
        def answer(self, items: Sequence[Item]) -> list[Reply]:
            return [Reply(None, likeliest=f"{next(turn)}") for _ in items]

    assert shares(measured_consistency(Silent(), plant_test(), seed=1)) == (0.0, 0.0, 0.0, 0.0)


def test_the_right_answer_is_never_shown() -> None:
    """Nor the group, which may tell it."""
    answerer = Says(lambda item: item.label + item.group)
    measured_consistency(answerer, plant_test(), seed=1)
    assert not any(item.label or item.group for batch in answerer.seen for item in batch)


def test_the_same_seed_asks_the_same() -> None:
    """Arms are compared on the same changed items."""
    first, second, other = Says(lambda item: ""), Says(lambda item: ""), Says(lambda item: "")
    for answerer, seed in ((first, 1), (second, 1), (other, 2)):
        measured_consistency(answerer, plant_test(), seed=seed, at_most=9)
    assert first.seen == second.seen != other.seen


def test_few_items_are_drawn_of_every_label() -> None:
    """A rare label is asked about as well."""
    rare = [*plant_test(), Item("a fire", label="fire")]
    assert {item.label for item in drawn(rare, 4, seed=3)} == {"leak", "jam", "sensor", "fire"}
    assert len(drawn(rare, 100, seed=3)) == len(rare)


def test_nothing_to_ask_is_said() -> None:
    """Rather than a share of nothing."""
    with pytest.raises(DataFault, match="none"):
        measured_consistency(Says(lambda item: ""), [], seed=1)


def test_a_reply_too_few_is_refused() -> None:
    """Else replies would be taken for those of other items."""

    class Short:
        def answer(self, items: object) -> list[Reply]:
            return []

    with pytest.raises(ModelFault, match="18 items were asked and 0 replies came"):
        measured_consistency(Short(), plant_test(), seed=1)


def test_what_could_not_be_had_is_no_other_answer() -> None:
    """A server that is away now and then does not make its model fickle."""
    now_and_then = Away(Says(by_words(plant_known())), every=25)
    assert shares(measured_consistency(now_and_then, plant_test(), seed=1)) == ALL_EQUAL


def test_a_server_that_is_mostly_away_is_said() -> None:
    """Rather than a figure of the few that came through."""
    mostly = Away(Says(by_words(plant_known())), every=4)
    with pytest.raises(ModelFault, match=r"For 4 of 18 .* The server is away"):
        measured_consistency(mostly, plant_test(), seed=1)
