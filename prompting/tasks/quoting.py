"""A question answered by a model from passages: sentences, each with the words that it quotes.

Nothing of the reply is believed here but its form: whoever asks holds each sentence against its
passage. The passages are untrusted, so each is shown as a JSON string, which ends where it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ingest.quotes import Excerpt, QuotedSentence, WrittenAnswer
from prompting.asking import Asker
from prompting.falling_back import note
from prompting.library import Prompt, PromptLibrary
from prompting.listening import Listener
from prompting.question import Question, Unanswered, no_less
from prompting.tasks.answering import shown
from prompting.tasks.forms import answer_schema

PROMPT = "document-answer"
LONGEST_QUESTION = 1000
MOST_EARLIER = 3

Sentences = tuple[QuotedSentence, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A question with the passages that it is asked over."""

    prompt: Prompt
    question: str
    earlier: tuple[str, ...]
    excerpts: tuple[Excerpt, ...]

    def asked(self, most: int | None = None) -> Question[Sentences]:
        """Over so many passages at most, half of those at the next try."""
        passages = {f"P{n}": e for n, e in enumerate(self.excerpts[:most], start=1)}
        fewer = len(passages) // 2
        system, user = self.prompt.fill(self._values(passages))
        return Question(
            prompt=self.prompt.reference,
            system=system,
            user=user,
            schema=answer_schema(list(passages), self.prompt.front.statements),
            read=partial(_sentences, passages),
            smaller=partial(self.asked, fewer) if fewer else no_less,
            max_tokens=self.prompt.front.reply_tokens,
            quoted=frozenset({"sentences"}),
        )

    def _values(self, passages: Mapping[str, Excerpt]) -> Mapping[str, Any]:
        longest = self.prompt.front.characters
        return {
            "question": shown(self.question[:LONGEST_QUESTION]),
            "earlier": [shown(one[:LONGEST_QUESTION]) for one in self.earlier[-MOST_EARLIER:]],
            "passages": [
                {
                    "id": name,
                    "title": shown(excerpt.title),
                    "section": shown(excerpt.section),
                    "text": shown(excerpt.text[:longest]),
                }
                for name, excerpt in passages.items()
            ],
            "statements": self.prompt.front.statements,
        }


class PassageWriter:
    """Answers from the passages that it is given; without a reply it says why."""

    def __init__(self, asker: Asker, prompts: PromptLibrary, *, prompt: str = PROMPT) -> None:
        self._asker = asker
        self._prompts = prompts
        self._prompt = prompt

    def write(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        *,
        language: str,
        earlier: Sequence[str] = (),
        listener: object | None = None,
    ) -> WrittenAnswer:
        """Sentences, each with a passage and words that should stand in it; unchecked.

        Args:
            question: As it was asked.
            excerpts: All that may be cited, the best first.
            language: `en` or `de`: in which to write.
            earlier: Questions asked before in the same conversation, the oldest first.
            listener: A `Listener` hears drafts.

        Raises:
            NotKnown: There is no prompt in that language.
        """
        prompt = self._prompts.get(self._prompt, language, schema="answer")
        chosen = tuple(excerpts[: prompt.front.items])
        if not chosen:
            return WrittenAnswer(prompt=prompt.reference)
        sheet = _Sheet(prompt, question, tuple(earlier), chosen)
        heard = listener if isinstance(listener, Listener) else None
        name = self._asker.model.model
        try:
            answered = self._asker.ask(sheet.asked(), listener=heard)
        except Unanswered as fault:
            self._asker.observer.fell_back(fault.reason)
            why = note(fault, name, language)
            return WrittenAnswer((), self._asker.model.engine, name, prompt.reference, why)
        return WrittenAnswer(answered.value, answered.engine, answered.model, prompt.reference)


def _sentences(passages: Mapping[str, Excerpt], reply: Mapping[str, Any]) -> Sentences:
    return tuple(
        QuotedSentence(
            text=" ".join(found["text"].split()),
            passage=passages[found["passage"]].id,
            quote=" ".join(found["quote"].split()),
        )
        for found in reply["sentences"]
    )
