"""A label that neither the text nor the numbers tell alone."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.candidates.linear import Linear
from finetune.candidates.lora_training import Part
from finetune.candidates.tabular import Tabular
from finetune.encoder import Encoder
from finetune.examples import Examples, Fitted
from finetune.score import macro_f1
from ingest.errors import DataFault
from tests.unit.finetune.conftest import WORDS


def rows(encoder: Encoder, *, seed: int) -> Part:
    """The words say what is the matter, the first number how bad it is; the second is noise."""
    chance = random.Random(seed)
    texts, numbers, labels = [], [], []
    for at in range(160):
        topic, bad = at % 2, at // 2 % 2
        texts.append(" ".join(chance.sample(WORDS[("hot", "worn")[topic]], 3)))
        numbers.append([chance.gauss(300.0 + 80.0 * bad, 15.0), chance.gauss(0.0, 1.0)])
        labels.append(2 * topic + bad)
    table = np.array(numbers)
    table[::9, 1] = np.nan
    return Part(Examples(tuple(texts), encoder.encode(texts), table), np.array(labels))


def hybrid(part: Part) -> Linear:
    return Linear.fit(part.examples, part.labels, classes=4, hybrid=True)


def test_the_hybrid_hears_both(encoder: Encoder) -> None:
    """It is right where the text alone and the numbers alone only guess between two labels."""
    part, unseen = rows(encoder, seed=0), rows(encoder, seed=1)
    silent = replace(part, examples=replace(part.examples, table=np.zeros((0, 0))))
    models: dict[str, Fitted] = {
        "both": hybrid(part),
        "text": hybrid(silent),
        "numbers": Tabular.fit(
            "logistic regression", (part.examples, part.labels), classes=4, seed=0
        ),
    }
    found = {
        name: macro_f1(model.scores(unseen.examples).argmax(axis=1), unseen.labels)
        for name, model in models.items()
    }
    assert found["both"] > 0.95
    assert max(found["text"], found["numbers"]) < 0.7


def test_a_hybrid_with_numbers_read_back_answers_the_same(encoder: Encoder, tmp_path: Path) -> None:
    """How the numbers are scaled and filled is kept too."""
    part, unseen = rows(encoder, seed=0), rows(encoder, seed=1)
    model = hybrid(part)
    model.write(tmp_path)
    read = Linear.read(tmp_path, classes=4, hybrid=True)
    assert np.array_equal(read.scores(unseen.examples), model.scores(unseen.examples))


def test_texts_without_words_are_refused() -> None:
    """With a text of them, not with an error about a vocabulary."""
    examples = Examples(("--", "!!") * 8)
    with pytest.raises(DataFault, match="'--'"):
        Linear.fit(examples, np.arange(16) % 2, classes=2, hybrid=False)
