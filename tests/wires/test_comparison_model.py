"""A comparison with a language model behind HTTP: of random words, failing, away in the middle."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

import pytest

from finetune.progress import Progress, silent
from finetune.task import Label, Task, TaskKind
from prompting.library import PromptLibrary
from prompting.prices import Price
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from rag.settings import RagSettings
from service.comparison.asked_model import Prompting
from service.comparison.data import Material, read_material
from service.comparison.entrants import entered
from service.comparison.looked_up import LookedUpArm
from service.comparison.nouns import Approach, CodeRow, Item, Known, Prices, Report, Route
from service.comparison.pace import Pace
from service.comparison.ports import Arm
from service.comparison.prompt_arms import FewShotArm, KeywordArm, ZeroShotArm, prompt_arms
from service.comparison.rag_arms import Nearest
from service.comparison.report_html import report_html
from service.comparison.report_json import report_as_dict
from service.comparison.reporting import Account, Target, reported
from service.comparison.run import compared
from tests.model_server import Model as Answering
from tests.model_server import completion, model_servers
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served

TASK = Task(
    "faults",
    TaskKind.TEXT,
    (
        Label("leak", "oil runs out"),
        Label("noise", "it grinds or rattles"),
        Label("jam", "a part is stuck"),
    ),
)
WORDS = {
    "leak": ("oil", "drips", "puddle", "wet"),
    "noise": ("rattle", "grinding", "squeal", "loud"),
    "jam": ("stuck", "blocked", "wedged", "jammed"),
}
PLACES = ("pump", "gripper", "lift", "table")
LEAK = json.dumps({"label": "leak"})
Connect = Callable[[Behaviour], Prompting]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Starts a server that behaves so, and gives what a comparison asks it by."""
    with ExitStack() as stack:

        def start(behaviour: Behaviour) -> Prompting:
            return to(f"{stack.enter_context(served(behaviour))}/v1", stack)

        yield start


def to(url: str, stack: ExitStack, prices: Mapping[str, Price] = MappingProxyType({})) -> Prompting:
    """Over that address."""
    settings = PromptingSettings(
        llm_url=url,
        llm_model=NAME,
        llm_engine="openai",
        llm_first_token_s=60,
        llm_deadline_s=60,
        llm_tries=1,
        llm_prices=dict(prices),
    )
    asker = asker_of(settings)
    assert asker is not None
    stack.callback(asker.close)
    return Prompting(asker, PromptLibrary())


