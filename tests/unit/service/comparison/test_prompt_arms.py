"""The arms of the prompt over a model that is made up: what it is shown, and what comes of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from finetune.task import Label, Task, TaskKind
from ingest.errors import DataFault, NotKnown
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.model import EngineFault, PassingFault, Request
from prompting.model import Reply as Said
from prompting.prices import Price
from prompting.settings import PromptingSettings
from service.comparison.asked_model import Prompting, names_shown
from service.comparison.cost import cost_per_1000
from service.comparison.looked_up import LookedUpArm
from service.comparison.nouns import Approach, CodeRow, Item, Known, Prices, Reply
from service.comparison.ports import Answerer, Arm
from service.comparison.prompt_arms import FewShotArm, KeywordArm, ZeroShotArm, prompt_arms
from service.comparison.shots import shots_of
from service.comparison.told_items import told
from tests.fakes import FakeModel
from tests.fakes import Said as Saying

PROMPTS = PromptLibrary()
TASK = Task(
    "faults",
    TaskKind.TEXT,
    (Label("leak", "oil runs out"), Label("noise"), Label("fine", "nothing is wrong")),
    quiet="fine",
)
ROWS = tuple(
    Item(f"{label} case {number}", label=label, group=f"g{number % 3}")
    for label in ("leak", "noise")
    for number in range(12)
)
KNOWN = Known(TASK, ROWS)
NUMBERS = Task("plates", TaskKind.TABULAR, (Label("scratch"), Label("stain")))


def says(label: str) -> str:
    """A reply with that label."""
    return json.dumps({"label": label})


def prompting(*said: Saying) -> tuple[Prompting, FakeModel]:
    """A model that says that."""
    model = FakeModel(*said)
    return Prompting(Asker(model, PromptingSettings(llm_tries=1)), PROMPTS), model


class Shelf:
    """Finds what it was given, whatever is asked."""

    model = "shelf"
    versioned = ("examples",)
    redone = "the changed examples"
    sizes: tuple[int | None, ...] = (0, 8, 64, None)

    def __init__(self) -> None:
        self.known = Known(TASK)
        self.asked: list[tuple[str, int]] = []

    def ready(self, known: Known) -> Shelf:
        self.known = known
        return self

    def renewed(self, answerer: Answerer, known: Known) -> Shelf:
        assert answerer is self
        return self.ready(known)

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        return [Reply(None) for _ in items]

    def nearest(self, item: Item, limit: int) -> list[Item]:
        self.asked.append((item.text, limit))
        return list(self.known.examples[:limit])

    def passages(self, item: Item, limit: int) -> list[CodeRow]:
        return list(self.known.codes[:limit])


def test_without_a_model_key_words_stand_in_and_say_so() -> None:
    """One arm, marked as a baseline; what no word tells is abstained on."""
    (arm,) = prompt_arms(TASK, model=None)
    assert (arm.approach, arm.name, arm.baseline) == (Approach.PROMPT, "key words", True)
    answerer = arm.ready(Known(TASK))
    leak, nothing = answerer.answer([Item("oil on the floor, dripping"), Item("hello")])
    assert (leak.label, leak.likeliest, leak.reason) == ("leak", "leak", "its words: dripping, oil")
    assert 0.0 < leak.confidence <= 1.0
    assert (nothing.label, nothing.likeliest) == (None, "fine")
    assert "No language model is set" in getattr(answerer, "notes")[0]  # noqa: B009 - optional


def test_of_rows_of_numbers_the_baseline_knows_the_commonest_label() -> None:
    """It needs the labelled rows for that, and says that it is no more."""
    arm = KeywordArm(NUMBERS)
    assert arm.sizes == (None,)
    rows = [Item(numbers={"x": 1.0}, label=label) for label in ("stain", "stain", "scratch")]
    answerer = arm.ready(Known(NUMBERS, tuple(rows)))
    (reply,) = answerer.answer([Item(numbers={"x": 9.0})])
    assert reply.label == "stain"
    assert reply.confidence == pytest.approx(2 / 3)
    assert (answerer.learnt, "commonest" in answerer.notes[0]) == (3, True)
    assert arm.ready(Known(NUMBERS)).answer([Item()])[0].label == "scratch"


@pytest.mark.parametrize("language", ["en", "de"])
def test_zero_shot_shows_the_labels_and_nothing_else(language: str) -> None:
    """One question an item, with what it took."""
    given, model = prompting(says("leak"))
    arm = ZeroShotArm(Prompting(given.asker, PROMPTS, language))
    answerer = arm.ready(KNOWN)
    (reply,) = answerer.answer([Item("drips", label="noise", group="secret")])
    assert (reply.label, reply.likeliest, reply.confidence) == ("leak", "leak", 1.0)
    assert (reply.tokens_in, reply.tokens_out) == (100, 10)
    assert (answerer.learnt, arm.sizes, arm.model) == (0, (0,), "parrot")
    shown = "".join(turn.text for turn in model.asked[0].turns)
    assert "- leak: oil runs out" in shown
    assert "case" not in shown
    assert "secret" not in shown


def test_few_shot_shows_examples_of_every_label_from_several_groups() -> None:
    """The same ones always, and never the right answer of what is asked."""
    given, model = prompting(says("noise"))
    arm = FewShotArm(given)
    answerer = arm.ready(KNOWN)
    answerer.answer([Item("rattles", label="leak")])
    arm.ready(KNOWN).answer([Item("rattles")])
    first, second = (request.turns for request in model.asked)
    assert first == second
    assert first[1].text.count('{"label": "leak"}') == 4
    assert first[1].text.count('{"label": "noise"}') == 4
    assert answerer.learnt == 8
    with pytest.raises(DataFault, match="no labelled examples"):
        arm.ready(Known(TASK))


def test_examples_are_drawn_in_turns_of_the_labels() -> None:
    """From another group each time while there are some; rare labels give what they have."""
    rows = (*ROWS, Item("all is well", label="fine"), Item("strange", label="elsewhere"))
    found = shots_of(Known(TASK, rows), per_class=4)
    assert [item.label for item in found[:3]] == ["leak", "noise", "fine"]
    assert len(found) == 9
    assert len({item.text for item in found}) == 9
    many = [Item(f"row {number}", label="leak", group="big") for number in range(50)]
    lone = [Item(f"lone {name}", label="leak", group=name) for name in ("a", "b")]
    spread = shots_of(Known(TASK, (*many, *lone)), per_class=3)
    assert {item.group for item in spread} == {"big", "a", "b"}
    assert found == shots_of(Known(TASK, rows), per_class=4)
    assert found != shots_of(Known(TASK, rows, seed=1), per_class=4)


def test_few_shot_from_retrieval_shows_what_was_found() -> None:
    """The nearest first, with the rows of the code table; renewed from what is ready."""
    given, model = prompting(says("leak"))
    shelf = Shelf()
    arm = LookedUpArm(given, shelf)
    known = Known(TASK, ROWS, (CodeRow("E217", "Seal leaks"),))
    answerer = arm.ready(known)
    assert (arm.approach, arm.model, answerer.learnt) == (Approach.RAG, "parrot, shelf", 24)
    assert arm.sizes == (0, None)
    assert answerer.answer([Item("E217 drips")])[0].label == "leak"
    user = model.asked[0].turns[1].text
    assert '- "E217": "Seal leaks"' in user
    assert user.index('"leak case 0"') < user.index('"leak case 7"')
    assert shelf.asked == [("E217 drips", 8)]
    fewer = arm.renewed(answerer, Known(TASK, ROWS[12:]))
    fewer.answer([Item("E217 drips")])
    assert "leak case" not in model.asked[1].turns[1].text
    assert arm.redone == "the changed examples"
    assert "examples" in arm.versioned


def test_what_has_a_version_is_named() -> None:
    """The prompt with its hash, the model, the labels."""
    given, _ = prompting(says("leak"))
    for arm in (ZeroShotArm(given), FewShotArm(given)):
        versions = " | ".join(arm.versioned)
        assert re.match(r"prompt classify-\w+-shot@1\.0\.0#\w+ \| language model par", versions)
    with pytest.raises(NotKnown, match="in fr"):
        ZeroShotArm(Prompting(given.asker, PROMPTS, "fr")).ready(KNOWN)


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        (says("unknown"), False),
        (says("fire"), False),
        ("no JSON at all", False),
        (PassingFault("Away.", reason="away"), True),
        (PassingFault("Hangs.", reason="silent"), True),
        (EngineFault("No such model.", reason="refused"), True),
    ],
)
def test_no_answer_is_no_guess_and_its_reason_is_told(said: Saying, failed: bool) -> None:
    """A model that is away is told apart from one that abstains or talks nonsense."""
    given, _ = prompting(said)
    (reply,) = ZeroShotArm(given).ready(KNOWN).answer([Item("drips")])
    assert (reply.label, reply.likeliest, reply.confidence) == (None, "", 0.0)
    assert reply.failed is failed
    assert reply.reason


def test_a_model_that_goes_away_in_the_middle_loses_no_other_item() -> None:
    """Each item has its reply; nothing is raised."""
    given, model = prompting(says("leak"), PassingFault("Away.", reason="away"), says("noise"))
    replies = ZeroShotArm(given).ready(KNOWN).answer([Item("a b"), Item(""), Item("c"), Item("d")])
    assert [reply.label for reply in replies] == ["leak", None, None, "noise"]
    assert [reply.failed for reply in replies] == [False, False, True, False]
    assert "empty" in replies[1].reason
    assert len(model.asked) == 3


def test_labels_that_no_prompt_can_hold_are_shown_otherwise() -> None:
    """Too long, taken, alike or with markup: what the model picks is the label itself again."""
    odd = ("unknown", "Unknown", "x" * 300, "x" * 300 + "y", "<b>\n{x}", "(b) (x)", "\x00", "plain")
    shown = names_shown(odd)
    assert list(shown.values()) == list(odd)
    assert shown["plain"] == "plain"
    assert "unknown" not in {name.lower() for name in shown}

    def the_last(request: Request) -> Said:
        return Said(says(request.schema["properties"]["label"]["enum"][-2]), "stop", 1, 1)

    for label in odd:
        order = (*(other for other in odd if other != label), label)
        task = Task("odd", TaskKind.TEXT, tuple(Label(name, "<i>" * 400) for name in order))
        given, _ = prompting(the_last)
        arm = FewShotArm(given)
        found = arm.ready(Known(task, (Item("a row", label=label),))).answer([Item("x")])
        assert found[0].label == label, found[0].reason


def test_more_labels_than_a_prompt_holds_are_refused() -> None:
    """Before anything is asked."""
    given, _ = prompting(says("leak"))
    many = Task("many", TaskKind.TEXT, tuple(Label(f"l{number}") for number in range(201)))
    with pytest.raises(DataFault, match="1 to 200 labels, and there are 201"):
        ZeroShotArm(given).ready(Known(many))
    with pytest.raises(DataFault, match="no labels"):
        KeywordArm(TASK).ready(Known(Task("none", TaskKind.TEXT)))


def test_numbers_are_told_in_words_as_far_as_there_is_room() -> None:
    """Whole pairs of name and value, and the report says so."""
    assert told(Item("hot", {"oil.mean": 61.23456, "n": 120000.0})) == (
        "hot; oil.mean = 61.23; n = 1.2e+05"
    )
    assert told(Item("long " * 10_000)).startswith("long long")
    assert told(Item("\x00\u200b")) == ""
    many = told(Item(numbers={f"column {number}": 1 / 3 for number in range(200)}))
    assert len(many) <= 1000
    assert all(piece.endswith(" = 0.3333") for piece in many.split("; "))
    given, model = prompting(says("stain"))
    answerer = ZeroShotArm(given).ready(Known(NUMBERS))
    assert answerer.answer([Item(numbers={"x": 1.5})])[0].label == "stain"
    assert model.asked[0].turns[1].text == 'Text: "x = 1.5"'
    assert "in words" in answerer.notes[-1]


def test_a_model_without_a_price_costs_its_time() -> None:
    """Else it would look free beside everything else; with a price each reply has its cost."""

    def slowly(_: Request) -> Said:
        time.sleep(0.01)
        return Said(says("leak"), "stop", tokens_in=100, tokens_out=10)

    given, model = prompting(slowly)
    answerer = ZeroShotArm(given).ready(KNOWN)
    (reply,) = answerer.answer([Item("drips")])
    assert "no price for parrot" in answerer.notes[0]
    assert (reply.cost, reply.unpriced_s >= 0.01) == (0.0, True)
    hour = cost_per_1000([reply], 0.0, Prices(cpu_hour=3600.0))
    assert hour == pytest.approx(reply.unpriced_s * 1000)
    settings = PromptingSettings(llm_prices={"par*": Price(input=10, output=100)})
    priced = Prompting(Asker(model, settings), PROMPTS)
    for other in (
        ZeroShotArm(priced).ready(KNOWN),
        FewShotArm(priced).ready(KNOWN),
        LookedUpArm(priced, Shelf()).ready(KNOWN),
    ):
        (reply,) = other.answer([Item("drips")])
        assert other.notes == ()
        assert reply.cost == pytest.approx(0.002)
        assert reply.unpriced_s == 0.0


def test_orders_in_texts_rows_and_codes_stay_data(data_dir: Path) -> None:
    """Naughty strings and injections, anywhere: the prompt has its one form, the label its list."""
    strings: list[str] = json.loads((data_dir / "bad_input" / "blns.json").read_text("utf-8"))
    groups = json.loads((data_dir / "bad_input" / "bipia_text_attack_train.json").read_text())
    hostile = [*strings[::4], *(words for group in groups.values() for words in group)]
    given, model = prompting(says("noise"))
    arms: list[Arm] = [FewShotArm(given), LookedUpArm(given, Shelf())]
    for words in (*hostile, "\x00", "long " * 10_000):
        rows = (Item(words, label="leak"), Item("oil", label="leak"))
        known = Known(TASK, rows, (CodeRow(words, words), CodeRow("E1", "Oil")))
        for arm in arms:
            model.asked.clear()
            odd, even = arm.ready(known).answer([Item(words), Item("a rattle")])
            assert odd.label == ("noise" if told(Item(words)) else None)
            assert even.label == "noise"
            for request in model.asked:
                lines = request.turns[1].text.splitlines()
                assert sum(line.startswith("Text: ") for line in lines) in (2, 3)
                assert len(lines) <= 11
