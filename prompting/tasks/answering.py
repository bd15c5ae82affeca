"""How a text task asks a model, and what every result says of where it comes from."""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ingest.errors import DataFault
from ingest.vocabulary import Account
from prompting.asking import Asker
from prompting.falling_back import note
from prompting.library import Prompt
from prompting.question import Question, Unanswered
from prompting.slots import harmless

log = logging.getLogger(__name__)

T = TypeVar("T")

DETERMINISTIC = "deterministic"
LONGEST_NOTE = 20_000
"""Characters; no note is as long."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made a result, by which words, and what it took."""

    engine: str
    """`deterministic`, or that of the model."""
    model: str
    prompt: str
    """`<id>@<version>#<content hash>`."""
    note: str = ""
    """Why it is not what was asked for, if so."""
    account: Account = field(default_factory=Account)


def by_rule(prompt: Prompt, note: str = "", account: Account | None = None) -> Origin:
    """The origin of a result that no model made."""
    return Origin(DETERMINISTIC, "", prompt.reference, note, account or Account())


def asked(
    asker: Asker | None,
    prompt: Prompt,
    values: Mapping[str, Any],
    *,
    schema: Mapping[str, Any],
    read: Callable[[Any], T],
    quoted: frozenset[str] = frozenset(),
    fewer: Sequence[Mapping[str, Any]] = (),
) -> tuple[T | None, Origin]:
    """What the model replies, checked; None without one, and the origin says why.

    Args:
        asker: Asks the model; None where none is set.
        prompt: To fill.
        values: What it is filled with.
        schema: Of the reply.
        read: From JSON that follows the schema.
        quoted: Properties of the reply that repeat words of people.
        fewer: The values again with less and less in them, for a model that takes no more.
    """
    if asker is None:
        return None, by_rule(prompt)

    def over(given: Mapping[str, Any], rest: Sequence[Mapping[str, Any]]) -> Question[T]:
        system, user = prompt.fill(given)
        return Question(
            prompt=prompt.reference,
            system=system,
            user=user,
            schema=schema,
            read=read,
            smaller=lambda: over(rest[0], rest[1:]) if rest else None,
            max_tokens=prompt.front.reply_tokens,
            quoted=quoted,
        )

    question = over(values, fewer)
    try:
        answered = asker.ask(question)
    except Unanswered as fault:
        asker.observer.fell_back(fault.reason)
        why = note(fault, asker.model.model, prompt.front.language)
        return None, by_rule(prompt, why, replace(fault.account, fallback=fault.reason))
    origin = Origin(answered.engine, answered.model, prompt.reference, account=answered.account)
    return answered.value, origin


def plain(text: str) -> str:
    """Untrusted words as they are worked on: one line, without control characters and markup.

    Raises:
        DataFault: there are none, or more than anybody writes.
    """
    if len(text) > LONGEST_NOTE:
        raise DataFault(f"The text has more than {LONGEST_NOTE} characters.", remedy="Shorten it.")
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    lines = (line.strip() for line in composed.splitlines())
    found = harmless("; ".join(line for line in lines if line), LONGEST_NOTE + 1)
    if not found:
        raise DataFault("The text is empty.", remedy="Give one with words.")
    return found


def shown(text: str) -> str:
    """Untrusted words as a model sees them: a JSON string, so that they end where they end."""
    return json.dumps(text, ensure_ascii=False)
