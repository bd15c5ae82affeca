"""Routes that ask a language model: followed by name, and what happens while it is away."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.candidates.lora import LoraSettings
from finetune.models import ModelStore
from ingest.vocabulary import Outcome
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.model import PassingFault
from prompting.settings import PromptingSettings
from rag.settings import RagSettings
from service.assembly import following_of
from service.comparison.arms import Engines
from service.comparison.asked_model import Prompting
from service.comparison.nouns import Route
from service.following import Following
from service.task_routes import FOLDER, RouteStore
from tests.fakes import FakeClassifier, FakeModel, FakeShelf, Said
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.service.routed_fakes import ASKED, BY_BOTH, BY_PROMPT, TRAINED

STICKS = json.dumps({"label": "valve_stuck"})
AWAY = PassingFault("The model server cannot be reached.", "away")


def following(home: Path, *said: Said, model: bool = True) -> Following:
    """A home whose language model says that."""
    asker = Asker(FakeModel(*said), PromptingSettings(llm_tries=1))
    engines = Engines(
        store=ModelStore(home / "models"),
        encoder=HashingEncoder,
        model=Prompting(asker, PromptLibrary()) if model else None,
        rag=RagSettings(),
        threads=1,
        lora=LoraSettings(),
    )
    return following_of(home, FakeShelf(FakeClassifier({"whin": "pump_worn"})), engines)


def test_a_task_is_answered_by_the_prompt(tmp_path: Path) -> None:
    """By the arm of the name that was measured, with the model that is set."""
    RouteStore(tmp_path / FOLDER).follow(BY_PROMPT)
    answering = following(tmp_path, STICKS).current("error_code")
    (found,) = answering.answers.classify(["it sticks"])
    assert (found.label, found.engine, found.model_version) == ("valve_stuck", "prompt", "r0001")
    assert answering.trouble == ""


def test_another_language_model_than_the_measured_one_is_told(tmp_path: Path) -> None:
    """Its figures are not those of the report."""
    other = replace(ASKED, model="llama-of-last-year")
    RouteStore(tmp_path / FOLDER).follow(replace(BY_PROMPT, members=(other,)))
    trouble = following(tmp_path, STICKS).current("error_code").trouble
    assert trouble == "prompt/zero-shot was measured with llama-of-last-year; parrot answers."


@pytest.mark.parametrize("name", ["few-shot", "few-shot from retrieval"])
def test_every_arm_of_a_language_model_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    """A name in a report that no service knows would be a route to nowhere."""
    approach = "rag" if "retrieval" in name else "prompt"
    member = replace(ASKED, name=name, model="", per_class=None)
    route = replace(BY_PROMPT, route=Route(approach), members=(member,))
    if approach == "rag":
        route = replace(route, members=(replace(member, approach=BY_BOTH.members[0].approach),))
    RouteStore(tmp_path / FOLDER).follow(route)
    answering = following(tmp_path, STICKS).current("error_code")
    assert (answering.route, answering.trouble) == (Route(approach), "")
    assert answering.answers.classify(["it sticks"])[0].label == "valve_stuck"


def test_while_the_language_model_is_away_the_cascade_goes_on_with_its_second(
    tmp_path: Path,
) -> None:
    """And says so; the answer comes back with the model."""
    route = replace(BY_BOTH, members=(ASKED, TRAINED))
    RouteStore(tmp_path / FOLDER).follow(route)
    ways = following(tmp_path, AWAY, STICKS)
    (found,) = ways.current("error_code").answers.classify(["it whines and sticks"])
    assert (found.label, found.engine) == ("pump_worn", "classifier")
    assert found.reason.startswith("First: ")
    (found,) = ways.current("error_code").answers.classify(["it whines and sticks"])
    assert (found.label, found.engine) == ("valve_stuck", "prompt")


def test_while_the_language_model_is_away_a_prompt_abstains_and_says_why(tmp_path: Path) -> None:
    """Nothing else stands in for it unasked; the request is no failure."""
    RouteStore(tmp_path / FOLDER).follow(BY_PROMPT)
    (found,) = following(tmp_path, AWAY).current("error_code").answers.classify(["it sticks"])
    assert (found.label, found.outcome, found.engine) == (None, Outcome.UNKNOWN, "prompt")
    assert found.reason
