"""Training of the LoRA candidate: seeded, class-weighted, stopped early, threads bounded."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from finetune.candidates.lora import Lora, LoraSettings, epochs_of
from finetune.encoder import Encoder
from finetune.examples import LEAST, Examples, Rows, softmax
from finetune.score import macro_f1

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

SORTED_TOGETHER = 8
"""Batches within which texts are put together by length."""

Advance = Callable[[float], None]
"""Called with the share done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """Labelled examples."""

    examples: Examples
    labels: Rows


def train_lora(
    encoder: Encoder,
    train: Part,
    validation: Part | None,
    *,
    classes: int,
    seed: int,
    advance: Advance,
    settings: LoraSettings | None = None,
) -> Lora:
    """The weights of the epoch that was best on the validation; without one, of the last epoch.

    `settings.epochs` is how many there are; with a validation they may end earlier.
    """
    import torch

    settings = settings or LoraSettings()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        lora = Lora.fresh(encoder, classes, settings)
        return _trained(lora, train, validation, seed=seed, advance=advance)


class _Course:
    """One training: the model, its optimiser and the best weights so far."""

    def __init__(self, lora: Lora, train: Part, *, seed: int, steps: int) -> None:
        import torch

        self.lora = lora
        self.train = train
        device = "cuda" if torch.cuda.is_available() else "cpu"
        lora.model.to(device)
        lora.head.to(device)
        self.tokens = lora.tokens(train.examples.texts)
        self.labels = torch.tensor(train.labels, device=device)
        self.weights = _class_weights(train.labels, lora.head.out_features).to(device)
        self.trainable = [*_trainable(lora.model), *lora.head.parameters()]
        self.optimizer = torch.optim.AdamW(
            self.trainable,
            lr=lora.settings.learning_rate,
            weight_decay=lora.settings.weight_decay,
        )
        self.chance = np.random.default_rng(seed)
        self.done, self.steps = 0, steps

    def epoch(self, advance: Advance) -> None:
        """Every row once."""
        self.lora.model.train()
        for rows in batches(self.tokens, self.lora.settings.batch, self.chance):
            self._step(rows)
            self.done += 1
            advance(self.done / self.steps)

    def _step(self, rows: list[int]) -> None:
        import torch

        rate = learning_rate(self.done / self.steps, self.lora.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        logits = self.lora.logits(
            [self.tokens[row] for row in rows], dropout=self.lora.settings.head_dropout
        )
        loss = torch.nn.functional.cross_entropy(logits, self.labels[rows], weight=self.weights)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # published without types
        torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
        self.optimizer.step()


def _trained(
    lora: Lora, train: Part, validation: Part | None, *, seed: int, advance: Advance
) -> Lora:
    rows, settings = len(train.labels), lora.settings
    epochs = settings.epochs if validation is None else epochs_of(rows, settings)
    course = _Course(lora, train, seed=seed, steps=epochs * math.ceil(rows / settings.batch))
    best, kept = (-1.0, 0.0), lora.state()
    for epoch in range(1, epochs + 1):
        course.epoch(advance)
        reached = _validated(lora, validation) if validation else (0.0, float(epoch))
        log.debug("epoch done", extra={"epoch": epoch, "macro_f1": reached[0]})
        if reached > best:
            best, lora.epochs, kept = reached, epoch, lora.state()
        elif epoch - lora.epochs >= settings.patience:
            break
    lora.restore(kept)
    lora.model.to("cpu").eval()
    lora.head.to("cpu").eval()
    advance(1.0)
    return lora


def batches(
    tokens: Sequence[Sequence[int]], size: int, chance: np.random.Generator
) -> Iterator[list[int]]:
    """Every row once, in random batches of texts of about the same length."""
    order = chance.permutation(len(tokens)).tolist()
    reach = size * SORTED_TOGETHER
    found = []
    for start in range(0, len(order), reach):
        near = sorted(order[start : start + reach], key=lambda row: len(tokens[row]))
        found += [near[at : at + size] for at in range(0, len(near), size)]
    for at in chance.permutation(len(found)).tolist():
        yield found[at]


def learning_rate(share: float, settings: LoraSettings) -> float:
    """Up in a line, then down in a line to nothing at the end."""
    if share < settings.warm_up:
        return settings.learning_rate * max(share, 0.1 * settings.warm_up) / settings.warm_up
    return settings.learning_rate * (1.0 - share) / (1.0 - settings.warm_up)


def _validated(lora: Lora, validation: Part) -> tuple[float, float]:
    """Macro-F1 and, to choose among equals, the log-likelihood."""
    scores = lora.scores(validation.examples)
    chosen = softmax(scores)[np.arange(len(scores)), validation.labels]
    likelihood = float(np.log(np.maximum(chosen, LEAST)).mean())
    return macro_f1(scores.argmax(axis=1), validation.labels), likelihood


def _class_weights(labels: Rows, classes: int) -> torch.Tensor:
    """Inverse to the square root of the label's frequency, one on average over the rows."""
    import torch

    counts = np.bincount(labels, minlength=classes)
    weights = 1.0 / np.sqrt(np.maximum(counts, 1))
    weights *= len(labels) / (weights * counts).sum()
    return torch.tensor(weights, dtype=torch.float32)


def _trainable(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [weights for weights in model.parameters() if weights.requires_grad]
