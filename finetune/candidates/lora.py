"""LoRA on the encoder: rank-16 adapters on every linear layer and a head on the mean vector."""

from __future__ import annotations

import copy
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune.encoder import Encoder, quiet, same_length_batches
from finetune.examples import Examples, Floats
from finetune.forward import Forward, TorchForward
from ingest.errors import SettingsFault

if TYPE_CHECKING:
    import torch

ADAPTER, HEAD, SETTINGS = "adapter.safetensors", "head.safetensors", "adapter.json"


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Shape of the adapters and of their training."""

    rank: int = 16
    alpha: int = 32
    max_tokens: int = 64
    head_dropout: float = 0.1
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    batch: int = 32
    epochs: int = 5
    max_steps: int = 400
    """Fewer epochs are run when there are so many rows that this would be passed."""
    patience: int = 2
    """Epochs without a better validation after which training stops."""
    warm_up: float = 0.1


class Lora:
    """A fine-tuned copy of the encoder with its head; the frozen encoder stays as it was."""

    def __init__(
        self, encoder: Encoder, model: Any, head: torch.nn.Linear, *, settings: LoraSettings
    ) -> None:
        self.encoder = encoder
        self.model = model
        self.head = head
        self.settings = settings
        self.epochs = settings.epochs
        """After how many epochs of training its weights were taken."""
        self.forward: Forward = TorchForward(self._alone)
        """What makes the pass of a finished model; torch, until another runtime takes its place."""

    @classmethod
    def fresh(cls, encoder: Encoder, classes: int, settings: LoraSettings) -> Lora:
        """Adapters that change nothing yet, and a random head."""
        import torch

        model = _adapted(encoder, settings)
        return cls(encoder, model, torch.nn.Linear(encoder.dimension, classes), settings=settings)

    @classmethod
    def read(cls, encoder: Encoder, folder: Path, *, classes: int) -> Lora:
        """From its files, merged into the copy of the encoder for speed.

        Raises:
            SettingsFault: the files do not fit the encoder or the labels.
        """
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        settings = LoraSettings(**json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
        found = cls.fresh(encoder, classes, settings)
        try:
            result: Any = set_peft_model_state_dict(found.model, load_file(folder / ADAPTER))
            found.head.load_state_dict(load_file(folder / HEAD))
        except (RuntimeError, KeyError) as fault:
            raise SettingsFault(f"The adapter in {folder} does not fit: {fault}") from fault
        absent = [key for key in result.missing_keys if "lora_" in key]
        if absent or result.unexpected_keys:
            raise SettingsFault(f"The adapter in {folder} is of another encoder.")
        found.model = found.model.merge_and_unload().eval()
        found.head.eval()
        return found

    def scores(self, examples: Examples) -> Floats:
        """Logits; a text's row does not depend on its neighbours."""
        self.model.eval()
        self.head.eval()
        found = np.zeros((len(examples), self.head.out_features))
        for rows, ids in same_length_batches(self.tokens(examples.texts)):
            found[rows] = self.forward(ids)
        return found

    def _alone(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits of texts of one length."""
        hidden = self.model(input_ids=ids.to(self.head.weight.device)).last_hidden_state
        found: torch.Tensor = self.head(hidden.mean(dim=1))
        return found

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids, cut short: an event text is a line."""
        return self.encoder.tokens(texts, limit=self.settings.max_tokens)

    def logits(self, ids: Sequence[Sequence[int]], *, dropout: float = 0.0) -> torch.Tensor:
        """Of one batch, padded to its longest text; padding takes no part in the mean."""
        import torch

        device = self.head.weight.device
        longest = max(len(row) for row in ids)
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in ids], device=device)
        lengths = torch.tensor([len(row) for row in ids], device=device)
        mask = (torch.arange(longest, device=device)[None, :] < lengths[:, None]).float()
        hidden = self.model(input_ids=padded, attention_mask=mask).last_hidden_state
        pooled = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        found: torch.Tensor = self.head(torch.dropout(pooled, dropout, train=dropout > 0))
        return found

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Copies of the adapter's and the head's weights."""
        from peft import get_peft_model_state_dict

        adapter = get_peft_model_state_dict(self.model)
        return (
            {key: value.detach().cpu().clone() for key, value in adapter.items()},
            {key: value.detach().cpu().clone() for key, value in self.head.state_dict().items()},
        )

    def restore(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """Back to weights that `state` gave."""
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.model, state[0])
        self.head.load_state_dict(state[1])

    def write(self, folder: Path) -> None:
        """Adapter and head as safetensors, their shape as JSON."""
        from safetensors.torch import save_file

        adapter, head = self.state()
        save_file(adapter, folder / ADAPTER)
        save_file(head, folder / HEAD)
        (folder / SETTINGS).write_text(json.dumps(asdict(self.settings), indent=1) + "\n")


def _adapted(encoder: Encoder, settings: LoraSettings) -> Any:
    """A copy of the encoder with adapters on every linear layer but the unused pooler.

    Dropout inside the encoder is off: it took a quarter of the time on a CPU and gained nothing.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    quiet()
    backbone = copy.deepcopy(encoder.backbone)
    module: Any
    for module in backbone.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
        exclude_modules=["pooler.dense"],
    )
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 under a name that goes away in version 6
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`")
        return get_peft_model(backbone, config)


def epochs_of(rows: int, settings: LoraSettings) -> int:
    """Fewer for many rows, so that the time stays bounded; two at least."""
    per_epoch = math.ceil(rows / settings.batch)
    return max(2, min(settings.epochs, settings.max_steps // per_epoch))


def steps_of(rows: int, settings: LoraSettings) -> int:
    """Optimiser steps of a whole training."""
    return epochs_of(rows, settings) * math.ceil(rows / settings.batch)
