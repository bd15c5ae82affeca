"""What an arm says to a question, and whether that is right: the words, the place, or declined."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from rag.evaluation.questions import Asked
from service.comparison.nouns import Approach, Item, Reply

NO_ANSWER = "no answer"
"""The label of a question that nothing answers, and of a question that is declined."""
_SHOWN = 60
"""Characters of a quote in the name of a place."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came back."""

    declined: bool
    text: str = ""
    places: tuple[Mapping[str, Any], ...] = ()
    """With the fields of a citation, the best first."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    unpriced_s: float = 0.0
    """Seconds of a model that has no price."""
    failed: str = ""
    """Why there is none, where that says nothing about the question: the model is away."""

    @property
    def gist(self) -> tuple[str, ...]:
        """By which two answers are the same: declined, the first place, else the words."""
        if self.declined:
            return ()
        if self.places:
            first = self.places[0]
            return str(first["document"]), str(first["page"])
        return (_folded(self.text),)


class Answering(Protocol):
    """An arm that is ready."""

    def ask(self, asked: Asked) -> Told:
        """What it says to a question, of which it reads the words and the machine alone."""
        ...


class QuestionArm(Protocol):
    """One way to answer questions."""

    @property
    def approach(self) -> Approach:
        """Retrieval with a prompt is retrieval, too."""
        ...

    @property
    def name(self) -> str:
        """Within its approach."""
        ...

    @property
    def model(self) -> str:
        """The language model, the encoder, or the rule."""
        ...

    @property
    def baseline(self) -> bool:
        """Whether it stands in for something that is not set."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report should say of it, once it was opened."""
        ...

    def opened(self) -> AbstractContextManager[Answering]:
        """Set up from nothing, let go at the end.

        Raises:
            AndonFault: it cannot be.
        """
        ...


def item_of(asked: Asked) -> Item:
    """A question as an item whose label is the place that answers it."""
    document = asked.expected[0].document if asked.expected else f"question {asked.id}"
    return Item(asked.question, label=truth(asked), group=document)


def truth(asked: Asked) -> str:
    """The place that answers a question, the question itself without one, or that none does."""
    if asked.declined:
        return NO_ANSWER
    if not asked.expected:
        return f"question {asked.id}"
    place = asked.expected[0]
    page = "" if place.page is None else f"page {place.page}"
    named = (place.document, place.revision, page, place.section, place.code, place.quote[:_SHOWN])
    return ", ".join(part for part in named if part)


def is_right(asked: Asked, told: Told) -> bool:
    """Whether that is what the question expects.

    Where it says words, these decide, for every arm alike: they are all in the answer. Else a
    place that answers is cited, or the words that are expected of that place stand in an answer
    that cites nothing.
    """
    if told.declined:
        return asked.declined
    text = _folded(told.text)
    if asked.words:
        return all(_folded(word) in text for word in asked.words)
    if told.places:
        return any(one.is_met_by(place) for one in asked.expected for place in told.places)
    return any(one.quote and _folded(one.quote) in text for one in asked.expected)


def reply_of(asked: Asked, told: Told, others: Sequence[Asked]) -> Reply:
    """As a reply with a label, so that quality is reckoned as for every task.

    Args:
        asked: the question.
        told: what came back.
        others: all questions; a wrong answer counts against the place of theirs that it cites.
    """
    if is_right(asked, told):
        said = truth(asked)
    else:
        said = NO_ANSWER if told.declined else _cited(told, others, besides=truth(asked))
    return Reply(
        None if told.declined else said or None,
        likeliest=said,
        tokens_in=told.tokens_in,
        tokens_out=told.tokens_out,
        cost=told.cost,
        unpriced_s=told.unpriced_s,
        reason=told.failed,
        failed=bool(told.failed),
    )


def _cited(told: Told, others: Sequence[Asked], *, besides: str) -> str:
    """The place of another question that the answer cites first; empty for any other place."""
    for place in told.places[:1]:
        for other in others:
            if other.expected and other.expected[0].is_met_by(place):
                return "" if truth(other) == besides else truth(other)
    return ""


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
