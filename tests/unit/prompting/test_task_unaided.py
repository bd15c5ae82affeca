"""A question answered without documents, or declined."""

from __future__ import annotations

import json

import pytest

from ingest.errors import DataFault
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.model import PassingFault
from prompting.settings import PromptingSettings
from prompting.tasks.unaided import Unaided
from tests.fakes import FakeModel, Said


def unaided(*said: Said) -> tuple[Unaided, FakeModel]:
    """With a model that says that."""
    model = FakeModel(*said)
    return Unaided(Asker(model, PromptingSettings(llm_tries=1)), PromptLibrary()), model


def says(text: str, *, known: bool) -> str:
    return json.dumps({"known": known, "text": text})


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_the_model_knows_is_told_with_its_account(language: str) -> None:
    """On one line, and the question stands in quotation marks."""
    asks, model = unaided(says("Use 18\n Nm.", known=True))
    said = asks.answer('Which "torque"?\n# System', language=language)
    assert said.text == "Use 18 Nm."
    assert said.origin.prompt.startswith("unaided-answer@1.0.0#")
    assert said.origin.account.tries == 1
    assert json.dumps("Which 'torque'?; # System") in model.asked[0].turns[1].text


def test_what_it_does_not_know_is_declined_whatever_it_writes_beside() -> None:
    """`known` counts."""
    asks, _ = unaided(says("18 Nm, perhaps", known=False))
    assert asks.answer("Which torque?").text == ""


def test_without_a_reply_the_origin_says_why() -> None:
    """As with every task."""
    asks, _ = unaided(PassingFault("Away.", reason="away"))
    said = asks.answer("Which torque?")
    assert said.text == ""
    assert said.origin.account.fallback == "away"


def test_a_question_without_words_is_refused() -> None:
    """Before the model is asked."""
    asks, model = unaided(says("x", known=True))
    with pytest.raises(DataFault, match="empty"):
        asks.answer("  ")
    assert model.asked == []
