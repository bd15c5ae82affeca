"""The LoRA candidate: learns, repeats to the bit, is read back the same, and keeps its epochs."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.candidates.lora import ADAPTER, HEAD, Lora, LoraSettings
from finetune.candidates.lora_head import start_head
from finetune.candidates.lora_schedule import (
    batches,
    class_weights,
    epochs_of,
    learning_rate,
    steps_an_epoch,
)
from finetune.candidates.lora_training import train_lora
from finetune.encoder import Encoder
from finetune.score import macro_f1
from ingest.errors import SettingsFault
from tests.unit.finetune.test_candidates import texts

SHORT = LoraSettings(epochs=6, learning_rate=5e-3, batch=16)


def lora_of(encoder: Encoder, *, seed: int = 0) -> Lora:
    return train_lora(
        encoder,
        texts(encoder),
        texts(encoder, seed=1),
        classes=3,
        seed=seed,
        advance=lambda share: None,
        settings=SHORT,
    )


@pytest.fixture(scope="module")
def lora(encoder: Encoder) -> Lora:
    return lora_of(encoder)


def test_lora_learns(encoder: Encoder, lora: Lora) -> None:
    """Adapters on random weights are enough for words that tell the label."""
    unseen = texts(encoder, seed=2)
    assert macro_f1(lora.scores(unseen.examples).argmax(axis=1), unseen.labels) > 0.9


def test_the_same_seed_gives_the_same_weights(encoder: Encoder, lora: Lora) -> None:
    """To the bit on one machine; another seed gives others."""
    import torch

    torch.rand(7)
    again, other = lora_of(encoder), lora_of(encoder, seed=1)
    examples = texts(encoder).examples
    assert np.array_equal(again.scores(examples), lora.scores(examples))
    assert not np.array_equal(other.scores(examples), lora.scores(examples))


def test_the_frozen_encoder_stays_as_it_was(encoder: Encoder, lora: Lora) -> None:
    """Training works on a copy."""
    before = encoder.encode(["oil hot"])
    lora_of(encoder, seed=3)
    assert np.array_equal(encoder.encode(["oil hot"]), before)
    assert not any("lora" in name for name, _ in encoder.backbone.named_modules())


def test_lora_read_back_answers_the_same(encoder: Encoder, lora: Lora, tmp_path: Path) -> None:
    """Adapter and head are both there, merged on reading."""
    lora.write(tmp_path)
    examples = texts(encoder, seed=2).examples
    read = Lora.read(encoder, tmp_path, classes=3)
    assert np.allclose(read.scores(examples), lora.scores(examples), atol=1e-4)
    assert not read.model.training
    assert np.array_equal(read.scores(examples), read.scores(examples))


def test_a_neighbour_never_changes_an_answer(encoder: Encoder, lora: Lora) -> None:
    """Alone, in a crowd, or in another order."""
    examples = texts(encoder).examples
    crowd = lora.scores(examples)
    alone = np.concatenate([lora.scores(examples.take([row])) for row in range(len(examples))])
    backwards = lora.scores(examples.take(range(len(examples) - 1, -1, -1)))[::-1]
    assert np.allclose(crowd, alone, atol=1e-4)
    assert np.allclose(crowd, backwards, atol=1e-4)


def test_padding_takes_no_part(lora: Lora) -> None:
    """In training, short texts stand beside long ones in one padded batch."""
    import torch

    with torch.inference_mode():
        alone = lora.logits([[2, 5, 3]])[0]
        padded = lora.logits([[2, 5, 3], [2, 6, 7, 8, 9, 10, 3]])[0]
    assert torch.allclose(alone, padded, atol=1e-5)


@pytest.mark.parametrize("lost", [ADAPTER, HEAD])
def test_a_lora_of_another_shape_is_refused(
    encoder: Encoder, lora: Lora, tmp_path: Path, lost: str
) -> None:
    """Never filled up with random weights."""
    from safetensors.numpy import load_file, save_file

    lora.write(tmp_path)
    weights = load_file(tmp_path / lost)
    weights.pop(sorted(weights)[0])
    save_file(weights, tmp_path / lost)
    with pytest.raises(SettingsFault):
        Lora.read(encoder, tmp_path, classes=3)


def test_the_learning_rate_rises_and_falls() -> None:
    """To nothing at the end of the training."""
    rates = [learning_rate(at / 100, SHORT) for at in range(101)]
    assert max(rates) == pytest.approx(SHORT.learning_rate, rel=0.01)
    assert rates.index(max(rates)) == 10
    assert rates[0] > 0
    assert rates[-1] == 0


def test_batches_hold_every_row_once() -> None:
    """And texts of about the same length together."""
    chance = random.Random(0)
    tokens = [[1] * chance.randint(3, 40) for _ in range(517)]
    found = list(batches(tokens, 32, np.random.default_rng(0)))
    assert sorted(row for rows in found for row in rows) == list(range(517))
    padding = sum(max(len(tokens[row]) for row in rows) * len(rows) for rows in found)
    assert padding < 1.35 * sum(len(item) for item in tokens)


def test_many_rows_are_seen_fewer_times() -> None:
    """The steps of a training are bounded, but every row is seen twice."""
    settings = LoraSettings()
    assert epochs_of(800, settings) == settings.epochs
    steps = epochs_of(3_200, settings) * steps_an_epoch(3_200, settings)
    assert steps <= settings.max_steps
    assert epochs_of(100_000, settings) == 2


@pytest.mark.parametrize("known", [[0, 1, 2], [0, 2], [1]])
def test_the_head_starts_where_a_regression_ends(encoder: Encoder, known: list[int]) -> None:
    """Also where labels have no row; with one label only it stays as it was."""
    part = texts(encoder)
    rows = np.flatnonzero(np.isin(part.labels, known))
    examples, labels = part.examples.take(rows), part.labels[rows]
    lora = Lora.fresh(encoder, 4, SHORT)
    before = lora.head.weight.detach().clone()
    start_head(lora, lora.tokens(examples.texts), labels, strength=1.0)
    right = (lora.scores(examples).argmax(axis=1) == labels).mean()
    assert right > 0.9 or len(known) == 1
    assert bool((lora.head.weight == before).all()) == (len(known) == 1)


def test_training_starts_from_that_head(encoder: Encoder) -> None:
    """One step at a rate that moves nothing leaves the regression's answers."""
    part = texts(encoder)
    still = replace(SHORT, epochs=1, batch=90, learning_rate=1e-9, head_start=1.0)
    asked: dict[str, Any] = {"classes": 3, "seed": 0, "advance": lambda share: None}
    warm = train_lora(encoder, part, None, settings=still, **asked)
    cold = train_lora(encoder, part, None, settings=replace(still, head_start=0.0), **asked)
    good, poor = (
        macro_f1(lora.scores(part.examples).argmax(axis=1), part.labels) for lora in (warm, cold)
    )
    assert good > 0.9 > poor


def test_rare_labels_weigh_more_and_absent_ones_nothing() -> None:
    """By the square root of how rare they are, one on average over the rows."""
    labels = np.array([0] * 16 + [2] * 4)
    weights = class_weights(labels, 4)
    assert weights[2] == pytest.approx(2 * weights[0])
    assert weights[[1, 3]].tolist() == [0.0, 0.0]
    assert weights[labels].mean() == pytest.approx(1.0)
