"""Flexibility tells an arm that takes a new class from one that cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.task import Label
from ingest.errors import DataFault, ModelFault
from service.comparison import flexibility
from service.comparison.flexibility import label_to_keep_out, measured_flexibility, without
from service.comparison.nouns import Item, Known
from tests.unit.service.comparison.measured_fakes import (
    FakeArm,
    Saying,
    by_code,
    by_words,
    honest,
    mostly_away,
    plant_known,
    plant_test,
    rigid,
)


class Clock:
    """Goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_class_that_is_taken_has_a_time_and_a_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first row of it to the first answer; the set-up before is not in it."""
    clock = Clock()
    monkeypatch.setattr(flexibility, "perf_counter", clock)

    def learn(known: Known) -> Saying:
        clock.now += 100.0
        return by_words(known)

    def relearn(old: Saying, known: Known) -> Saying:
        clock.now += 7.0
        return by_words(known)

    found = measured_flexibility(
        FakeArm(learn, relearn), plant_known(), plant_test(), seed=1, label="jam"
    )
    assert (found.label, found.seconds, found.recall, found.others_kept) == ("jam", 7.0, 1.0, 1.0)
    assert found.redone == "the examples are read again"


def test_a_class_that_is_never_taken_has_no_time() -> None:
    """An arm that stays as it was is no faster for it."""
    found = measured_flexibility(rigid(), plant_known(), plant_test(), seed=1)
    assert (found.seconds, found.recall) == (None, 0.0)


def test_whoever_says_the_new_class_to_everything_has_not_taken_it() -> None:
    """Its recall is full, and what it knew is gone."""
    arm = FakeArm(by_words, lambda old, known: lambda item: "jam")
    found = measured_flexibility(arm, plant_known(), plant_test(), seed=1, label="jam")
    assert (found.seconds, found.recall, found.others_kept) == (None, 1.0, 0.0)


def test_what_is_forgotten_for_the_new_class_is_seen() -> None:
    """Only one of the two other classes survives."""

    def forgetful(old: Saying, known: Known) -> Saying:
        say = by_words(known)
        return lambda item: "" if say(item) == "leak" else say(item)

    found = measured_flexibility(
        FakeArm(by_words, forgetful), plant_known(), plant_test(), seed=1, label="jam"
    )
    assert found.seconds is not None
    assert found.others_kept == 0.5


def test_an_arm_that_knew_the_class_before_is_refused() -> None:
    """What was kept from it must not reach it another way."""
    whole = by_words(plant_known())
    leaking = FakeArm(lambda known: lambda item: "jam", lambda old, known: whole)
    with pytest.raises(ModelFault, match="fake named jam before it was told of it"):
        measured_flexibility(leaking, plant_known(), plant_test(), seed=1, label="jam")


def test_nothing_of_the_class_is_left() -> None:
    """Neither its name, nor examples, nor rows of the code table."""
    arm = honest(by_code)
    measured_flexibility(arm, plant_known(), plant_test(), seed=1, label="jam")
    (known,) = arm.set_up
    assert known == without(plant_known(), "jam")
    assert known.labels == ("leak", "sensor")
    assert {item.label for item in known.examples} == {"leak", "sensor"}
    assert {row.label for row in known.codes} == {"leak", "sensor"}


def test_the_class_kept_out_is_neither_the_largest_nor_the_smallest() -> None:
    """And never the one that means that nothing is wrong."""
    known = plant_known()
    few = tuple(item for item in known.examples if item.label != "sensor")
    sizes = Known(known.task, (*known.examples, *few, *few[:4]))
    assert label_to_keep_out(sizes, plant_test()) == "jam"
    quiet = replace(sizes, task=replace(sizes.task, quiet="jam"))
    assert label_to_keep_out(quiet, plant_test()) == "sensor"


def test_a_class_with_items_to_test_is_preferred() -> None:
    """A recall of one item is luck."""
    test = [item for item in plant_test() if item.label != "jam"]
    assert label_to_keep_out(plant_known(), [*test, Item("x", label="jam")]) == "sensor"


def test_two_labels_are_too_few() -> None:
    """Without one of them nothing would be left to decide."""
    known = without(plant_known(), "jam")
    with pytest.raises(DataFault, match="three labels"):
        measured_flexibility(honest(), known, plant_test(), seed=1)


@pytest.mark.parametrize("label", ["fire", "jam"])
def test_a_class_without_items_in_the_test_cannot_be_measured(label: str) -> None:
    """It is said which."""
    test = [item for item in plant_test() if item.label != "jam"]
    with pytest.raises(DataFault, match=f"no items of {label}"):
        measured_flexibility(honest(), plant_known(), test, seed=1, label=label)


def test_a_test_of_one_label_cannot_be_measured() -> None:
    """There is nothing that the new class could be told from."""
    known = plant_known()
    with pytest.raises(DataFault, match="could be kept out"):
        label_to_keep_out(known, [item for item in plant_test() if item.label == "jam"])
    assert Label("jam", "It is a jam.") in known.task.labels


def test_a_server_that_is_mostly_away_is_said() -> None:
    """Rather than a figure of the few that came through."""
    with pytest.raises(ModelFault, match=r"For \d+ of \d+ .* The server is away"):
        measured_flexibility(mostly_away(), plant_known(), plant_test(), seed=1)
