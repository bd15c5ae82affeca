"""Every fault of a real model server ends in a labelled, correct summary inside the deadline."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from ingest.vocabulary import Summary
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from tests.plain_evidence import summary, texts
from tests.tiny_model import Brain
from tests.tiny_model_server import FAULTS, NAME, Behaviour, served

PLENTY_S = 60.0
SHORT_S = 3.0
SLACK_S = 10.0
IMPATIENT: dict[str, dict[str, Any]] = {
    "begins late": {"llm_first_token_s": 0.5, "llm_tries": 2},
    "stalls in the middle": {"llm_deadline_s": SHORT_S},
    "answers 429": {"llm_deadline_s": SHORT_S},
}
"""Faults that end by the clock alone."""
CANNED = {*IMPATIENT, "hangs up in the middle", "ends early", "talks without end"}
"""Faults for which the model need not think."""
ENGINES = {"openai": "openai-compatible", "ollama": "ollama"}
HARMLESS = {"", "fences the JSON", "refuses to stream", "does not stream", "counts nothing"}
"""With these the model's own reply is used, as far as it holds."""
ENDS = {
    "ignores the schema": "schema",
    "argues along": "schema",
    "invents an id": "schema",
    "truncates": "length",
    "talks without end": "huge",
    "answers 500": "failed",
    "answers 429": "busy",
    "answers 404": "refused",
    "sends garbage": "garbled",
    "sends no UTF-8": "garbled",
    "begins late": "silent",
    "stalls in the middle": "slow",
    "hangs up in the middle": "failed",
    "ends early": "failed",
    "repeats the key": "refused",
}
"""How each of the others ends."""
RIGHT = json.dumps(
    {
        "headline": {"text": "Oil temp is above its limit.", "evidence": ["E0001"]},
        "statements": [{"text": "System pressure fell at {E0002.start}.", "evidence": ["E0002"]}],
    }
)
"""A reply that holds."""


@dataclass(frozen=True)
class Told:
    """A summary and how long it took."""

    summary: Summary
    seconds: float


def told(behaviour: Behaviour, engine: str, **more: Any) -> Told:
    """A summary over that server."""
    given: dict[str, Any] = {"llm_deadline_s": PLENTY_S, "llm_first_token_s": PLENTY_S, **more}
    with served(behaviour) as url:
        settings = PromptingSettings(
            llm_url=f"{url}/v1", llm_model=NAME, llm_engine=engine, **given
        )
        asker = asker_of(settings)
        assert asker is not None
        begun = time.monotonic()
        found = Told(summary(asker), time.monotonic() - begun)
        asker.close()
        return found


@pytest.fixture(scope="module")
def by_rule() -> list[str]:
    """The sentences of the deterministic writer."""
    return texts(summary(None))


def test_every_fault_is_here() -> None:
    """What the server can do wrong is what is tested."""
    assert set(ENDS) | HARMLESS == {*FAULTS, ""}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", ENDS)
def test_a_fault_ends_in_the_summary_by_rule(
    brain: Brain, by_rule: list[str], engine: str, fault: str
) -> None:
    """In time, word for word what needs no model, and it says why."""
    given = IMPATIENT.get(fault, {})
    says = '{"headline"' if fault in CANNED else None
    found = told(Behaviour(brain, fault, says=says), engine, **given)
    assert found.seconds < given.get("llm_deadline_s", PLENTY_S) + SLACK_S
    assert (found.summary.engine, found.summary.model) == ("deterministic", "")
    assert texts(found.summary) == by_rule
    assert found.summary.account.fallback == ENDS[fault]
    assert NAME in found.summary.note


@pytest.mark.parametrize(
    ("engine", "fault"),
    [*product(["openai"], sorted(HARMLESS)), ("ollama", ""), ("ollama", "fences the JSON")],
)
def test_a_reply_of_the_model_is_labelled_and_checked(
    brain: Brain, by_rule: list[str], engine: str, fault: str
) -> None:
    """Its random words hold nowhere, so each is replaced by the sentence that does."""
    found = told(Behaviour(brain, fault), engine)
    assert (found.summary.engine, found.summary.model) == (ENGINES[engine], NAME)
    assert found.summary.replaced
    assert set(texts(found.summary)) <= set(by_rule)
    assert found.summary.account.fallback == ""


@pytest.mark.parametrize("fault", ["answers 500", "answers 429", "hangs up in the middle"])
def test_a_fault_that_passes_costs_a_try(brain: Brain, fault: str) -> None:
    """The second request is answered."""
    behaviour = Behaviour(brain, fault, only_first=1, says=RIGHT)
    found = told(behaviour, "openai")
    assert (found.summary.engine, found.summary.account.tries) == ("openai-compatible", 2)
    assert found.summary.replaced == ()


def test_a_reply_is_repaired_once(brain: Brain) -> None:
    """A server that ignores the schema at first is told where it erred."""
    behaviour = Behaviour(brain, "invents an id", only_first=1)
    found = told(behaviour, "openai")
    assert (found.summary.engine, found.summary.account.repairs) == ("openai-compatible", 1)
    assert "E9999" in behaviour.asked[1]["messages"][-2]["content"]
