"""Answers under many threads, in long requests and a second time: the same as alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finetune import answering
from finetune.answering import CHUNK, Answering
from finetune.classifier import Classifier
from finetune.encoder import Encoder
from finetune.examples import Examples
from ingest.vocabulary import Diagnosis
from tests.unit.finetune.conftest import WORDS
from tests.unit.finetune.test_classifier import build

THREADS = 8
SHOWN = 1.1e-4
"""One in the last digit that is shown: torch may add up in another order in another batch."""
EVERY = sorted({word for words in WORDS.values() for word in words})


def some_texts(count: int, *, seed: int = 0) -> list[str]:
    chance = random.Random(seed)
    made = (" ".join(chance.sample(EVERY, chance.randint(1, 9))) for _ in range(10 * count))
    return list(dict.fromkeys(made))[:count]


def assert_alike(one: Diagnosis, other: Diagnosis) -> None:
    assert (one.label, one.outcome, one.label_set) == (other.label, other.outcome, other.label_set)
    assert one.confidence == pytest.approx(other.confidence, abs=SHOWN)
    assert [at.label for at in one.alternatives] == [at.label for at in other.alternatives]


@pytest.fixture(scope="module")
def alone(encoder: Encoder) -> dict[str, Diagnosis]:
    """What each text is answered when nothing else is asked."""
    classifier = build(encoder, unknown_below=0.9)
    return {text: classifier.classify([text])[0] for text in some_texts(120)}


def test_many_threads_get_the_answers_that_each_would_get_alone(
    encoder: Encoder, alone: dict[str, Diagnosis]
) -> None:
    """Eight clients at once, with requests of one text and of several, some of them empty."""
    classifier = build(encoder, unknown_below=0.9)
    chance = random.Random(1)
    requests = [chance.sample(list(alone), chance.choice([1, 1, 1, 5])) for _ in range(200)]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(classifier.classify, [["", *texts] for texts in requests]))
    for texts, found in zip(requests, answers, strict=True):
        assert found[0].reason == "The text is empty."
        for text, diagnosis in zip(texts, found[1:], strict=True):
            assert_alike(diagnosis, alone[text])


def test_a_thousand_texts_go_in_bounded_passes(
    encoder: Encoder, alone: dict[str, Diagnosis], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long request is taken apart, so that its memory is bounded and others get a turn."""
    sizes: list[int] = []
    whole = Answering._together

    def watched(self: Answering, asked: Sequence[Examples]) -> Any:
        sizes.append(sum(map(len, asked)))
        return whole(self, asked)

    monkeypatch.setattr(Answering, "_together", watched)
    texts = [*alone, *some_texts(700, seed=2)]
    found = build(encoder, unknown_below=0.9).classify(texts + texts)
    assert max(sizes) <= CHUNK
    assert sum(sizes) == len(set(texts))
    for text, diagnosis in zip(alone, found, strict=False):
        assert_alike(diagnosis, alone[text])
    assert found[len(texts) :] == found[: len(texts)]


class _Counting(Encoder):
    """Counts the texts that it reads."""

    def __init__(self, encoder: Encoder) -> None:
        self.__dict__.update(encoder.__dict__)
        self.read = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += len(texts)
        return super().encode(texts)


def test_a_text_that_was_asked_before_costs_nothing(encoder: Encoder) -> None:
    """Also when only its numbers are others; and the oldest is forgotten first."""
    counting = _Counting(encoder)
    like = build(encoder, unknown_below=0.9)
    asks = Classifier(like.engine, counting, version="v0001", about={}, remembered=2)
    first = asks.classify(["oil hot 71"])
    assert asks.classify(["oil hot 72"])[0].label == first[0].label
    assert counting.read == 1
    asks.classify(["pump leak", "fan dust"])
    asks.classify(["oil hot 71"])
    assert counting.read == 4


def test_nothing_is_shared_between_two_models(encoder: Encoder) -> None:
    """A model that takes its place does not answer from the other's memory."""
    one, other = (build(encoder, unknown_below=below) for below in (-1.0, 1.1))
    assert one.classify(["oil hot 71"])[0].label == "hot"
    assert other.classify(["oil hot 71"])[0].label is None
    assert answering.REMEMBERED > 0
