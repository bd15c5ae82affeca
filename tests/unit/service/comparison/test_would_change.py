"""What would change a decision: labels, other targets, a larger test, and another use."""

from __future__ import annotations

from dataclasses import replace

from service.comparison.nouns import Flexibility, Route
from service.comparison.tree import decide
from tests.unit.service.comparison.deciding import arm, classes, curve, given, quality, three


def test_more_examples_of_a_weak_label_are_reckoned() -> None:
    """The label that has fewer than the others, up to as many as they have."""
    split = quality(0.74, classes=classes(leak=0.86, jam=0.9, wear=0.46))
    found = decide([arm("finetune", split)], [], given())
    said = (
        "With 36 more examples of wear (24 now, F1 0.46) finetune/hybrid would come to about 0.88 "
        "and would be chosen, if they are learnt as the labels with 60 examples or more are, whose "
        "F1 is 0.88; to label them costs 12.00 EUR."
    )
    assert said in found.would_change


def test_a_weak_label_with_examples_enough_is_not_sent_for_more() -> None:
    """It is taken for another: that is another kind of work."""
    split = quality(0.7, classes=classes(leak=0.4, jam=0.9, wear=0.8))
    found = decide([arm("finetune", split)], [], given())
    assert any(one.startswith("leak is not short of examples (60)") for one in found.would_change)
    assert not any("more examples of leak" in one for one in found.would_change)


def test_a_label_with_a_few_test_items_is_not_judged() -> None:
    """Two items of a label say nothing about it."""
    few = tuple(replace(one, n=4) for one in classes(leak=0.9, jam=0.9, wear=0.1))
    found = decide([arm("finetune", quality(0.6, classes=few))], [], given())
    assert not any("wear" in one for one in found.would_change)


def test_the_learning_curve_says_how_many_labels_are_missing() -> None:
    """With what they cost; more labels than there are, and no fewer."""
    rising = curve({8: 0.45, 16: 0.55, 32: 0.64, 64: 0.71})
    arms = [*rising, arm("finetune", 0.71, labels=192)]
    found = decide(arms, [], given())
    line = next(one for one in found.would_change if "by its learning curve" in one)
    assert line.startswith("With ")
    assert "more labels finetune/hybrid is expected to reach 0.80" in line
    assert "EUR" in line


def test_a_flat_curve_is_not_sent_for_more_labels() -> None:
    """More of the same would bring nothing."""
    flat = curve({8: 0.6, 16: 0.6, 32: 0.6, 64: 0.6})
    found = decide([*flat, arm("finetune", 0.6, labels=192)], [], given())
    said = next(one for one in found.would_change if one.startswith("More labels of the same"))
    assert "finetune/hybrid is not expected to reach it" in said


def test_other_targets_are_said_with_who_would_be_chosen() -> None:
    """Below, above, and beyond everything."""
    found = decide(three(0.452, 0.739, 0.856), [], given(0.6)).would_change
    assert "A target of 0.45 or less: prompting would be enough (prompt/keywords)." in found
    assert "A target of 0.74 to 0.85: fine-tuning would do (finetune/hybrid)." in found
    assert "A target of 0.86 or more: nothing that was measured reaches it." in found
    none = decide(three(0.452, 0.739, 0.856), [], given(0.9)).would_change
    assert "A target of 0.74 to 0.85: fine-tuning would do (finetune/hybrid)." in none
    assert not any("nothing that was measured" in one for one in none)


def test_what_was_not_there_is_named() -> None:
    """A language model and a table of codes, where they could change something."""
    none = " ".join(decide(three(0.4, 0.5, 0.6), [], given()).would_change)
    assert "ANDON_LLM_URL" in none
    assert "--codes" in none
    both = decide(three(0.4, 0.5, 0.6), [], given(model="some", code_rows=5)).would_change
    assert not any("ANDON_LLM_URL" in one or "--codes" in one for one in both)
    assert not any(
        "ANDON_LLM_URL" in one for one in decide(three(0.9, 0.5, 0.6), [], given()).would_change
    )


def test_an_interval_about_the_target_asks_for_a_larger_test() -> None:
    """With how many items, and who is sure already."""
    arms = [arm("prompt", 0.4), arm("rag", 0.82), arm("finetune", 0.95)]
    found = decide(arms, [], given()).would_change
    assert (
        "A larger test: rag/nearest reaches 0.80 within its interval, and about 750 test items in "
        "place of 120 would tell." in found
    )
    assert (
        "If the whole interval has to lie above the target, finetune/hybrid is the first that does "
        "(from 0.90)." in found
    )


def test_a_cheaper_one_further_on_is_named_with_the_number_of_items_that_pays_for_it() -> None:
    """A prompt costs tokens with every item, a model costs labels once."""
    arms = [arm("prompt", 0.9, cost=2.0, baseline=False, p50_ms=900.0), arm("finetune", 0.93)]
    found = decide(arms, [], given(model="some"))
    assert found.approach is Route.PROMPT
    assert (
        "From about 24,679 items on finetune/hybrid is the cheaper: it reaches the target too "
        "(0.93) and costs 0.0010 EUR per 1,000 items in place of 2.00 EUR, and 49.33 EUR more "
        "once." in found.would_change
    )
    assert any(
        one.startswith("If an answer has to come in less than 900 ms") for one in found.would_change
    )


def test_who_takes_a_new_label_is_named_where_the_winner_did_not() -> None:
    """A reason for the next in the walk."""
    never = Flexibility("wear", None, 0.0, 1.0, "everything")
    taken = Flexibility("wear", 1.2, 0.9, 1.0, "the new rows")
    arms = [arm("prompt", 0.9, flexibility=never), arm("rag", 0.9, flexibility=taken)]
    found = decide(arms, [], given()).would_change
    assert (
        "If new labels come: prompt/keywords did not take one, rag/nearest did in 1.2 s." in found
    )
