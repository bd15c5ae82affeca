"""Questions to a classifier in batches; one that cannot be read takes no other with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.inputs import Input
from ingest.errors import DataFault
from ingest.vocabulary import Diagnosis
from service.ports import Answers


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked."""

    inputs: tuple[Input, ...]
    """One, or the texts of one issue."""
    labels: tuple[str, ...] | None = None
    """Those that are possible; None: all."""
    together: bool = False
    """One answer from all the texts."""

    @property
    def characters(self) -> int:
        """Of its texts."""
        return sum(len(item) for item in self.inputs if isinstance(item, str))


def answers(
    model: Answers, questions: Sequence[Question], *, explain: bool = False
) -> list[Diagnosis | DataFault]:
    """What a model says to each, or why it cannot be asked that; in order, each as if alone."""
    found: dict[int, Diagnosis | DataFault] = {}
    alike: dict[tuple[str, ...] | None, list[int]] = defaultdict(list)
    for at, question in enumerate(questions):
        if question.together:
            found[at] = _together(model, question, explain=explain)
        else:
            alike[question.labels].append(at)
    for places in alike.values():
        told = _batch(model, [questions[at] for at in places], explain=explain)
        found |= dict(zip(places, told, strict=True))
    return [found[at] for at in range(len(questions))]


def _together(model: Answers, question: Question, *, explain: bool) -> Diagnosis | DataFault:
    texts = [item for item in question.inputs if isinstance(item, str)]
    try:
        return model.classify_together(texts, labels=question.labels, explain=explain)
    except DataFault as fault:
        return fault


def _batch(
    model: Answers, questions: Sequence[Question], *, explain: bool
) -> Sequence[Diagnosis | DataFault]:
    """Questions about the same labels."""
    inputs = [question.inputs[0] for question in questions]
    try:
        return model.classify(inputs, labels=questions[0].labels, explain=explain)
    except DataFault as fault:
        if len(questions) == 1:
            return [fault]
        return [_batch(model, [question], explain=explain)[0] for question in questions]
