"""A killed LoRA training goes on after its last whole epoch, to the bit, and from nothing else."""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.candidates.lora import ADAPTER, HEAD, Lora
from finetune.candidates.lora_checkpoint import FILE
from finetune.candidates.lora_training import train_lora
from finetune.encoder import Encoder
from tests.unit.finetune import lora_worker
from tests.unit.finetune.lora_worker import SHORT
from tests.unit.finetune.test_candidates import texts

ROOT = Path(__file__).parents[3]
FOURTH, STEP = 3 / 6, 1 / 36
"""Where the fourth of six epochs begins, and how far a step goes."""


def learnt(encoder: Encoder, checkpoint: Path | None, **changed: Any) -> Lora:
    """The training of the worker, in this process."""
    asked: dict[str, Any] = {"classes": 3, "seed": 0, "settings": SHORT, "advance": _unwatched}
    parts = texts(encoder), texts(encoder, seed=1)
    return train_lora(encoder, *parts, checkpoint=checkpoint, **(asked | changed))


def _unwatched(_share: float) -> None:
    """Nobody looks."""


def begins(encoder: Encoder, checkpoint: Path, **changed: Any) -> float:
    """The share that is done after the first step."""
    heard: list[float] = []

    def leave(share: float) -> None:
        heard.append(share)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learnt(encoder, checkpoint, advance=leave, **changed)
    return heard[0]


def digests(lora: Lora, folder: Path) -> tuple[str, ...]:
    """SHA-256 of what is stored."""
    folder.mkdir()
    lora.write(folder)
    return tuple(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (ADAPTER, HEAD)
    )


@pytest.fixture(scope="module")
def whole(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """What a training gives that nobody kills."""
    return digests(learnt(encoder, None), tmp_path_factory.mktemp("whole") / "model")


@pytest.fixture(scope="module")
def killed(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The checkpoint that a process leaves which is killed in its fourth epoch."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, lora_worker.__file__, str(encoder.folder.path), str(folder)]
    ended = subprocess.run(
        [*command, str(FOURTH + 2.5 * STEP)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return (folder / FILE).read_bytes()


@pytest.fixture
def checkpoint(killed: bytes, tmp_path: Path) -> Path:
    """A folder with that checkpoint."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / FILE).write_bytes(killed)
    return folder


def test_killed_and_resumed_gives_the_same_bits(
    encoder: Encoder, whole: tuple[str, ...], checkpoint: Path, tmp_path: Path
) -> None:
    """And repeats no more than the epoch in which it was killed."""
    assert begins(encoder, checkpoint) == pytest.approx(FOURTH + STEP)
    assert digests(learnt(encoder, checkpoint), tmp_path / "model") == whole
    assert begins(encoder, checkpoint) == 1.0
    assert digests(learnt(encoder, checkpoint), tmp_path / "again") == whole


def test_a_resumed_run_begins_with_the_weights_that_were_kept(
    encoder: Encoder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming with peft was known to go on from random adapters, silently."""
    from safetensors.torch import load_file

    kept = load_file(checkpoint / FILE)
    begun: list[dict[str, Any]] = []

    def look(self: Any, number: int, advance: Callable[[float], None]) -> None:
        begun.append(self.state())
        raise KeyboardInterrupt

    monkeypatch.setattr("finetune.candidates.lora_run.Run.epoch", look)
    with pytest.raises(KeyboardInterrupt):
        learnt(encoder, checkpoint)
    adapters = [name for name in begun[0] if "lora_B" in name]
    assert adapters
    assert any(name.startswith("optimizer.") for name in begun[0])
    assert begun[0].keys() == {name for name in kept if not name.startswith("best.")}
    assert all(np.array_equal(begun[0][name], kept[name]) for name in begun[0])


def _flipped(raw: bytes) -> bytes:
    return raw[:-100] + bytes([raw[-100] ^ 1]) + raw[-99:]


def _claimed(raw: bytes) -> bytes:
    """Another epoch is claimed, in a header of the same length."""
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header["__metadata__"]["epoch"] = "5"
    changed = json.dumps(header, separators=(",", ":")).encode().ljust(length)
    return raw[:8] + changed[:length] + raw[8 + length :]


@pytest.mark.parametrize(
    "damage",
    [_flipped, _claimed, lambda raw: raw[:-1], lambda raw: raw[:40], lambda raw: b"\xff" * 99],
    ids=["flipped", "claimed", "short", "header", "noise"],
)
def test_a_damaged_checkpoint_is_discarded_and_said(
    encoder: Encoder,
    checkpoint: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
) -> None:
    """The training starts anew rather than from something that nobody wrote."""
    (checkpoint / FILE).write_bytes(damage((checkpoint / FILE).read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert begins(encoder, checkpoint) == STEP
    assert "checkpoint discarded" in caplog.text


@pytest.mark.parametrize("other", [{"seed": 1}, {"settings": replace(SHORT, batch=30)}])
def test_a_checkpoint_of_another_training_is_not_gone_on_from(
    encoder: Encoder, checkpoint: Path, other: dict[str, Any]
) -> None:
    """Whatever the outcome hangs on is part of its name."""
    assert begins(encoder, checkpoint, **other) < FOURTH
