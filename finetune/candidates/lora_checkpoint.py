"""How far a run has come: whole epochs that survive a kill, or nothing.

The folder is untrusted: what is not what was written, or is of another run, is thrown away.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from finetune.checkpoint import put
from finetune.file_forms import check_form, open_plain
from ingest.errors import SettingsFault

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

FILE = "epoch.safetensors"
BEST = "best."
_FAULTS = (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError, SettingsFault)


@dataclass(frozen=True, slots=True)
class Reached:
    """After a whole epoch: where the run stands, and the best that it has seen."""

    epoch: int
    best_epoch: int
    best: tuple[float, float]
    """Macro-F1 and log-likelihood on the validation."""
    state: Mapping[str, torch.Tensor]
    """What the run goes on from."""
    kept: Mapping[str, torch.Tensor]
    """The weights of the best epoch."""


class LoraCheckpoint:
    """The one file of a run; no folder keeps nothing."""

    def __init__(self, folder: Path | None, key: str) -> None:
        """`key` names everything that the run's outcome depends on."""
        self._folder = folder
        self._key = key

    def write(self, reached: Reached) -> None:
        """Keep an epoch in place of the one before: on the disk before it is in its place."""
        if self._folder is None:
            return
        from safetensors.torch import save

        tensors = dict(reached.state)
        tensors |= {f"{BEST}{name}": value for name, value in reached.kept.items()}
        said = {
            "key": self._key,
            "epoch": str(reached.epoch),
            "best_epoch": str(reached.best_epoch),
            "best": " ".join(map(repr, reached.best)),
        }
        said["sha256"] = digest(tensors, said)
        self._folder.mkdir(parents=True, exist_ok=True)
        put(self._folder / FILE, save(tensors, metadata=said))

    def read(self) -> Reached | None:
        """The last whole epoch of this very run; None if there is none that can be trusted."""
        if self._folder is None or not (self._folder / FILE).exists():
            return None
        try:
            reached = self._read(self._folder / FILE)
        except _FAULTS as fault:
            log.warning(
                "checkpoint discarded, training starts anew",
                extra={"folder": str(self._folder), "reason": str(fault)},
            )
            return None
        log.info("training resumed", extra={"after_epoch": reached.epoch})
        return reached

    def _read(self, path: Path) -> Reached:
        tensors, said = _opened(path)
        claimed = said.pop("sha256")
        if digest(tensors, said) != claimed:
            raise ValueError("changed since it was written")
        if said["key"] != self._key:
            raise ValueError("of another training")
        first, second = (float(part) for part in said["best"].split())
        return Reached(
            int(said["epoch"]),
            int(said["best_epoch"]),
            (first, second),
            {name: value for name, value in tensors.items() if not name.startswith(BEST)},
            {
                name.removeprefix(BEST): value
                for name, value in tensors.items()
                if name.startswith(BEST)
            },
        )


def _opened(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and what is said about them, of a file whose outer form was looked at."""
    from safetensors import safe_open

    with open_plain(path) as file:
        check_form(path, file)
    with safe_open(path, framework="pt") as opened:
        names = list(opened.keys())
        tensors: dict[str, Any] = {name: opened.get_tensor(name) for name in names}
        said = dict(opened.metadata() or {})
    return tensors, said


def digest(tensors: Mapping[str, torch.Tensor], said: Mapping[str, str]) -> str:
    """SHA-256 of named tensors and of what is said about them."""
    found = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        found.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()
