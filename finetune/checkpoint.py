"""What an unfinished training has done already: whole pieces that survive a kill, or nothing.

The folder is untrusted: a piece is numbers and text with their digest, and one that is not what
was written is thrown away and made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from finetune.examples import Floats

log = logging.getLogger(__name__)

PREFIX = ".training-"
RUN = "run"
_NAME = re.compile(r"[0-9a-f]{16}")
_MOST_BYTES = 1024 * 1024 * 1024
_FAULTS = (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError)


@dataclass(frozen=True, slots=True)
class Piece:
    """One candidate fitted on one fold: what it said to the rows that were held back."""

    scores: Floats
    seconds: float
    epochs: int


class Checkpoint:
    """A folder of one training; None keeps nothing."""

    def __init__(self, path: Path | None, *, run: str = "") -> None:
        self.path = path
        self.run = run
        """Drawn when the training began; the same after a kill."""
        self.resumed = 0
        """Pieces that were found done."""
        self.discarded: list[str] = []
        """Names of pieces that were not what was written."""

    def read(self, name: str, shape: tuple[int, int]) -> Piece | None:
        """A piece that was done before; None if there is none that can be trusted."""
        if self.path is None or not _file(self.path, name).exists():
            return None
        try:
            piece = _piece(_file(self.path, name), shape)
        except _FAULTS as fault:
            log.warning("checkpoint discarded", extra={"piece": name, "reason": repr(fault)})
            self.discarded.append(name)
            return None
        self.resumed += 1
        return piece

    def write(self, name: str, piece: Piece) -> None:
        """Keep a piece: on the disk before it is in its place."""
        if self.path is None:
            return
        said = {"seconds": repr(piece.seconds), "epochs": str(piece.epochs)}
        said["sha256"] = _digest(piece.scores, said)
        put(_file(self.path, name), save({"scores": piece.scores}, metadata=said))
        shutil.rmtree(self.path / name, ignore_errors=True)

    def folder(self, name: str) -> Path | None:
        """Where a long fit keeps its own state."""
        return None if self.path is None else self.path / name

    def remove(self) -> None:
        """The training is finished."""
        if self.path is not None:
            shutil.rmtree(self.path, ignore_errors=True)


def key_of(content: Any) -> str:
    """A short name for everything that the outcome of a training depends on."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def open_checkpoint(task_folder: Path, key: str) -> Checkpoint:
    """The folder of that training; those of other trainings, which can never go on, are removed."""
    wanted = task_folder / f"{PREFIX}{key}"
    for path in sorted(task_folder.glob(f"{PREFIX}*")):
        if path != wanted or path.is_symlink() or not path.is_dir():
            log.warning("unfinished training discarded", extra={"folder": path.name})
            _removed(path)
    wanted.mkdir(parents=True, exist_ok=True)
    return Checkpoint(wanted, run=_run(wanted / RUN))


def put(path: Path, content: bytes) -> None:
    """Write a file so that after a kill or a power cut it is whole or not there."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(' ', '-')}.safetensors"


def _piece(path: Path, shape: tuple[int, int]) -> Piece:
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise ValueError("no plain file")
    raw = path.read_bytes()
    said, scores = _metadata(raw), load(raw)["scores"]
    claimed = said.pop("sha256")
    if scores.shape != shape or scores.dtype != np.float64 or not np.isfinite(scores).all():
        raise ValueError("scores of another training")
    if _digest(scores, said) != claimed:
        raise ValueError("changed since it was written")
    seconds, epochs = float(said["seconds"]), int(said["epochs"])
    if not math.isfinite(seconds) or seconds < 0 or epochs < 0:
        raise ValueError("a time that cannot be")
    return Piece(scores, seconds, epochs)


def _metadata(raw: bytes) -> dict[str, str]:
    """Of a safetensors file, whose header is JSON after its length in eight bytes."""
    length = int.from_bytes(raw[:8], "little")
    found = json.loads(raw[8 : 8 + length])["__metadata__"]
    if not isinstance(found, dict):
        raise TypeError("no metadata")
    return found


def _digest(scores: Floats, said: dict[str, str]) -> str:
    about = json.dumps([scores.shape, said], sort_keys=True).encode()
    return hashlib.sha256(about + np.ascontiguousarray(scores).tobytes()).hexdigest()


def _run(path: Path) -> str:
    """The name of this one training, drawn when it began."""
    try:
        said = path.read_text(encoding="ascii") if not path.is_symlink() else ""
    except (OSError, UnicodeDecodeError):
        said = ""
    if not _NAME.fullmatch(said):
        said = secrets.token_hex(8)
        put(path, said.encode())
    return said


def _removed(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
