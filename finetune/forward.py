"""The pass through a transformer: whichever runtime makes it, token ids go in and rows come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Rows = NDArray[np.float32]

EXACT = "torch fp32"
"""The runtime that training uses and that every other one is compared with."""


class Forward(Protocol):
    """One pass; safe to call from several threads."""

    @property
    def name(self) -> str:
        """Of the runtime and its precision, such as `openvino bf16`."""
        ...

    @property
    def step(self) -> int:
        """Texts whose lengths round up to the same multiple of this may go in one pass.

        A runtime that pads brings a text to that multiple also when it is alone, so that a
        neighbour never changes how a text is computed.
        """
        ...

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text: the pooled vector before it is brought to length one, or the logits."""
        ...


class TorchForward:
    """Texts of the same length through torch; nothing is padded."""

    step = 1

    def __init__(self, run: Callable[[torch.Tensor], torch.Tensor], *, name: str = EXACT) -> None:
        self._run = run
        self.name = name

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text."""
        import torch

        with torch.inference_mode():
            found: Rows = self._run(torch.tensor(ids)).float().cpu().numpy()
        return found


@dataclass(frozen=True, slots=True)
class Network:
    """What a forward computes, as torch knows it: from here it is exported."""

    model: Any
    """A transformer of torch; nobody may change it."""
    pooling: str
    """`mean` or `cls`."""
    head: Any = None
    """A linear layer on the pooled vector, if there is one."""

    def rows(self, ids: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Of texts that are padded to the same length; without lengths nothing is padding."""
        if lengths is None:
            hidden = self.model(input_ids=ids).last_hidden_state
            pooled = hidden[:, 0] if self.pooling == "cls" else hidden.mean(dim=1)
        else:
            pooled = self._masked(ids, lengths)
        found: torch.Tensor = pooled if self.head is None else self.head(pooled)
        return found

    def _masked(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        import torch

        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        hidden = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        if self.pooling == "cls":
            first: torch.Tensor = hidden[:, 0]
            return first
        weights = mask[:, :, None].to(hidden.dtype)
        pooled: torch.Tensor = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        return pooled
