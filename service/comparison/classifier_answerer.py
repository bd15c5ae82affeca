"""A classifier as it answers in a comparison, and in a route of the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.vocabulary import Diagnosis
from service.comparison.nouns import Item, Reply

if TYPE_CHECKING:
    from finetune.classifier import Classifier
    from finetune.inputs import Input
    from finetune.task import Task
    from service.ports import Classifies


class ClassifierAnswerer:
    """An `Answerer` over a classifier: what the service answers with is what is measured."""

    def __init__(self, classifier: Classifies, labels: Sequence[str] | None = None) -> None:
        """`labels` are the ones that are possible; None: all."""
        self.classifier = classifier
        self._labels = labels

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order; what the model cannot read is abstained on, by itself."""
        inputs = [input_of(self.classifier.task, item) for item in items]
        return [reply_of(one) for one in self.classifier.classify(inputs, labels=self._labels)]


class TriedAnswerer(ClassifierAnswerer):
    """A classifier that a comparison fitted, and what is to be told of it."""

    def __init__(
        self,
        classifier: Classifier,
        *,
        notes: Sequence[str] = (),
        spared: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        super().__init__(classifier)
        self.name = classifier.engine.name
        """Of the candidate that answers."""
        self.version = classifier.version
        """In the store of the comparison; empty: it is stored nowhere."""
        self.model = " on ".join(filter(None, (self.name, classifier.encoder_name)))
        self.notes = tuple(notes)
        self.spared_s, self.spared_cpu_s = spared
        """What setting it up would have taken besides, had no other arm made a part before."""


def input_of(task: Task, item: Item) -> Input:
    """An item as a classifier of the task reads it."""
    from finetune.inputs import TextAndNumbers

    if not task.reads_texts:
        return item.numbers
    return TextAndNumbers(item.text, item.numbers if task.reads_numbers else {})


def reply_of(said: Diagnosis) -> Reply:
    """A diagnosis as a reply."""
    return Reply(said.label, said.confidence, likeliest=said.likeliest, reason=said.reason)
