"""Machine, part, action and quantity out of an operator's note; every value stands in the note."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.tasks.answering import Origin, asked, plain, shown
from prompting.tasks.extraction_rules import (
    Found,
    Named,
    found_by_rule,
    numbers_something,
    without_machines,
)
from prompting.tasks.forms import NONE, fields_schema
from prompting.tasks.machine_names import machines_in
from prompting.tasks.note_words import Span, words_of
from prompting.tasks.quantities import Amount, amount_of

PROMPT = "field-extraction"


@dataclass(frozen=True, slots=True)
class Fields:
    """What a note says in four fields; None where it says nothing."""

    note: str
    """The words in which the places of the values are counted."""
    machine: Named | None
    part: Span | None
    action: Span | None
    quantity: Amount | None
    origin: Origin
    refused: tuple[str, ...] = ()
    """Values of a model that do not stand in the note; those of the rules stand in their place."""


class FieldExtractor:
    """Reads the fields of a note: by a model as far as it copies, else by rule."""

    def __init__(
        self,
        asker: Asker | None,
        prompts: PromptLibrary,
        machines: Sequence[str],
        *,
        prompt: str = PROMPT,
    ) -> None:
        self._asker = asker
        self._prompts = prompts
        self._machines = tuple(machines)
        self._prompt = prompt

    def extract(self, note: str, language: str = "en") -> Fields:
        """The fields of one note.

        Args:
            note: As somebody wrote it, in whatever language.
            language: Of the prompt.

        Raises:
            DataFault: The note is empty or has no end.
            NotKnown: There is no prompt in that language.
        """
        text = plain(note)
        prompt = self._prompts.get(self._prompt, language, schema="fields")
        ruled = found_by_rule(text, self._machines)
        seen = text[: prompt.front.characters]
        named = tuple(dict.fromkeys(machine for machine, _ in machines_in(seen, self._machines)))
        reply, origin = asked(
            self._asker,
            prompt,
            {"note": shown(seen), "machines": named},
            schema=fields_schema(named),
            read=_copied,
            quoted=frozenset({"part", "action", "quantity"}),
        )
        if reply is None:
            return _fields(text, ruled, origin)
        found, refused = _checked(reply, seen, ruled, unnamed=without_machines(seen, named))
        return _fields(text, found, origin, refused)


def _fields(text: str, found: Found, origin: Origin, refused: tuple[str, ...] = ()) -> Fields:
    return Fields(
        note=text,
        machine=found.machine,
        part=found.part,
        action=found.action,
        quantity=found.quantity,
        origin=origin,
        refused=refused,
    )


def _copied(reply: Mapping[str, str]) -> Mapping[str, str]:
    return {name: " ".join(value.split()) for name, value in reply.items()}


def _checked(
    reply: Mapping[str, str], note: str, ruled: Found, *, unnamed: str
) -> tuple[Found, tuple[str, ...]]:
    """The reply's values where they stand in the note, else those of the rules."""
    refused: list[str] = []

    def standing(name: str, otherwise: Span | None) -> Span | None:
        if not reply[name]:
            return None
        span = literal(reply[name], note)
        if span is None:
            refused.append(f"{name} does not stand in the note")
        return span or otherwise

    part, action = standing("part", ruled.part), standing("action", ruled.action)
    quantity = _amount(reply["quantity"], unnamed, ruled, refused)
    machine = _machine(reply["machine"], note, ruled)
    return Found(machine, part, action, quantity), tuple(refused)


def _machine(name: str, note: str, ruled: Found) -> Named | None:
    """One that the note names; which of several, the model may say."""
    if name == NONE:
        return ruled.machine
    found = next((span for _, span in machines_in(note, [name])), None)
    return Named(name, found) if found else ruled.machine


def _amount(words: str, note: str, ruled: Found, refused: list[str]) -> Amount | None:
    if not words:
        return None
    span, amount = literal(words, note), amount_of(words)
    if span is None or amount is None or _is_name(span, note):
        refused.append(f"quantity {'is no amount' if span else 'does not stand in the note'}")
        return ruled.quantity
    return Amount(amount.number, amount.unit, span)


def _is_name(span: Span, note: str) -> bool:
    words = words_of(note)
    number = next((n for n, word in enumerate(words) if word.start == span.start), None)
    return number is None or numbers_something(note, words, number)


def literal(words: str, note: str) -> Span | None:
    """Where whole words stand in a note, in any case; None where they do not."""
    found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", note, re.IGNORECASE)
    return Span(found[0], *found.span()) if found else None
