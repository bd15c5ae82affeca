"""The form of a reply: a closed list of evidence ids for each request, checked on our side too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.errors import ModelFault
from ingest.vocabulary import Statement
from prompting.writer import Draft

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


def read_draft(reply: str, schema: Mapping[str, Any]) -> Draft:
    """A reply as a draft.

    Raises:
        ModelFault: It is no JSON or does not follow the schema; the message says where.
    """
    from jsonschema import Draft202012Validator

    try:
        found = json.loads(_unfenced(reply))
    except (ValueError, RecursionError) as fault:
        raise ModelFault(f"The reply is not JSON: {fault}.") from fault
    complaint = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    if complaint is not None:
        where = complaint.json_path
        raise ModelFault(f"The reply breaks the schema at {where}: {complaint.message[:200]}.")
    return Draft(_statement(found["headline"]), tuple(map(_statement, found["statements"])))


def _unfenced(reply: str) -> str:
    """Some servers put the JSON into a Markdown fence."""
    text = reply.strip()
    if text.startswith("```"):
        text = text.removeprefix("```json").removeprefix("```").removesuffix("```")
    return text


def _statement(found: Mapping[str, Any]) -> Statement:
    return Statement(found["text"], tuple(dict.fromkeys(found["evidence"])))
