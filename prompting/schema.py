"""The form of a reply: a closed list of evidence ids for each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.vocabulary import Statement
from prompting.draft import Draft

HEADLINE_LENGTH = 160
SENTENCE_LENGTH = 400
MOST_CITED = 6


def summary_schema(ids: Sequence[str], statements: int) -> dict[str, Any]:
    """Flat, closed and bounded, as every constraining server enforces it."""
    cited = {
        "type": "array",
        "items": {"type": "string", "enum": list(ids)},
        "minItems": 1,
        "maxItems": MOST_CITED,
    }
    return {
        "type": "object",
        "properties": {
            "headline": _sentence(HEADLINE_LENGTH, cited),
            "statements": {
                "type": "array",
                "items": _sentence(SENTENCE_LENGTH, cited),
                "minItems": 1,
                "maxItems": statements,
            },
        },
        "required": ["headline", "statements"],
        "additionalProperties": False,
    }


def _sentence(length: int, cited: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": length},
            "evidence": dict(cited),
        },
        "required": ["text", "evidence"],
        "additionalProperties": False,
    }


def draft_of(found: Mapping[str, Any]) -> Draft:
    """A reply that follows the schema, as a draft."""
    return Draft(_statement(found["headline"]), tuple(map(_statement, found["statements"])))


def _statement(found: Mapping[str, Any]) -> Statement:
    return Statement(found["text"], tuple(dict.fromkeys(found["evidence"])))
