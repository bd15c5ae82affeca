"""Candidates: each is fitted, written, read again and answers the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.candidates.average import Average
from finetune.candidates.fitting import fitted
from finetune.candidates.linear import Linear
from finetune.candidates.lora_training import Part
from finetune.candidates.majority import Majority
from finetune.candidates.tabular import TABULAR, Tabular, best_votes
from finetune.encoder import Encoder
from finetune.examples import Examples, softmax
from finetune.score import macro_f1
from finetune.wording import tidy
from tests.unit.finetune.conftest import WORDS, number_rows, text_rows


def texts(encoder: Encoder, *, seed: int = 0) -> Part:
    rows = text_rows(seed=seed)
    read = tuple(tidy(row["text"]) for row in rows)
    labels = np.array([list(WORDS).index(row["label"]) for row in rows])
    return Part(Examples(read, encoder.encode(read)), labels)


def table() -> Part:
    rows = number_rows()
    numbers = np.array([[float(row["heat"]), float(row["force"])] for row in rows])
    numbers[::11, 1] = np.nan
    return Part(Examples(table=numbers), np.arange(len(rows)) % 3)


@pytest.mark.parametrize("hybrid", [False, True])
def test_linear_read_back_answers_the_same(
    encoder: Encoder, tmp_path: Path, *, hybrid: bool
) -> None:
    """A label that no row has gets a column too."""
    part = texts(encoder)
    linear = Linear.fit(part.examples, part.labels, classes=4, hybrid=hybrid)
    linear.write(tmp_path)
    unseen = texts(encoder, seed=2)
    scores = linear.scores(unseen.examples)
    assert scores.shape == (90, 4)
    assert macro_f1(scores.argmax(axis=1), unseen.labels) > 0.9
    read = Linear.read(tmp_path, classes=4, hybrid=hybrid)
    assert np.array_equal(read.scores(unseen.examples), scores)


@pytest.mark.parametrize("name", TABULAR)
def test_tabular_read_back_answers_the_same(tmp_path: Path, name: str) -> None:
    """With missing numbers among the rows."""
    part = table()
    model = Tabular.fit(name, (part.examples, part.labels), classes=3, seed=0)
    model.write(tmp_path)
    scores = model.scores(part.examples)
    assert macro_f1(scores.argmax(axis=1), part.labels) > 0.9
    read = Tabular.read(name, tmp_path, classes=3)
    assert np.allclose(read.scores(part.examples), scores)


@pytest.mark.parametrize(("rows", "votes"), [(2, [0.5, 1.0, 1.0]), (3, [2.0, 1.0, 0.0])])
def test_votes_are_weighed_where_every_class_has_rows_for_it(
    monkeypatch: pytest.MonkeyPatch, rows: int, votes: list[float]
) -> None:
    """Elsewhere boosted trees, which are unsteady on few rows, have half a vote."""
    monkeypatch.setattr("finetune.candidates.tabular.best_votes", lambda right: [2.0, 1.0, 0.0])
    labels = np.repeat([0, 1], [60, rows])
    numbers = np.random.default_rng(0).normal(labels, 1.0, size=(1, len(labels))).T
    model: Any = Tabular.fit("ensemble", (Examples(table=numbers), labels), classes=2, seed=0)
    assert model._model.weights == votes


def test_votes_go_to_members_that_are_right() -> None:
    """One that is right where the others are not has all, two that help each other share."""
    surely, hardly = np.full(8, 0.9), np.full(8, 0.1)
    assert best_votes([surely, hardly, hardly]) == [1.0, 0.0, 0.0]
    first, second = np.repeat([0.9, 0.1], 4), np.repeat([0.1, 0.9], 4)
    assert best_votes([hardly, first, second]) == [0.0, 1.0, 1.0]


def test_a_model_that_does_not_converge_is_no_noise(recwarn: pytest.WarningsRecorder) -> None:
    """It is judged like every other; nothing reaches the terminal."""
    from sklearn.linear_model import LogisticRegression

    part = table()
    fitted(LogisticRegression(max_iter=1), np.nan_to_num(part.examples.table), part.labels)
    assert list(recwarn) == []


def test_majority_and_average(tmp_path: Path, encoder: Encoder) -> None:
    """The floor answers shares; the average is the mean of its members' probabilities."""
    part = texts(encoder)
    labels = np.array([0] * 6 + [1] * 2)
    majority = Majority.fit(labels, 3)
    majority.write(tmp_path)
    shares = softmax(Majority.read(tmp_path).scores(part.examples))
    assert shares[0] == pytest.approx([7 / 11, 3 / 11, 1 / 11])
    linear = Linear.fit(part.examples, part.labels, classes=3, hybrid=False)
    average = Average({"majority": (majority, 1.0), "tfidf": (linear, 2.0)})
    expected = (shares + softmax(linear.scores(part.examples) / 2.0)) / 2
    assert softmax(average.scores(part.examples)) == pytest.approx(expected)
