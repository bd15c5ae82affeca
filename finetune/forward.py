"""The pass through a transformer: whichever runtime makes it, token ids go in and rows come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Rows = NDArray[np.float32]


class Forward(Protocol):
    """One pass over texts of the same length; safe to call from several threads."""

    @property
    def name(self) -> str:
        """Of the runtime and its precision, such as `torch fp32`."""

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text: the pooled vector before it is brought to length one, or the logits."""


class TorchForward:
    """What every other runtime is compared with: torch at full precision."""

    name = "torch fp32"

    def __init__(self, run: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self._run = run

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text."""
        import torch

        with torch.inference_mode():
            found: Rows = self._run(torch.tensor(ids)).float().cpu().numpy()
        return found
