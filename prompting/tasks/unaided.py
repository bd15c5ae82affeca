"""A question answered by a model from what it knows, without documents: what the prompt alone can.

Never told to a person as an answer: it is what answers from documents are compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.tasks.answering import Origin, asked, plain, shown
from prompting.tasks.forms import unaided_schema

PROMPT = "unaided-answer"


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says to a question; nothing of it is checked."""

    text: str
    """Empty where it declines, or where there was no reply."""
    origin: Origin


class Unaided:
    """Asks a model a question and shows it nothing."""

    def __init__(self, asker: Asker, prompts: PromptLibrary, *, prompt: str = PROMPT) -> None:
        self._asker = asker
        self._prompts = prompts
        self._prompt = prompt

    def answer(self, question: str, *, language: str = "en") -> Said:
        """What it says.

        Raises:
            DataFault: there is no question.
            NotKnown: there is no prompt in that language.
        """
        prompt = self._prompts.get(self._prompt, language, schema="unaided")
        words = plain(question)[: prompt.front.characters]
        found, origin = asked(
            self._asker,
            prompt,
            {"question": shown(words)},
            schema=unaided_schema(),
            read=_read,
            quoted=frozenset({"text"}),
        )
        return Said(found or "", origin)


def _read(reply: Mapping[str, Any]) -> str:
    return " ".join(str(reply["text"]).split()) if reply["known"] else ""
