"""The arms of retrieval: set up, asked, renewed, and what a code table adds to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.task import Label, Task, TaskKind
from ingest.errors import DataFault
from service.comparison.nearest import NearestReady
from service.comparison.nouns import CodeRow, Item, Known
from service.comparison.ports import Arm
from service.comparison.rag_arms import Nearest, rag_arms
from tests.unit.rag.hashing import HashingEncoder

LABELS = (
    Label("cooler_fouled", "The oil cooler is fouled."),
    Label("tool_worn", "The cutting tool is chipped."),
)
TASK = Task("faults", TaskKind.TEXT, LABELS)
CODES = (
    CodeRow("E417", "Oil cooler: not enough cooling power", "cooler_fouled", "HP-CODES"),
    CodeRow("E502", "Cutting tool: load too high", "tool_worn", "CNC-CODES"),
    CodeRow("E900", "Door open"),
)
HOT = [Item(f"oil {word} hot at press {at}", {}, "cooler_fouled", f"h{at}")
       for at, word in enumerate(("runs", "gets", "too", "very", "is", "was"))]  # fmt: skip
WORN = [Item(f"tool {word} chipped on mill {at}", {}, "tool_worn", f"w{at}")
        for at, word in enumerate(("edge", "looks", "tip", "badly", "is", "was"))]  # fmt: skip
KNOWN = Known(TASK, (*HOT, *WORN), CODES)


def nearest(codes: tuple[CodeRow, ...] = CODES) -> Nearest:
    arm = rag_arms(TASK, codes=codes, encoder=HashingEncoder())[1]
    assert isinstance(arm, Nearest)
    return arm


def _sizes(arm: Arm) -> tuple[int | None, ...]:
    assert isinstance(arm, Nearest)
    return arm.sizes


@pytest.fixture(scope="module")
def ready() -> NearestReady:
    return nearest().ready(KNOWN)


def test_texts_have_a_cheap_arm_and_one_by_meaning_numbers_have_one() -> None:
    """With a code table there is a point without labelled examples, for texts."""
    texts = rag_arms(TASK, codes=CODES, encoder=HashingEncoder())
    assert [(arm.name, arm.model) for arm in texts] == [
        ("nearest by words", "BM25"),
        ("nearest", "hashing and BM25"),
    ]
    assert [_sizes(arm)[0] for arm in texts] == [0, 0]
    numbers = rag_arms(Task("n", TaskKind.TABULAR, LABELS), codes=CODES, encoder=None)
    assert [(arm.name, arm.model) for arm in numbers] == [("nearest", "distance of scaled numbers")]
    assert _sizes(numbers[0])[0] == 8


def test_examples_and_codes_answer(ready: NearestReady) -> None:
    """By the words of examples, and by the code alone; the reason says what it stands on."""
    by_words, by_code = ready.answer([Item("the oil is so hot"), Item("alarm e-502")])
    assert (by_words.likeliest, by_code.likeliest) == ("cooler_fouled", "tool_worn")
    assert by_code.label is None or "E502" in by_code.reason


def test_the_code_table_alone_answers_what_it_names_and_abstains_else() -> None:
    """Without one labelled example; nothing was measured, and that is said."""
    alone = nearest().ready(Known(TASK, (), CODES))
    named, unnamed, other = alone.answer([Item("E417 again"), Item("lunch"), Item("E900")])
    assert (named.label, round(named.confidence, 6)) == ("cooler_fouled", 1.0)
    assert named.reason == "Row E417 of HP-CODES: Oil cooler: not enough cooling power"
    assert unnamed.label is None
    assert other.label is None
    assert "Too few labelled examples" in alone.notes[0]


def test_without_examples_and_codes_there_is_no_arm() -> None:
    """A fault that says what to give it."""
    with pytest.raises(DataFault, match="--codes"):
        nearest(()).ready(Known(TASK))


@pytest.mark.parametrize("text", ["", "   ", "\u2026!?", "\ud800"])
def test_what_says_nothing_is_abstained_on(ready: NearestReady, text: str) -> None:
    """Never raised, whatever it is."""
    (reply,) = ready.answer([Item(text)])
    assert reply.label is None
    assert reply.reason


def test_one_item_that_cannot_be_looked_for_takes_no_other_with_it(
    ready: NearestReady, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that refuses one vector is asked for the others one by one."""
    vote = ready._ballots.vote

    def refusing(inputs: list[str]) -> object:
        if any("bad" in text for text in inputs):
            raise DataFault("no direction")
        return vote(inputs)

    monkeypatch.setattr(ready._ballots, "vote", refusing)
    good, bad = ready.answer([Item("the oil is hot"), Item("bad one")])
    assert good.likeliest == "cooler_fouled"
    assert (bad.label, bad.reason) == (None, "no direction")


