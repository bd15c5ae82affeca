"""Where a transformer is trained: the device and the precision, chosen once and said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ingest.errors import SettingsFault


@dataclass(frozen=True, slots=True)
class Place:
    """A device and whether its passes are in bfloat16."""

    device: str
    """`cpu`, or `cuda:` and a number."""
    bf16: bool

    @property
    def name(self) -> str:
        """As logs and checkpoints say it."""
        return f"{self.device} {'bf16' if self.bf16 else 'fp32'}"

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Passes inside the block are in the place's precision, and repeat to the bit.

        Attention is computed plainly: on a CPU the fused backward pass in bf16 took half of all
        the time, and on a GPU it adds in an order of its own.
        """
        import torch
        from torch.nn.attention import SDPBackend, sdpa_kernel

        kind = self.device.partition(":")[0]
        with (
            torch.autocast(kind, torch.bfloat16, enabled=self.bf16),
            sdpa_kernel(SDPBackend.MATH),
        ):
            yield


def place_of(device: str, precision: str, *, number: int = 0) -> Place:
    """The place that settings ask for; `auto` takes the best that is there.

    Args:
        device: auto, cpu or cuda.
        precision: auto, fp32 or bf16.
        number: of the GPU, where there are several.

    Raises:
        SettingsFault: a GPU is asked for and there is none.
    """
    import torch

    seen = torch.cuda.is_available()
    if device == "cuda" and not seen:
        raise SettingsFault(
            "Training is to run on a GPU, but torch sees none.",
            remedy="Set ANDON_TRAIN_DEVICE to auto or cpu, or install a torch built for the GPU.",
        )
    chosen = "cpu" if device == "cpu" or not seen else f"cuda:{number}"
    bf16 = precision == "bf16" or (precision == "auto" and _computes_bf16(chosen))
    return Place(chosen, bf16)


@contextmanager
def repeatable() -> Iterator[None]:
    """Inside the block torch takes algorithms that give the same bits every time.

    One that has no such form on a GPU is used with a warning in the log rather than refused.
    """
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=before, warn_only=warned)


def _computes_bf16(device: str) -> bool:
    """Whether bf16 is faster there: on a processor only with AMX."""
    import torch

    if device == "cpu":
        known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(known.get("amx_bf16"))
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))
