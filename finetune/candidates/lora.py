"""LoRA on the encoder: rank-16 adapters on every linear layer and a head on the mean vector."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from finetune.encoder import Encoder, quiet, same_length_batches
from finetune.examples import Examples, Floats
from finetune.forward import Forward, Network, TorchForward
from ingest.errors import ModelFault, SettingsFault

if TYPE_CHECKING:
    import torch

OF_ADAPTER, OF_HEAD = "adapter.", "head."
PROBE = ("oil temperature high",)
MERGED_ALIKE = 1e-4
"""Largest difference of a logit after merging, as a share of the largest logit."""
ADAPTER, HEAD, SETTINGS = "adapter.safetensors", "head.safetensors", "adapter.json"


Share = Annotated[float, Field(ge=0.0, lt=1.0)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class LoraSettings:
    """Shape of the adapters and of their training; docs/classifier.md says what was tried."""

    rank: Annotated[int, Field(ge=1, le=256)] = 16
    alpha: Annotated[int, Field(ge=1, le=1024)] = 32
    """What the adapters add counts by alpha / rank."""
    max_tokens: Annotated[int, Field(ge=3, le=512)] = 64
    """An event text is a line; what is longer is cut."""
    head_start: Annotated[float, Field(ge=0.0)] = 0.1
    """Inverse regularisation of the regression that the head starts as; 0: a random head."""
    head_dropout: Share = 0.1
    label_smoothing: Share = 0.05
    """Share of each row's weight that all labels have: some labels of small sets are wrong."""
    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-3
    """At its highest: it rises in a line and falls in a line to nothing."""
    weight_decay: Share = 0.01
    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    """Rows of an optimiser step, however many processes or passes share them."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 8
    max_steps: Annotated[int, Field(ge=1)] = 400
    """With a validation, fewer epochs are run when this would be passed; two at least."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Epochs without a better validation after which training stops."""
    warm_up: Share = 0.1
    """Share of the steps in which the learning rate rises."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it is trained; auto: on a GPU where torch sees one."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of the passes in training; auto: bf16 where processor or GPU computes in it.

    The weights are fp32 either way, and so is everything that is stored and served.
    """


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
        from safetensors.torch import load_file

        settings = LoraSettings(**json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
        found = cls.fresh(encoder, classes, settings)
        stored = {f"{OF_ADAPTER}{name}": one for name, one in load_file(folder / ADAPTER).items()}
        stored |= {f"{OF_HEAD}{name}": one for name, one in load_file(folder / HEAD).items()}
        found.restore(stored)
        found.merge()
        return found

    def merge(self) -> None:
        """Add the adapters into the copy of the encoder: the same answers, faster.

        Raises:
            ModelFault: the answers are not the same.
        """
        import torch

        ids = torch.tensor(self.tokens(PROBE))
        with torch.no_grad():
            before = self._alone(ids)
            self.model = self.model.eval().merge_and_unload().eval()
            self.head.eval()
            difference = float((self._alone(ids) - before).abs().max() / before.abs().max())
        if not difference < MERGED_ALIKE:
            raise ModelFault(
                f"Merging the adapter changed its answers by {difference:.1e} of them."
            )

    def scores(self, examples: Examples) -> Floats:
        """Logits; a text's row does not depend on its neighbours."""
        self.model.eval()
        self.head.eval()
        found = np.zeros((len(examples), self.head.out_features))
        for rows, ids in same_length_batches(self.tokens(examples.texts), step=self.forward.step):
            found[rows] = self.forward(ids)
        return found

    @property
    def network(self) -> Network:
        """What a pass computes, for an export; only once it is merged."""
        return Network(self.model, "mean", self.head)

    def through(self, forward: Forward) -> Lora:
        """The same model with its passes made by another runtime."""
        found = copy.copy(self)
        found.forward = forward
        return found

    def vectors(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """What the head reads, one row a text."""
        import torch

        self.model.eval()
        found = np.zeros((len(tokens), self.encoder.dimension), dtype=np.float32)
        with torch.inference_mode():
            for rows, ids in same_length_batches(tokens):
                found[rows] = self._pooled(torch.tensor(ids)).cpu().numpy()
        return found

    def _pooled(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=ids.to(self.head.weight.device)).last_hidden_state
        found: torch.Tensor = hidden.mean(dim=1)
        return found

    def _alone(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits of texts of one length."""
        found: torch.Tensor = self.head(self._pooled(ids))
        return found

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids, cut short: an event text is a line."""
        return self.encoder.tokens(texts, limit=self.settings.max_tokens)

    def logits(
        self, ids: Sequence[Sequence[int]], *, kept: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Of one batch, padded to its longest text; padding takes no part in the mean.

        Args:
            ids: token ids of each text.
            kept: what dropout leaves of each vector, as a factor; None: all of it.
        """
        import torch

        device = self.head.weight.device
        longest = max(len(row) for row in ids)
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in ids], device=device)
        lengths = torch.tensor([len(row) for row in ids], device=device)
        mask = (torch.arange(longest, device=device)[None, :] < lengths[:, None]).float()
        hidden = self.model(input_ids=padded, attention_mask=mask).last_hidden_state
        pooled = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        found: torch.Tensor = self.head(pooled if kept is None else pooled * kept)
        return found

    def weights(self) -> dict[str, torch.Tensor]:
        """Copies of the adapter's and the head's weights, by name."""
        from peft import get_peft_model_state_dict

        adapter, head = get_peft_model_state_dict(self.model), self.head.state_dict()
        found = {f"{OF_ADAPTER}{name}": value for name, value in adapter.items()}
        found |= {f"{OF_HEAD}{name}": value for name, value in head.items()}
        return {name: value.detach().cpu().clone() for name, value in found.items()}

    def restore(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Back to weights that `weights` gave.

        Raises:
            SettingsFault: some are missing, too many, or of another shape: nothing is filled up
                with random numbers.
        """
        from peft import set_peft_model_state_dict

        try:
            result: Any = set_peft_model_state_dict(self.model, _named(weights, OF_ADAPTER))
            self.head.load_state_dict(_named(weights, OF_HEAD))
        except (RuntimeError, KeyError) as fault:
            raise SettingsFault(f"The adapter does not fit the encoder: {fault}") from fault
        if result.unexpected_keys or any("lora_" in name for name in result.missing_keys):
            raise SettingsFault("The adapter is of another encoder.")

    def write(self, folder: Path) -> None:
        """Adapter and head as safetensors, their shape as JSON."""
        from safetensors.torch import save_file

        weights = self.weights()
        save_file(_named(weights, OF_ADAPTER), folder / ADAPTER)
        save_file(_named(weights, OF_HEAD), folder / HEAD)
        (folder / SETTINGS).write_text(json.dumps(asdict(self.settings), indent=1) + "\n")


def _named(weights: Mapping[str, Any], start: str) -> dict[str, Any]:
    """Those whose names begin so, without that beginning."""
    return {
        name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)
    }


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
