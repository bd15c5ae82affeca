"""A model's reply as JSON that follows the schema of its question; believed in nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from ingest.errors import ModelFault

DETAIL_LENGTH = 300


class ReplyFault(ModelFault):
    """A reply that cannot be used."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail or message
        """For the model alone: it may repeat words of the reply, which no reader may see."""


def parsed(reply: str, schema: Mapping[str, Any]) -> Any:
    """The JSON of a reply.

    Raises:
        ReplyFault: It is no JSON or does not follow the schema; the message says where.
    """
    try:
        found = json.loads(_unfenced(reply), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as fault:
        raise ReplyFault("The reply is not JSON: it holds half a character.") from fault
    except (ValueError, RecursionError) as fault:
        raise ReplyFault(f"The reply is not JSON: {fault}.") from fault
    _follows(found, schema)
    return found


def sendable(text: str) -> str:
    """Without half characters, which no wire takes."""
    return text.encode("utf-8", "replace").decode()


def _follows(found: Any, schema: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    try:
        complaint = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    except RecursionError as fault:
        raise ReplyFault("The reply breaks the schema: nested too deeply.") from fault
    if complaint is not None:
        where = f"The reply breaks the schema at {complaint.json_path}"
        raise ReplyFault(
            f"{where}: {complaint.validator}.",
            detail=f"{where}: {complaint.message[:DETAIL_LENGTH]}.",
        )


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _unfenced(reply: str) -> str:
    """Some servers put the JSON into a Markdown fence."""
    text = reply.strip()
    if text.startswith("```"):
        text = text.removeprefix("```json").removeprefix("```").removesuffix("```")
    return text
