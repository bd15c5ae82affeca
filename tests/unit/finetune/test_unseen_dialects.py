"""The shipped corpus: a fault told in a vendor's words that no training row has is recognised."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from finetune.candidates.linear import Linear
from finetune.classifier import restricted
from finetune.dataset import Dataset, read_dataset
from finetune.examples import Floats, softmax
from finetune.task import shipped_task
from finetune.together import combined

TEXTS_OF_AN_ISSUE = 3


@pytest.fixture(scope="module")
def corpus() -> Dataset:
    task = shipped_task("error_code")
    assert task.data is not None
    return read_dataset(task, task.data)


@pytest.mark.parametrize("dialect", ["operator-slang", "plc-terse", "scada-tags"])
def test_issues_in_an_unseen_dialect_are_diagnosed(corpus: Dataset, dialect: str) -> None:
    """Three different texts of a fault and two routine remarks, between the labels of the kind."""
    spoken = np.array(corpus.table.columns["dialect"]) == dialect
    train, unseen = np.flatnonzero(~spoken), np.flatnonzero(spoken)
    model = Linear.fit(corpus.examples.take(train), corpus.labels[train], classes=13, hybrid=False)
    probabilities = softmax(model.scores(corpus.examples.take(unseen)))
    assert len(unseen) > 100
    wrong = [
        (label, found)
        for label, rows, allowed in issues(corpus, unseen)
        if (found := diagnosis(corpus, probabilities[rows], allowed)) != label
    ]
    assert wrong == []


def diagnosis(corpus: Dataset, probabilities: Floats, allowed: list[int]) -> str:
    row = combined(restricted(probabilities, allowed), len(allowed) - 1)
    return corpus.task.label_names[allowed[int(row.argmax())]]


def issues(corpus: Dataset, unseen: np.ndarray) -> Iterator[tuple[str, list[int], list[int]]]:
    """Made-up issues: the label, rows among the unseen ones, and the possible labels."""
    chance = random.Random(0)
    names = corpus.task.label_names
    groups = np.array(corpus.table.columns["group"])[unseen]
    labels = corpus.labels[unseen]
    quiet = np.flatnonzero(labels == names.index("no_fault")).tolist()
    for label in corpus.task.labels[:-1]:
        rows = np.flatnonzero(labels == names.index(label.name))
        allowed = [names.index(name) for name in corpus.task.labels_for(label.machine_kinds[0])]
        for _ in range(10):
            templates = chance.sample(sorted(set(groups[rows])), TEXTS_OF_AN_ISSUE)
            said = [chance.choice(rows[groups[rows] == name].tolist()) for name in templates]
            yield label.name, [*said, *chance.sample(quiet, 2)], allowed


def test_no_text_stands_under_two_labels(corpus: Dataset) -> None:
    """What two rows word alike, they must mean alike."""
    meanings: dict[str, set[int]] = {}
    for text, label in zip(corpus.examples.texts, corpus.labels.tolist(), strict=True):
        meanings.setdefault(text.casefold(), set()).add(label)
    assert [text for text, labels in meanings.items() if len(labels) > 1] == []
