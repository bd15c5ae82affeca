"""Questions to a route: who is asked what, and what a diagnosis then says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from finetune.inputs import TextAndNumbers
from finetune.task import Derived, Label, Operation, Task, TaskKind
from ingest.errors import AndonFault, DataFault, ModelFault, NotKnown
from ingest.vocabulary import Outcome
from service.comparison.nouns import Item, Known, Reply
from service.comparison.ports import Answerer
from service.ports import Classifies
from service.questions import Question, answers
from service.routed import FIRST_PORTION, LATE, MOST_S, Routed, columns_of, item_of
from service.task_routes import TaskRoute
from tests.fakes import FakeClassifier
from tests.unit.service.routed_fakes import BY_BOTH, BY_PROMPT, BY_RAG, KNOWN, LABELS, Words

PRESS, OTHER = LABELS, LABELS[1:]
"""Labels that are possible on a press, and on another machine."""
NOTHING: AndonFault = NotKnown("There is no model.")


def routed(
    route: TaskRoute,
    *arms: Answerer | None,
    model: Classifies | AndonFault = NOTHING,
    known: Known = KNOWN,
) -> Routed:
    """A route with an id."""
    return Routed(replace(route, revision="r0007"), known, arms, model=model)


def test_an_answer_says_by_which_way_it_was_found() -> None:
    """Engine, revision, what it stands on, and why."""
    (found,) = routed(BY_RAG, Words()).classify(["  it   sticks "])
    assert (found.task, found.label, found.confidence) == ("error_code", "valve_stuck", 0.9)
    assert (found.engine, found.model_version, found.outcome) == ("rag", "r0007", Outcome.LABEL)
    assert (found.reason, found.basis) == ("like: it is valve_stuck", ("  it   sticks ",))
    assert (found.abstained, found.alternatives, found.likeliest) == (False, (), "valve_stuck")


def test_an_abstention_with_a_guess_is_for_review_and_one_without_is_unknown() -> None:
    """The guess stands among the alternatives, never as the label."""
    (found,) = routed(BY_RAG, Words(guess="pump_worn")).classify(["zzz zzz"])
    assert (found.label, found.outcome, found.likeliest) == (None, Outcome.REVIEW, "pump_worn")
    assert [one.label for one in found.alternatives] == ["pump_worn"]
    (found,) = routed(BY_RAG, Words()).classify(["zzz zzz"])
    assert (found.outcome, found.alternatives) == (Outcome.UNKNOWN, ())
    assert found.reason == "no word is known"


def test_a_text_that_is_no_word_is_still_read_by_the_arms() -> None:
    """A code alone says nothing to a classifier, and all to a code table."""
    arm = Words({"E417": "valve_stuck"})
    code, empty = routed(BY_RAG, arm).classify(["E417", " "])
    assert code.label == "valve_stuck"
    assert (empty.label, empty.reason) == (None, "no word is known")
    model = FakeClassifier({"whin": "pump_worn"})
    (found,) = routed(BY_BOTH, arm, None, model=model).classify(["E417"])
    assert found.engine == "rag"


def test_identifiers_reach_the_arms_whole() -> None:
    """As the comparison read them from the file: not as the classifier tidies them."""
    arm = Words()
    routed(BY_RAG, arm).classify([" alarm E417 sticks ", TextAndNumbers(" E502 x ", {"a": 1.0})])
    assert [item.text for item in arm.asked] == ["alarm E417 sticks", "E502 x"]


def test_numbers_are_those_that_were_learnt_in_their_order() -> None:
    """What else a caller sends weighs nothing; a missing one is not there."""
    known = Known(
        Task("t", TaskKind.TABULAR), (Item(numbers={"b": 1.0, "a": 2.0}), Item(numbers={"c": 3.0}))
    )
    assert columns_of(known) == ("b", "a", "c")
    item = item_of({"a": 5, "z": 1.0, "b": float("nan"), "c": 7.5}, columns_of(known))
    assert list(item.numbers.items()) == [("a", 5.0), ("c", 7.5)]


def test_a_number_that_is_missing_is_refused_as_the_classifier_refuses_it() -> None:
    """Unless the task allows it; a derived one is made of its parts and is not asked for."""
    task = Task(
        "t",
        TaskKind.TABULAR,
        (Label("good"), Label("bad")),
        derived=(Derived("power", ("a", "b"), Operation.PRODUCT),),
    )
    known = Known(task, (Item(numbers={"a": 1.0, "b": 2.0}, label="good"),))
    arm = Words({"": "good"})
    ways = routed(BY_RAG, arm, known=known)
    missing, told = ways.classify([{"a": 1.0}, {"a": 1.0, "b": 3.0}])
    assert missing.reason == "A number is missing or not finite: b."
    assert told.label == "good"
    with pytest.raises(DataFault):
        ways.classify(["a text"])


def test_a_label_that_is_not_possible_on_the_machine_is_an_abstention() -> None:
    """Neither the answer nor the guess may name it; in a cascade the next is asked."""
    whines = Words({"whin": "pump_worn"}, guess="pump_worn")
    found, guessed = routed(BY_RAG, whines).classify(["it whines", "zzz zzz"], labels=OTHER)
    assert (found.label, found.likeliest) == (None, "")
    assert found.reason == "It says pump_worn, which is not possible on this machine."
    assert (guessed.label, guessed.likeliest) == (None, "")
    model = FakeClassifier({"whin": "valve_stuck"})
    (found,) = routed(BY_BOTH, whines, None, model=model).classify(["it whines"], labels=OTHER)
    assert (found.label, found.engine) == ("valve_stuck", "classifier")


def test_labels_are_refused_as_by_the_classifier() -> None:
    """One that the task does not have, and none at all."""
    ways = routed(BY_RAG, Words())
    with pytest.raises(NotKnown, match="has no label magic"):
        ways.classify(["x"], labels=["magic"])
    with pytest.raises(NotKnown, match="No label of task error_code is possible"):
        ways.classify(["x"], labels=[])


def test_the_classifier_in_a_cascade_is_asked_among_the_labels_that_it_has() -> None:
    """A version that learnt fewer labels must not fail for it."""
    model = FakeClassifier({"whin": "pump_worn"})
    (found,) = routed(BY_BOTH, Words(), None, model=model).classify(["it whines"], labels=PRESS)
    assert found.label == "pump_worn"


def test_an_explanation_is_given_where_the_classifier_answered() -> None:
    """The other ways say why in their reason."""
    model = FakeClassifier({"whin": "pump_worn"})
    ways = routed(BY_BOTH, Words(), None, model=model)
    rag, classifier = ways.classify(["it sticks", "it whines"], explain=True)
    assert rag.explanation == ()
    assert classifier.explanation


def test_a_member_that_fails_while_it_is_asked_is_passed_over() -> None:
    """The language model went away in the middle."""
    away = Words(away=ModelFault("The model server is away.", remedy="Start it."))
    model = FakeClassifier({"whin": "pump_worn"})
    (found,) = routed(BY_BOTH, away, None, model=model).classify(["it whines"])
    assert (found.label, found.engine) == ("pump_worn", "classifier")
    assert found.reason == "First: The model server is away. Start it."
    (found,) = routed(BY_PROMPT, away).classify(["it whines"])
    assert (found.label, found.engine, found.outcome) == (None, "prompt", Outcome.UNKNOWN)
    assert found.reason == "The model server is away. Start it."


def test_all_texts_of_an_issue_give_its_surest_fault() -> None:
    """A fault before none, however sure one is of that; the same text once."""
    arm = Words({"whin": "pump_worn", "fine": "no_fault"})
    ways = routed(BY_RAG, arm)
    texts = ["all fine", "it whines", "IT whines ", "zzz zzz"]
    assert ways.classify_together(texts).label == "pump_worn"
    assert len(arm.asked) == 3
    assert ways.classify_together(["all fine", "zzz zzz"]).label == "no_fault"
    assert ways.classify_together(["zzz zzz"]).label is None
    with pytest.raises(DataFault, match="no text"):
        ways.classify_together([])


class Slow(Words):
    """Takes as long as the whole request may."""

    def __init__(self, now: list[float]) -> None:
        super().__init__()
        self.now = now

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """Late."""
        self.now[0] += MOST_S
        return super().answer(items)


def test_what_is_not_reached_in_time_is_abstained_on() -> None:
    """A thousand questions to a language model must not hold a caller for an hour."""
    now = [0.0]
    slow = Slow(now)
    ways = Routed(BY_RAG, KNOWN, [slow], model=NOTHING, clock=lambda: now[0])
    found = ways.classify(["it sticks"] * 20)
    assert [one.label for one in found] == ["valve_stuck"] * FIRST_PORTION + [None] * 12
    assert found[-1].reason == LATE


def test_many_inputs_are_answered_in_order_whatever_the_portions() -> None:
    """None twice, none left out."""
    arm = Words()
    texts = [f"it sticks {number}" if number % 3 else "zzz zzz" for number in range(500)]
    found = routed(BY_RAG, arm).classify(texts)
    assert [one.basis for one in found] == [(text,) for text in texts]
    assert [one.label is not None for one in found] == [bool(n % 3) for n in range(500)]
    assert [item.text for item in arm.asked] == texts


def test_it_is_asked_like_a_model() -> None:
    """One question that cannot be read takes no other with it."""
    ways = routed(BY_RAG, Words())
    told = answers(ways, [Question(({"a": 1.0},)), Question(("it sticks",))])
    assert isinstance(told[0], DataFault)
    assert not isinstance(told[1], DataFault)
    assert told[1].label == "valve_stuck"
    assert (ways.version, ways.task) == ("r0007", KNOWN.task)
