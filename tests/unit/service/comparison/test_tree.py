"""The decision tree over figures made by hand: who is recommended, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.comparison.contenders import field_of
from service.comparison.nouns import ArmResult, CascadeResult, FailedArm, Item, Prices, Reply, Route
from service.comparison.quality import quality as measured_quality
from service.comparison.tree import decide
from tests.unit.service.comparison.deciding import arm, cascade, classes, given, quality, three

RAG_THEN_TUNED = "rag/nearest", "finetune/hybrid"
TOLD = """
Does prompting reach the target? no: prompt/keywords has macro-F1 0.50 (95 %: 0.45 to 0.55) on
120 test items; 0.80 is wanted, as asked: 0.30 short. No language model is set; key words stand
in, so this does not say what a prompt to one would reach.

Is there something to look up? yes: 148 labelled examples of 3 labels and 43 rows of a code
table.

Does retrieval reach the target? no: rag/nearest has macro-F1 0.60 (95 %: 0.55 to 0.65) on 120
test items; 0.80 is wanted, as asked: 0.20 short.

Is there a data set to train on? yes: 148 labelled examples of 3 labels, from 24 of wear to 64
of jam.

Does fine-tuning reach the target? no: finetune/hybrid has macro-F1 0.78 (95 %: 0.73 to 0.83) on
120 test items; 0.80 is wanted, as asked: 0.02 short, but the interval reaches it: other items
may tell otherwise.

Do two of them reach it, the second asked where the first abstains? no: rag/nearest +
finetune/hybrid has macro-F1 0.77 (95 %: 0.72 to 0.82); 0.80 is wanted, as asked: 0.03 short,
but the interval reaches it: other items may tell otherwise.

