"""One run of the optimiser over the rows: the same steps in one process or shared by several."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune.candidates.lora import Lora, LoraSettings
from finetune.candidates.lora_checkpoint import digest
from finetune.candidates.lora_schedule import batches, class_weights, learning_rate, steps_an_epoch
from finetune.place import Place
from finetune.progress import Advance
from finetune.ranks import Ranks
from ingest.errors import SettingsFault

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

State = dict[str, "torch.Tensor"]
"""Everything that an epoch leaves behind, by name."""
FROM_OPTIMIZER = "optimizer."


@dataclass(frozen=True, slots=True)
class Lessons:
    """What there is to learn and how; every process that takes part has the same."""

    tokens: list[list[int]]
    labels: list[int]
    classes: int
    epochs: int
    seed: int
    settings: LoraSettings


class Run:
    """A model in training with its optimiser; what an epoch draws hangs on seed and number alone.

    So a run that is put back to the state after an epoch goes on as if it had never been away.
    """

    def __init__(self, lora: Lora, lessons: Lessons, place: Place, ranks: Ranks) -> None:
        import torch

        self.lora, self.lessons = lora, lessons
        self.place, self.ranks = place, ranks
        lora.model.to(place.device)
        lora.head.to(place.device)
        labels = np.asarray(lessons.labels, dtype=np.int64)
        weights = class_weights(labels, lessons.classes)
        self._labels = torch.tensor(labels, device=place.device)
        self._weights = torch.tensor(weights, dtype=torch.float32, device=place.device)
        self._trained = [
            *(one for one in lora.model.parameters() if one.requires_grad),
            *lora.head.parameters(),
        ]
        self._optimizer = torch.optim.AdamW(
            self._trained,
            lr=lessons.settings.learning_rate,
            weight_decay=lessons.settings.weight_decay,
        )
        self.together = lessons.settings.batch
        """Rows of one pass; fewer than a batch once the memory of the device was too small."""

    def epoch(self, number: int, advance: Advance) -> None:
        """Every row once; the first epoch is 1."""
        import torch

        settings = self.lessons.settings
        self.lora.model.train()
        chance = np.random.default_rng([self.lessons.seed, number])
        drops = torch.Generator().manual_seed(int(chance.integers(2**62)))
        per_epoch = steps_an_epoch(len(self.lessons.tokens), settings)
        steps, done = self.lessons.epochs * per_epoch, (number - 1) * per_epoch
        for rows in batches(self.lessons.tokens, settings.batch, chance):
            for group in self._optimizer.param_groups:
                group["lr"] = learning_rate(done / steps, settings)
            self._step(rows, self._kept(len(rows), drops))
            done += 1
            advance(done / steps)

    def state(self) -> State:
        """Adapter, head and what the optimiser remembers."""
        found = self.lora.weights()
        for at, one in self._optimizer.state_dict()["state"].items():
            for name, value in one.items():
                found[f"{FROM_OPTIMIZER}{at}.{name}"] = value.detach().cpu().clone()
        return found

    def restore(self, state: State) -> None:
        """Back to what `state` gave.

        Raises:
            SettingsFault: weights are missing, or are of another shape.
        """
        own = {key: value for key, value in state.items() if not key.startswith(FROM_OPTIMIZER)}
        self.lora.restore(own)
        kept: dict[int, dict[str, Any]] = {}
        for key in sorted(state.keys() - own.keys()):
            at, _, name = key.removeprefix(FROM_OPTIMIZER).partition(".")
            kept.setdefault(int(at), {})[name] = state[key]
        said = self._optimizer.state_dict()
        self._optimizer.load_state_dict({**said, "state": kept})

    def fingerprint(self) -> str:
        """Of the weights as they are, to compare with those of other processes."""
        return digest(self.lora.weights(), {})

    def _kept(self, rows: int, drops: torch.Generator) -> torch.Tensor:
        """What dropout leaves of each vector, drawn for the whole batch whoever computes it."""
        import torch

        share = 1.0 - self.lessons.settings.head_dropout
        drawn = torch.rand(rows, self.lora.encoder.dimension, generator=drops)
        return (drawn < share).float() / share

    def _step(self, rows: Sequence[int], kept: torch.Tensor) -> None:
        import torch

        while not self._learnt(rows, kept):
            self.together = max(1, self.together // 2)
            log.warning("memory too small, smaller passes", extra={"rows": self.together})
        gradients = [one.grad for one in self._trained if one.grad is not None]
        self.ranks.add_up(gradients)
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()

    def _learnt(self, rows: Sequence[int], kept: torch.Tensor) -> bool:
        """Whether the gradients of this process's share of a batch fitted into memory.

        Raises:
            SettingsFault: not even those of one row do.
        """
        from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

        try:
            self._gradients(rows, kept)
        except RuntimeError as fault:
            if not should_reduce_batch_size(fault):
                raise
            if self.together == 1:
                raise SettingsFault(
                    f"The memory of {self.place.device} is too small to train even one row.",
                    remedy="Set ANDON_TRAIN_DEVICE to cpu, or end what else uses the GPU.",
                ) from fault
        else:
            return True
        clear_device_cache(garbage_collection=True)
        return False

    def _gradients(self, rows: Sequence[int], kept: torch.Tensor) -> None:
        """Of the batch's mean loss, pass by pass."""
        import torch

        for one in self._trained:
            one.grad = torch.zeros_like(one)
        whole = self._weights[self._labels[list(rows)]].sum()
        mine = self.ranks.share(range(len(rows)))
        for start in range(0, len(mine), self.together):
            places = list(mine[start : start + self.together])
            part = [rows[place] for place in places]
            with self.place.computing():
                logits = self.lora.logits(
                    [self.lessons.tokens[row] for row in part],
                    kept=kept[places].to(self.place.device),
                )
            losses = torch.nn.functional.cross_entropy(
                logits.float(),
                self._labels[part],
                weight=self._weights,
                label_smoothing=self.lessons.settings.label_smoothing,
                reduction="sum",
            )
            (losses / whole).backward()  # type: ignore[no-untyped-call]  # published without types
