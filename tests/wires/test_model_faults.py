"""Every fault of a real model server ends in a labelled, correct summary inside the deadline."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity, Summary
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from prompting.writers.choice import asker_of
from tests.tiny_model import Brain
from tests.tiny_model_server import FAULTS, NAME, Behaviour, served

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)
PLENTY_S = 60.0
SHORT_S = 3.0
SLACK_S = 10.0
IMPATIENT: dict[str, dict[str, Any]] = {
    "begins late": {"llm_first_token_s": 0.5, "llm_tries": 2},
    "stalls in the middle": {"llm_deadline_s": SHORT_S},
    "answers 429": {"llm_deadline_s": SHORT_S},
}
"""Faults that end by the clock alone."""
CANNED = {*IMPATIENT, "hangs up in the middle", "talks without end"}
"""Faults for which the model need not think."""
ENGINES = {"openai": "openai-compatible", "ollama": "ollama"}
HARMLESS = {"", "fences the JSON", "refuses to stream", "does not stream", "counts nothing"}
"""With these the model's own reply is used, as far as it holds."""
ENDS = {
    "ignores the schema": "schema",
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

    @property
    def texts(self) -> list[str]:
        return [statement.text for statement in self.summary.statements]


def evidence() -> tuple[Evidence, ...]:
    """E0001 oil over its limit, E0002 pressure down."""
    begun = START.timestamp()
    numbers = {
        "peak": Quantity(71.34, "degC"),
        "limit": Quantity(65.0, "degC"),
        "duration": Quantity(1680.0, "s"),
        "count": Quantity(1.0),
    }
    levels = {"baseline": Quantity(160.2, "bar"), "level": Quantity(118.4, "bar")}
    oil = Finding(
        kind=EvidenceKind.LIMIT_VIOLATION,
        signals=("oil_temp",),
        start=begun + 120,
        end=END.timestamp(),
        severity=Severity.WARNING,
        numbers=numbers,
        active=True,
        direction="up",
    )
    pressure = Finding(
        kind=EvidenceKind.STEP,
        signals=("system_pressure",),
        start=begun + 300,
        end=END.timestamp(),
        severity=Severity.WARNING,
        numbers=levels,
        active=True,
        direction="down",
    )
    return numbered([oil, pressure], "press-3")


@contextmanager
def summarizer(behaviour: Behaviour, engine: str, **more: Any) -> Iterator[Summarizer]:
    """One over that server."""
    given: dict[str, Any] = {"llm_deadline_s": PLENTY_S, "llm_first_token_s": PLENTY_S, **more}
    with served(behaviour) as url:
        settings = PromptingSettings(
            llm_url=f"{url}/v1", llm_model=NAME, llm_engine=engine, **given
        )
        asker = asker_of(settings)
        assert asker is not None
        yield Summarizer(asker, PromptLibrary(), timezone="Europe/Berlin", machines=["press-3"])
        asker.close()


def told(behaviour: Behaviour, engine: str, **more: Any) -> Told:
    with summarizer(behaviour, engine, **more) as writer:
        begun = time.monotonic()
        summary = writer.summarize(evidence(), scope="press-3", start=START, end=END)
        return Told(summary, time.monotonic() - begun)


@pytest.fixture(scope="module")
def by_rule() -> list[str]:
    """The sentences of the deterministic writer."""
    writer = Summarizer(None, PromptLibrary(), timezone="Europe/Berlin", machines=["press-3"])
    summary = writer.summarize(evidence(), scope="press-3", start=START, end=END)
    return [statement.text for statement in summary.statements]


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
    assert found.texts == by_rule
    assert found.summary.account.fallback == ENDS[fault]
    assert NAME in found.summary.note


@pytest.mark.parametrize(
    ("engine", "fault"),
    [
        pair
        for pair in product(ENGINES, sorted(HARMLESS))
        if pair != ("ollama", "refuses to stream")
    ],
)
def test_a_reply_of_the_model_is_labelled_and_checked(
    brain: Brain, by_rule: list[str], engine: str, fault: str
) -> None:
    """Its random words hold nowhere, so each is replaced by the sentence that does."""
    found = told(Behaviour(brain, fault), engine)
    assert (found.summary.engine, found.summary.model) == (ENGINES[engine], NAME)
    assert found.summary.replaced
    assert set(found.texts) <= set(by_rule)
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