Which comes nearest? finetune/hybrid: macro-F1 0.78 (95 %: 0.73 to 0.83); it is not recommended,
and what answers the task stays as it is.
"""


@pytest.mark.parametrize(
    ("figures", "route"),
    [
        ((0.85, 0.9, 0.95), Route.PROMPT),
        ((0.79, 0.81, 0.95), Route.RAG),
        ((0.5, 0.79, 0.81), Route.FINETUNE),
        ((0.5, 0.6, 0.79), Route.NONE),
    ],
)
def test_the_first_that_reaches_the_target_wins(
    figures: tuple[float, float, float], route: Route
) -> None:
    """What is better but comes later in the walk does not count."""
    assert decide(three(*figures), [], given()).approach is route


def test_a_target_that_is_met_exactly_is_reached() -> None:
    """The target is the least that is wanted."""
    assert decide(three(0.5, 0.8, 0.9), [], given(0.8)).arm == "rag/nearest"


def test_a_low_target_does_not_recommend_guessing() -> None:
    """What guessing reaches too is not quality, whatever the target."""
    found = decide(three(0.37, 0.36, 0.35), [], given(0.2))
    assert found.approach is Route.NONE
    assert found.branches[0].reason.startswith(
        "prompt/keywords has macro-F1 0.37 (95 %: 0.32 to 0.42) on 120 test items; guessing by the "
        "shares of the labels reaches 0.33, and these answers cannot be told from that"
    )
    assert found.branches[-1].answer == "none"
    assert "whether the inputs hold what the labels say" in found.would_change[0]


def test_a_handful_of_right_answers_is_luck() -> None:
    """Three of three right: the interval has no width, and says nothing."""
    items = [Item(text=name, label=name, group=name) for name in ("leak", "jam", "wear")]
    replies = [Reply(item.label, 1.0, item.label) for item in items]
    lucky = measured_quality(items, replies)
    assert lucky.ci95 == (1.0, 1.0) or lucky.macro_f1 == 1.0
    assert decide([arm("prompt", lucky)], [], given()).approach is Route.NONE
    sure = measured_quality(items * 10, replies * 10)
    assert decide([arm("prompt", sure)], [], given()).approach is Route.PROMPT


def test_what_a_shuffling_reaches_too_is_luck() -> None:
    """Also where the interval does not touch what guessing reaches."""
    lucky = quality(0.9, chance_p=0.2)
    assert decide([arm("rag", lucky)], [], given()).approach is Route.NONE


def test_an_interval_that_begins_below_the_target_is_said() -> None:
    """It reaches the target, and that is not sure."""
    found = decide([arm("rag", 0.82)], [], given())
    assert found.approach is Route.RAG
    assert found.reasons[-1].endswith(
        "and the interval begins below it: other items may tell otherwise."
    )


def test_who_abstains_on_everything_is_not_recommended() -> None:
    """Its likeliest labels may be right; nobody gets an answer."""
    silent = arm("rag", quality(0.95, answered=0.0, accuracy_answered=None))
    found = decide([silent, arm("finetune", 0.9)], [], given())
    assert found.approach is Route.FINETUNE
    assert "it abstains on every item" in found.reasons[2]


def test_where_none_reaches_alone_two_in_turn_are_asked() -> None:
    """The cheapest pair that reaches the target."""
    pairs = [
        cascade(*RAG_THEN_TUNED, 0.9, cost=0.5),
        cascade("prompt/keywords", "finetune/hybrid", 0.82, cost=0.2),
        cascade("prompt/keywords", "rag/nearest", 0.6, cost=0.1),
    ]
    found = decide(three(0.5, 0.7, 0.78), pairs, given())
    assert (found.approach, found.arm) == (Route.CASCADE, "prompt/keywords + finetune/hybrid")
    assert found.branches[-1].answer == "yes"
    assert "prompt/keywords answers 64 % and finetune/hybrid is asked the rest" in found.reasons[-1]


def _dear(macro_f1: float = 0.9) -> list[ArmResult]:
    return [arm("prompt", 0.5), arm("rag", 0.6), arm("finetune", macro_f1, cost=2.0)]


def test_two_in_turn_replace_one_for_half_the_cost() -> None:
    """As good as the target wants, and much cheaper to run."""
    found = decide(_dear(), [cascade(*RAG_THEN_TUNED, 0.85, cost=1.0)], given())
    assert (found.approach, found.arm) == (Route.CASCADE, "rag/nearest + finetune/hybrid")
    assert found.reasons[-1] == (
        "Would two in turn reach it for half the cost? yes: rag/nearest + "
        "finetune/hybrid has macro-F1 0.85 (95 %: 0.80 to 0.90) and costs 1.00 EUR per 1,000 items "
        "where finetune/hybrid costs 2.00 EUR; rag/nearest answers 64 % and finetune/hybrid is "
        "asked the rest."
    )


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (cascade(*RAG_THEN_TUNED, 0.9, cost=1.01), "that is more than half"),
        (cascade(*RAG_THEN_TUNED, 0.79, cost=0.1), ""),
    ],
)
def test_two_in_turn_replace_nobody_for_more_than_half_or_below_the_target(
    pair: CascadeResult, why: str
) -> None:
    """The single one stands."""
    found = decide(_dear(), [pair], given())
    assert found.approach is Route.FINETUNE
    assert why in found.reasons[-1]


def test_a_saving_that_nobody_notices_is_not_worth_two_models() -> None:
    """Half of next to nothing."""
    arms = [arm("prompt", 0.5), arm("rag", 0.6), arm("finetune", 0.9, cost=0.02)]
    pair = cascade(*RAG_THEN_TUNED, 0.9, cost=0.002)
    found = decide(arms, [pair], given())
    assert found.approach is Route.FINETUNE
    assert "does not pay one hour" in found.reasons[-1]
    free = replace(Prices(), labour_hour=0.0)
    assert decide(arms, [pair], given(prices=free)).approach is Route.CASCADE


def test_costs_that_are_next_to_nothing_are_not_compared() -> None:
    """A millionth of a euro more or less is no reason, and no figure."""
    pair = cascade(*RAG_THEN_TUNED, 0.9, cost=0.0001)
    found = decide(three(0.5, 0.6, 0.9), [pair], given())
    assert found.reasons[-1] == (
        "Would two in turn reach it for half the cost? no: rag/nearest + finetune/hybrid has "
        "macro-F1 0.90 (95 %: 0.85 to 0.95); it and finetune/hybrid cost less than 0.01 EUR per "
        "1,000 items each: nothing to save."
    )


def test_a_list_that_nobody_reads_to_its_end_is_cut() -> None:
    """The first six matter most."""
    split = quality(0.74, classes=classes(leak=0.5, jam=0.9, wear=0.46))
    pairs = [cascade(*RAG_THEN_TUNED, 0.79), cascade("prompt/keywords", "rag/nearest", 0.75)]
    arms = [arm("prompt", 0.4), arm("rag", 0.6), arm("finetune", split)]
    assert len(decide(arms, pairs, given()).would_change) == 6


def test_two_in_turn_never_need_more_than_the_walk_came_to() -> None:
    """A prompt that reaches is not replaced by something that has to be trained."""
    arms = [arm("prompt", 0.9, cost=3.0), arm("rag", 0.5), arm("finetune", 0.9)]
    pair = cascade("finetune/hybrid", "prompt/keywords", 0.92, cost=0.5)
    assert decide(arms, [pair], given()).approach is Route.PROMPT


def test_a_tie_goes_to_the_cheaper() -> None:
    """Of two that stand for one approach, and of two cascades."""
    dear, cheap = arm("rag", 0.9, name="dear", cost=0.2), arm("rag", 0.9, name="cheap", cost=0.1)
    assert decide([dear, cheap], [], given()).arm == "rag/cheap"
    arms = three(0.5, 0.6, 0.7)
    first = "prompt/keywords"
    pairs = [
        cascade(first, "rag/nearest", 0.9, cost=0.2),
        cascade(first, "finetune/hybrid", 0.9, cost=0.1),
    ]
    assert decide(arms, pairs, given()).arm == "prompt/keywords + finetune/hybrid"


def test_two_in_turn_are_both_set_up_and_their_labels_are_paid_once() -> None:
    """Labels of 49.33 EUR that both learn from, and a set-up of 5, of 10 and of 1 EUR."""
    labels = 148 / 3
    arms = [
        arm("prompt", 0.5, one_off_cost=5.0),
        arm("rag", 0.6, one_off_cost=labels + 10),
        arm("finetune", 0.7, one_off_cost=labels + 1),
    ]
    found = field_of(arms, [cascade(*RAG_THEN_TUNED, 0.9)], Prices()).cascades
    assert [one.one_off_cost for one in found] == pytest.approx([labels + 11])
    pairs = [cascade("prompt/keywords", "rag/nearest", 0.9), cascade(*RAG_THEN_TUNED, 0.9)]
    assert decide(arms, pairs, given()).arm == "rag/nearest + finetune/hybrid"


def test_the_walk_is_told_to_its_end_where_nobody_reaches() -> None:
    """Each question, each figure, and who is nearest."""
    found = decide(three(0.5, 0.6, 0.78), [cascade(*RAG_THEN_TUNED, 0.77)], given(code_rows=43))
    assert list(found.reasons) == [" ".join(one.split()) for one in TOLD.split("\n\n")]
    assert found.arm == ""


def test_the_walk_ends_where_somebody_reaches() -> None:
    """What comes after the winner is no reason for it."""
    found = decide(three(0.5, 0.9, 0.95), [], given(target_from="task file"))
    assert [one.answer for one in found.branches] == ["no", "yes", "yes"]
    assert found.reasons[-1].endswith(
        "0.80 is wanted, as the task file says, and the whole interval lies above it."
    )


def test_a_figure_that_is_rounded_up_to_the_target_is_not_called_short_of_itself() -> None:
    """0.7996 is not 0.80."""
    found = decide([arm("rag", 0.7996)], [], given())
    assert "0.8000 is wanted, as asked: 0.0004 short" in found.reasons[2]


def test_what_abstains_is_told() -> None:
    """A person has to answer the rest."""
    half = quality(0.9, answered=0.5, accuracy_answered=0.97)
    found = decide([arm("prompt", 0.4), arm("rag", half)], [], given())
    assert "It answers 50 % by itself, 97 % of these rightly" in found.reasons[-1]


def test_who_could_not_be_measured_is_named_with_its_reason() -> None:
    """A server that is away is no reason against prompting."""
    away = FailedArm(arm("prompt", 0.1).approach, "zero-shot", 0, "The model server is away.")
    found = decide([arm("rag", 0.9)], [], given(model="tiny", failed=(away, away)))
    assert found.approach is Route.RAG
    assert found.reasons[0] == (
        "Does prompting reach the target? not known: prompt/zero-shot could not be measured: The "
        "model server is away."
    )
    said = [one for one in found.would_change if "prompt/zero-shot" in one]
    assert len(said) == 1
    assert said[0].endswith("(The model server is away): once it can, compare again.")


def test_rows_of_numbers_are_not_said_to_be_read_by_key_words() -> None:
    """Nor is a table of codes asked for."""
    found = decide(three(0.4, 0.5, 0.6), [], given(reads_texts=False))
    assert "a rule stands in that does not read the numbers" in found.reasons[0]
    assert not [one for one in found.would_change if "--codes" in one]


def test_a_label_that_is_made_to_mislead_stays_one_line() -> None:
    """Labels are data of somebody else."""
    nasty = "leak\n\u202eDecision: buy" + "x" * 500
    split = (replace(classes(leak=0.2)[0], label=nasty), *classes(jam=0.9, wear=0.9))
    labels = {nasty: 3, "jam": 60, "wear": 60}
    found = decide([arm("finetune", quality(0.6, classes=split))], [], given(labels=labels))
    said = " ".join([*found.reasons, *found.would_change])
    assert "\n" not in said
    assert "\u202e" not in said
    assert "x" * 100 not in said


def test_nothing_measured_is_no_decision() -> None:
    """Every arm failed: that is said, and nothing is recommended."""
    found = decide([], [], given(labels={}))
    assert found.approach is Route.NONE
    assert [one.answer for one in found.branches] == [
        "not known",
        "no",
        "not known",
        "no",
        "not known",
        "none",
    ]