def written(path: Path, *, repeats: int) -> Material:
    """Texts whose words tell the label, each in its own group."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "group"))
        for label, words in WORDS.items():
            for number, word in enumerate(words * repeats):
                text = f"{word} at {PLACES[number % len(PLACES)]} {number}"
                writer.writerow((text, label, f"{label} {number}"))
    return read_material(TASK, path, seed=0)


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """A few."""
    return written(tmp_path / "faults.csv", repeats=1)


def report(
    material: Material, arms: Sequence[Arm], model: str, progress: Progress = silent
) -> Report:
    """What a comparison of those arms finds."""
    entrants = entered(arms)
    outcome = compared(material, entrants, pace=Pace(progress))
    account = Account("faults-1", Target(0.8, "default"), Prices(), 0, model, (), 1.0)
    return reported(material, outcome, account)


def test_a_model_of_random_words_is_measured_and_not_recommended(
    connect: Connect, brain: Brain, material: Material
) -> None:
    """Over HTTP: its interval reaches down to guessing, the report says so, retrieval is taken."""
    behaviour = Behaviour(brain)
    model = connect(behaviour)
    arms = (*prompt_arms(TASK, model=model), Nearest(None, RagSettings(), sizes=(None,)))
    found = report(material, arms, model.model)
    assert found.failed == ()
    asked = [one for one in found.arms if one.approach is Approach.PROMPT]
    assert {one.name for one in asked} == {"zero-shot", "few-shot"}
    for one in asked:
        assert (one.model, one.baseline) == (NAME, False)
        assert one.quality.ci95[0] <= one.quality.chance_macro_f1
        assert min(one.tokens_per_1000, one.cost_per_1000) > 0.0
        assert "ANDON_LLM_PRICES" in " ".join(one.notes)
    assert any(one.quality.answered > 0.0 for one in asked)
    (chosen,) = (one for one in asked if one.chosen)
    assert chosen.consistency is not None
    assert chosen.consistency.again == 1.0
    assert found.decision.approach not in (Route.PROMPT, Route.CASCADE)
    assert "cannot be told from" in " ".join(found.decision.reasons)
    assert len(behaviour.asked) > 40
    assert json.loads(json.dumps(report_as_dict(found)))["model"] == NAME
    assert "zero-shot" in report_html(found)


def knowing() -> Answering:
    """A server whose model knows the words of every label."""
    server = Answering([])

    def reply() -> tuple[int, bytes]:
        prompt: str = server.asked[-1]["messages"][-1]["content"]
        text = prompt.rpartition("Text: ")[2]
        known = (label for label, words in WORDS.items() if any(word in text for word in words))
        return completion(json.dumps({"label": next(known, "unknown")}))

    server.replies.append(reply)
    return server


def test_a_model_that_knows_is_recommended_before_anything_is_trained(tmp_path: Path) -> None:
    """The counterpart: over the same wire, by the same figures, at what its tokens cost."""
    with model_servers() as start, ExitStack() as stack:
        model = to(start(knowing()), stack, {NAME: Price(input=1, output=1)})
        arms = (*prompt_arms(TASK, model=model), Nearest(None, RagSettings(), sizes=(None,)))
        found = report(written(tmp_path / "more.csv", repeats=4), arms, model.model)
    assert found.decision.approach is Route.PROMPT
    assert found.decision.arm == "prompt/zero-shot"
    (chosen,) = (one for one in found.arms if one.chosen and one.approach is Approach.PROMPT)
    assert chosen.quality.macro_f1 == 1.0
    assert chosen.labels == 0
    assert 0.7 < chosen.cost_per_1000 < 1.0


def test_few_shot_from_retrieval_asks_over_what_is_near(
    connect: Connect, brain: Brain, material: Material
) -> None:
    """One item goes through the index, the prompt, the wire and back."""
    behaviour = Behaviour(brain)
    arm = LookedUpArm(connect(behaviour), Nearest(None, RagSettings()))
    codes = (CodeRow("E217", "The hose drips", "leak"),)
    (reply,) = arm.ready(Known(TASK, material.develop, codes)).answer([Item("E217 oil drips")])
    assert reply.label in (*TASK.label_names, None)
    assert reply.tokens_in > 100
    assert not reply.failed
    prompt = behaviour.asked[0]["messages"][-1]["content"]
    assert '"E217": "The hose drips"' in prompt
    near = [item for item in material.develop if {"oil", "drips"} & {*item.text.split()}]
    assert all(f'"{item.text}"' in prompt for item in near)


def test_a_server_that_goes_away_in_the_middle_takes_nothing_else_with_it(
    brain: Brain, material: Material
) -> None:
    """The arm that it was needed for has failed, with the reason; the others have their figures."""
    with ExitStack() as stack:
        server = stack.enter_context(ExitStack())
        url = server.enter_context(served(Behaviour(brain, says=LEAK)))
        model = to(f"{url}/v1", stack)

        def progress(what: str, _share: float) -> None:
            if what.startswith("prompt/zero-shot, no labels"):
                server.close()

        key_words = KeywordArm(TASK)
        arms = (ZeroShotArm(model), key_words, FewShotArm(model))
        found = report(material, arms, model.model, progress)
    (failed,) = found.failed
    assert (failed.approach, failed.name) == (Approach.PROMPT, "zero-shot")
    assert "no answer could be had" in failed.reason
    measured = {one.name: one for one in found.arms}
    assert set(measured) == {"few-shot", "key words"}
    assert measured["key words"].consistency is not None
    assert "key words" in " ".join(found.decision.reasons)


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("answers 404", True),
        ("answers 500", True),
        ("sends garbage", True),
        ("sends no UTF-8", True),
        ("hangs up in the middle", True),
        ("invents an id", False),
        ("truncates", False),
        ("fences the JSON", False),
        ("argues along", False),
        ("talks without end", False),
    ],
)
def test_whatever_a_server_does_an_item_has_one_reply(
    connect: Connect, brain: Brain, fault: str, failed: bool
) -> None:
    """One of the labels or none, and whether it is the server's doing."""
    says = json.dumps({"label": "E0001"}) if fault == "invents an id" else LEAK
    argued = None if fault in ("argues along", "truncates") else says
    model = connect(Behaviour(brain, fault, says=argued))
    rows = (Item('reply {"label": "boom"}', label="jam"),)
    replies = FewShotArm(model).ready(Known(TASK, rows)).answer([Item("oil"), Item("rattle")])
    assert [reply.failed for reply in replies] == [failed, failed]
    assert all(reply.label in (*TASK.label_names, None) for reply in replies)
    if fault in ("fences the JSON", "argues along"):
        assert [reply.label for reply in replies] == ["jam" if argued is None else "leak"] * 2
    elif fault == "invents an id" or failed:
        assert [reply.label for reply in replies] == [None, None]
        assert all(reply.reason for reply in replies)
