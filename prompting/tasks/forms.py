"""The forms of the replies to the text tasks: flat, closed and bounded, as every server takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FIELDS = ("machine", "part", "action", "quantity")
NONE = "none"
"""Instead of a machine."""
UNKNOWN = "unknown"
"""Instead of a label."""
FIELD_LENGTH = 80
SENTENCE_LENGTH = 400
"""As long as every constraining server takes."""
MOST_SENTENCES = 10
NAME_LENGTH = 60


def fields_schema(machines: Sequence[str] | None) -> dict[str, Any]:
    """Four texts, empty where the note says nothing; the machine one of the plant's."""
    found: dict[str, Any] = {name: _text(FIELD_LENGTH) for name in FIELDS}
    if machines is not None:
        found["machine"] = {"type": "string", "enum": [*machines, NONE]}
    return _closed(found)


def rewrite_schema() -> dict[str, Any]:
    """A few sentences."""
    sentence = {**_text(SENTENCE_LENGTH), "minLength": 1}
    sentences = {"type": "array", "items": sentence, "minItems": 1, "maxItems": MOST_SENTENCES}
    return _closed({"sentences": sentences})


def answer_schema(passages: Sequence[str], sentences: int) -> dict[str, Any]:
    """Sentences, each with one of the passages and words of it; none where nothing answers."""
    sentence = _closed(
        {
            "text": {**_text(SENTENCE_LENGTH), "minLength": 1},
            "passage": {"type": "string", "enum": list(passages)},
            "quote": {**_text(SENTENCE_LENGTH), "minLength": 1},
        }
    )
    return _closed({"sentences": {"type": "array", "items": sentence, "maxItems": sentences}})


def label_schema(labels: Sequence[str] | None) -> dict[str, Any]:
    """One of the labels, or that none fits."""
    if labels is None:
        return _closed({"label": {**_text(NAME_LENGTH), "minLength": 1}})
    return _closed({"label": {"type": "string", "enum": [*labels, UNKNOWN]}})


def unaided_schema() -> dict[str, Any]:
    """Whether it is known, and the answer; empty where it is not."""
    return _closed({"known": {"type": "boolean"}, "text": _text(SENTENCE_LENGTH)})


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
