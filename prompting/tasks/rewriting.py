"""An operator's note in plain and polite words of the reader's language; else itself, quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prompting.asking import Asker
from prompting.library import Prompt, PromptLibrary
from prompting.replies import ReplyFault
from prompting.slots import QUOTE_MARKS
from prompting.tasks.answering import Origin, asked, by_rule, plain, shown
from prompting.tasks.faithful import unfaithful
from prompting.tasks.forms import rewrite_schema
from prompting.tasks.rewriting_rules import speaks, spelt_out

PROMPT = "note-rewriting"
AS_IT_IS = {
    "en": "Shown as it was written: no rule puts it into plain English.",
    "de": "Wie geschrieben gezeigt: Keine Regel bringt es in einfaches Deutsch.",
}
TOO_LONG = {
    "en": "Shown as it was written: it is too long to be written again.",
    "de": "Wie geschrieben gezeigt: Es ist zu lang, um es neu zu schreiben.",
}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A note in other words, beside the note."""

    note: str
    text: str
    """For the reader; the note itself between quotation marks if nothing better holds."""
    quoted: bool
    """Whether `text` is the note itself."""
    origin: Origin


class NoteRewriter:
    """Writes a note again: by a model if every check passes, else by rule, else not at all."""

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

    def rewrite(self, note: str, language: str = "en") -> Rewritten:
        """The note for a reader of that language.

        Raises:
            DataFault: The note is empty or has no end.
            NotKnown: There is no prompt in that language.
        """
        text = plain(note)
        prompt = self._prompts.get(self._prompt, language, schema="rewrite")
        if len(text) > prompt.front.characters:
            return _quoted(text, prompt, by_rule(prompt, TOO_LONG[language]))

        def read(reply: Mapping[str, list[str]]) -> str:
            found = " ".join(" ".join(reply["sentences"]).split())
            reason = unfaithful(text, found, self._machines)
            if reason:
                raise ReplyFault(f"The text {reason}.")
            return found

        found, origin = asked(
            self._asker,
            prompt,
            {"note": shown(text)},
            schema=rewrite_schema(),
            read=read,
            quoted=frozenset({"sentences"}),
        )
        if found is not None:
            return Rewritten(text, found, quoted=False, origin=origin)
        return self._by_rule(text, prompt, origin)

    def _by_rule(self, text: str, prompt: Prompt, origin: Origin) -> Rewritten:
        language = prompt.front.language
        found = spelt_out(text, language) if speaks(text, language) else text
        if _says_more(found, text) and not unfaithful(text, found, self._machines):
            return Rewritten(text, found, quoted=False, origin=origin)
        words = " ".join(part for part in (origin.note, AS_IT_IS[language]) if part)
        return _quoted(text, prompt, replace(origin, note=words))


def _says_more(found: str, text: str) -> bool:
    """Whether more than a capital letter and a full stop is new."""
    return found.casefold().rstrip(".") != text.casefold().rstrip(".")


def _quoted(text: str, prompt: Prompt, origin: Origin) -> Rewritten:
    first, last = QUOTE_MARKS[prompt.front.language]
    return Rewritten(text, f"{first}{text}{last}", quoted=True, origin=origin)
