"""The form of a reply holds to what every constraining server enforces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from prompting.replies import ReplyFault, parsed
from prompting.schema import summary_schema

IDS = ["E0001", "E0002"]
REFUSED = ("uniqueItems", "if", "then", "else", "multipleOf", "format", "pattern", "$ref", "not")
SCHEMA = summary_schema(IDS, 6)


def parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from parts(inner)
    if "items" in schema:
        yield from parts(schema["items"])


def reply(text: str, *, cited: str = '["E0001"]') -> str:
    sentence = f'{{"text": {text}, "evidence": {cited}}}'
    return f'{{"headline": {sentence}, "statements": [{sentence}]}}'


def test_it_is_flat_closed_and_bounded() -> None:
    """Closed objects, bounded arrays, texts of 40 to 400 letters or a closed list."""
    for part in parts(SCHEMA):
        assert not set(REFUSED) & set(part)
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert set(part["required"]) == set(part["properties"])
        if part["type"] == "array":
            assert 1 <= part["minItems"] <= part["maxItems"] <= 20
        if part["type"] == "string":
            assert "enum" in part or 40 <= part["maxLength"] <= 400


@pytest.mark.parametrize(
    "bad",
    [
        reply('"half \\ud800 a letter"'),
        reply('"fine"', cited='["E0099"]'),
        reply('"fine"', cited="[]"),
        reply('"' + "x" * 401 + '"'),
        reply('"fine"').replace("}]}", '}], "severity": "info"}'),
        reply("NaN"),
        "[" * 100_000,
    ],
)
def test_what_breaks_it_is_refused_without_a_word_of_the_reply(bad: str) -> None:
    """A fault stands in the summary's note."""
    with pytest.raises(ReplyFault) as fault:
        parsed(bad, SCHEMA)
    assert "fine" not in str(fault.value)
    assert "xxx" not in str(fault.value)