def test_each_reply_is_the_same_alone_and_among_others(ready: NearestReady) -> None:
    """Whatever stands beside it."""
    items = [Item("oil hot"), Item("tool chipped"), Item("E502"), Item("")]
    assert ready.answer(items) == [ready.answer([item])[0] for item in items]


def test_a_new_class_is_taken_by_indexing_its_rows_alone() -> None:
    """The old answerer does not know the new class; the new one does, and read only what is new."""
    encoder = HashingEncoder()
    arm = rag_arms(TASK, codes=(), encoder=encoder)[1]
    old = arm.ready(replace(KNOWN, codes=()))
    task = replace(TASK, labels=(*LABELS, Label("air_leak")))
    leaks = [Item(f"air leak at valve {at}", {}, "air_leak", f"a{at}") for at in range(4)]
    done = encoder.encoded
    new = arm.renewed(old, Known(task, (*KNOWN.examples, *leaks)))
    assert encoder.encoded == done + len({item.text for item in leaks})
    asked = [Item("an air leak")]
    assert new.answer(asked)[0].likeliest == "air_leak"
    assert old.answer(asked)[0].likeliest != "air_leak"


def test_a_change_of_codes_makes_old_answers_stale_and_is_repaired_by_the_new_table() -> None:
    """E417 becomes X9417: the old table does not know it, the new one does."""
    arm = nearest()
    known = Known(TASK, (), CODES)
    old = arm.ready(known)
    changed = [Item("X9417 again")]
    assert old.answer(changed)[0].label is None
    table = (replace(CODES[0], code="X9417"), *CODES[1:])
    repaired = arm.renewed(old, replace(known, codes=table))
    assert repaired.answer(changed)[0].label == "cooler_fouled"


def test_what_is_nearest_is_told_for_a_prompt(ready: NearestReady) -> None:
    """Labelled examples once each, best first; rows that are named, also those without a label."""
    found = ready.nearest(Item("the oil is hot"), 4)
    assert {item.label for item in found[:2]} == {"cooler_fouled"}
    assert len({item.text for item in found}) == 4
    assert ready.passages(Item("E900"), 1) == [CODES[2]]
    assert ready.nearest(Item(""), 3) == []


def test_numbers_are_voted_on_by_the_nearest_rows() -> None:
    """With a number missing, and with derived ones made by the way."""
    task = Task("n", TaskKind.TABULAR, LABELS)
    rows = [
        Item("", {"a": at % 7 + (50.0 if at % 2 else 0.0), "b": 1.0 * at}, LABELS[at % 2].name)
        for at in range(40)
    ]
    (arm,) = rag_arms(task, codes=(), encoder=None)
    ready = arm.ready(Known(task, tuple(rows)))
    replies = ready.answer([Item("", {"a": 52.0, "b": 3.0}), Item("", {"a": 1.0}), Item("", {})])
    assert [reply.likeliest for reply in replies] == ["tool_worn", "cooler_fouled", ""]
    assert replies[0].label == "tool_worn"
