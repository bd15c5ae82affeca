"""The shipped prompts keep the rules that they give, and their size."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity, Statement
from prompting.library import Prompt, PromptLibrary
from prompting.pack import estimate
from prompting.slots import Reader, roles
from prompting.tasks.forms import answer_schema, fields_schema, label_schema, rewrite_schema
from prompting.truth import Case, complaint

PROMPTS = PromptLibrary().list()
SUMMARIES = [prompt for prompt in PROMPTS if prompt.front.output == "summary"]
TAKEN = {
    *("type", "properties", "required", "additionalProperties", "enum"),
    *("items", "minItems", "maxItems", "minLength", "maxLength"),
}
"""The words of a schema that every constraining server enforces."""
LARGEST = 2500
"""Tokens of the prompt for the operator, filled."""


def named(prompt: Prompt) -> str:
    """Id and language."""
    return f"{prompt.front.id}.{prompt.front.language}"


def of_example(kind: EvidenceKind, number: int, **more: object) -> Evidence:
    """An item of the evidence that the examples are written over."""
    start = datetime(2026, 11, 22, 7 + number // 4, 58, tzinfo=UTC)
    fields: dict[str, object] = {
        "id": f"E090{number}",
        "kind": kind,
        "machine": "mill-9",
        "signals": (),
        "start": start,
        "end": datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        "severity": Severity.WARNING,
        "statement": "",
        "numbers": {"duration": Quantity(1920.0, "s")},
        "rows": (),
    }
    return Evidence(**{**fields, **more})  # type: ignore[arg-type]


def figures(**numbers: float) -> dict[str, Quantity]:
    """Numbers without a unit, and a duration."""
    found = {role: Quantity(number) for role, number in numbers.items()}
    return {**found, "duration": Quantity(1920.0, "s")}


EVIDENCE = (
    of_example(
        EvidenceKind.STEP,
        1,
        signals=("coolant_flow",),
        numbers=figures(baseline=24.1, level=11.8, change=12.3),
        direction="down",
    ),
    of_example(
        EvidenceKind.LIMIT_VIOLATION,
        2,
        signals=("spindle_temp",),
        numbers=figures(peak=84.6, limit=75.0),
        direction="up",
    ),
    of_example(EvidenceKind.ALARM, 3, codes=("A512",), numbers=figures(count=3)),
    of_example(EvidenceKind.INSTRUCTION, 4, codes=("N-12",), quotes=("run at half speed",)),
)


def test_every_kind_of_prompt_is_shipped() -> None:
    """Each in English and German."""
    assert {prompt.front.id for prompt in PROMPTS} == {
        "issue-summary",
        "engineer-explanation",
        "shift-handover",
        "field-extraction",
        "note-rewriting",
        "classify-zero-shot",
        "classify-few-shot",
        "classify-looked-up",
        "document-answer",
        "unaided-answer",
    }


@pytest.mark.parametrize("prompt", SUMMARIES, ids=named)
def test_the_example_of_a_summary_would_pass_the_check(prompt: Prompt) -> None:
    """A pattern that breaks a rule would teach to break it."""
    zone = ZoneInfo("UTC")
    reader = Reader(prompt.front.language, zone, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    case = Case({item.id: item for item in EVIDENCE}, reader, frozenset(), "mill-9")
    for example in prompt.front.examples:
        for found in (example.reply["headline"], *example.reply["statements"]):
            assert complaint(Statement(found["text"], tuple(found["evidence"])), case) == "", found


@pytest.mark.parametrize("prompt", SUMMARIES, ids=named)
def test_an_example_uses_only_roles_that_its_entry_shows(prompt: Prompt) -> None:
    """The model is told to, so the example does."""
    (example,) = prompt.front.examples
    entries = re.split(r"^(?=\[E)", example.given, flags=re.M)
    shown = {entry[1:6]: entry for entry in entries if entry.startswith("[")}
    known = {role for item in EVIDENCE for role in roles(item)}
    for item, role in re.findall(r"\{(E\d+)\.([a-z_]+)\}", str(example.reply)):
        word = "alarm" if role == "code" else role
        assert role in known
        assert word in shown[item], (item, role)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_prompt_for_the_operator_is_small(language: str) -> None:
    """With as much evidence as it may hold it leaves room in the context of a small model."""
    prompt = PromptLibrary().get("issue-summary", language)
    sample = {**prompt.front.kind.sample, "evidence": ""}
    assert estimate("".join(prompt.fill(sample))) + prompt.front.tokens < LARGEST - 100


@pytest.mark.parametrize("prompt", PROMPTS, ids=named)
def test_both_languages_are_of_one_version(prompt: Prompt) -> None:
    """And have the same limits and as many examples."""
    other = {"en": "de", "de": "en"}[prompt.front.language]
    twin = PromptLibrary().get(prompt.front.id, other).front
    assert prompt.front.version == twin.version
    assert prompt.front.statements == twin.statements
    assert len(prompt.front.examples) == len(twin.examples)


@pytest.mark.parametrize(
    "schema",
    [
        fields_schema(["press-3"]),
        rewrite_schema(),
        label_schema(["leak"]),
        answer_schema(["P1", "P2"], 4),
    ],
    ids=["fields", "rewrite", "label", "answer"],
)
def test_the_forms_of_the_text_tasks_are_taken_by_every_server(schema: dict[str, Any]) -> None:
    """Closed objects, enums, bounded arrays, texts of at most 400 characters, nothing else."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        assert set(node) <= TAKEN
        assert node.get("maxLength", 400) <= 400
        assert ("additionalProperties" in node) == (node["type"] == "object")
        assert ("maxItems" in node) == (node["type"] == "array")
        assert node["type"] != "string" or {"enum", "maxLength"} & set(node)
        waiting += [*node.get("properties", {}).values(), *filter(None, [node.get("items")])]
