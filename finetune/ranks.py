"""The processes that train together: one of them leads, the others do their share of each step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

Anything = TypeVar("Anything")

PATIENCE = timedelta(days=1)
"""Followers wait while the leader reads, fits the cheap candidates and writes."""


class Ranks:
    """This process and those that `accelerate launch` started beside it; mostly there are none."""

    def __init__(self, *, cpu: bool) -> None:
        """Join the others; `cpu` where nothing is to be trained on a GPU."""
        from accelerate import PartialState

        self._state: Any = PartialState(cpu=cpu, timeout=PATIENCE)

    @property
    def count(self) -> int:
        """Of processes; 1 when started by itself."""
        return int(self._state.num_processes)

    @property
    def index(self) -> int:
        """Of this process."""
        return int(self._state.process_index)

    @property
    def local(self) -> int:
        """Of this process on its machine, and so of its GPU."""
        return int(self._state.local_process_index)

    @property
    def leads(self) -> bool:
        """Whether it is this process that reads, decides and writes."""
        return self.index == 0

    def share(self, rows: Sequence[int]) -> Sequence[int]:
        """Those of a batch that this process computes."""
        return rows[self.index :: self.count]

    def told(self, what: Anything) -> Anything:
        """What the leader says; what a follower gives is not looked at."""
        if self.count == 1:
            return what
        from accelerate.utils import broadcast_object_list

        heard: list[Anything] = broadcast_object_list([what])
        return heard[0]

    def add_up(self, parts: Sequence[torch.Tensor]) -> None:
        """Replace each tensor by its sum over the processes, the same bits in all of them."""
        if self.count == 1:
            return
        import torch
        from accelerate.utils import reduce

        whole: Any = reduce(torch.cat([part.reshape(-1) for part in parts]), reduction="sum")
        start = 0
        for part in parts:
            part.copy_(whole[start : start + part.numel()].view_as(part))
            start += part.numel()

    def alike(self, what: str) -> bool:
        """Whether every process says the same."""
        if self.count == 1:
            return True
        from accelerate.utils import gather_object

        return len(set(gather_object([what]))) == 1

    def part(self) -> None:
        """End it: nothing is said to the others after this."""
        self._state.destroy_process_group()
