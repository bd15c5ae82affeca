"""The arms of a comparison of questions: the prompt alone, retrieval alone, and both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prompting.tasks.unaided import Unaided
from rag.evaluation.questions import Asked
from rag.phrases import language_of
from service.comparison.asked_model import OUT_OF_ORDER, Prompting
from service.comparison.nouns import Approach
from service.comparison.question_answers import Answering, QuestionArm, Told
from service.comparison.question_library import Retrieving, Shelf

ALONE = "prompt alone"
DECLINES = "declining everything"


def question_arms(shelf: Shelf, model: Prompting | None) -> tuple[QuestionArm, ...]:
    """The prompt alone, or declining everything in its place; retrieval; both with a model."""
    if model is None:
        return Declining(), Retrieving(shelf)
    return Alone(model), Retrieving(shelf), Retrieving(shelf, model)


class Declining:
    """Says nothing to anything; stands in for the prompt where no model is set."""

    approach = Approach.PROMPT
    name = DECLINES
    model = "rule: no answer without a source"
    baseline = True
    notes: tuple[str, ...] = (
        "No language model is set: in place of the prompt alone every question is declined.",
    )

    @contextmanager
    def opened(self) -> Iterator[Answering]:
        """Nothing to set up."""
        yield self

    def ask(self, asked: Asked) -> Told:  # noqa: ARG002 - whatever it is
        """Declined."""
        return Told(declined=True)


class Alone:
    """The model answers from what it knows."""

    approach = Approach.PROMPT
    name = ALONE
    baseline = False

    def __init__(self, prompting: Prompting) -> None:
        self._unaided = Unaided(prompting.asker, prompting.prompts)
        self.model = prompting.model
        self._unpriced = prompting.unpriced
        self.notes = (
            *prompting.notes,
            "It cites nothing: it is right by words of the answer, where a question says some.",
        )

    @contextmanager
    def opened(self) -> Iterator[Answering]:
        """Nothing is sent yet."""
        yield self

    def ask(self, asked: Asked) -> Told:
        """What it says without documents."""
        said = self._unaided.answer(asked.question, language=language_of(asked.question))
        account = said.origin.account
        return Told(
            declined=not said.text,
            text=said.text,
            tokens_in=account.tokens_in,
            tokens_out=account.tokens_out,
            cost=account.cost,
            unpriced_s=account.seconds if self._unpriced else 0.0,
            failed=said.origin.note if account.fallback in OUT_OF_ORDER else "",
        )
