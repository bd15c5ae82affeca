"""Several processes train one model together: the same model, written by one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from finetune.candidates.lora import ADAPTER, HEAD, Lora, LoraSettings
from finetune.candidates.lora_training import train_lora
from finetune.dataset import task_for
from finetune.encoder import Encoder
from finetune.models import ModelStore
from finetune.training import train
from ingest.errors import ModelFault, SettingsFault
from tests.unit.finetune import launched
from tests.unit.finetune.conftest import WriteCsv, text_rows
from tests.unit.finetune.lora_worker import SHORT
from tests.unit.finetune.test_candidates import texts

ROOT = Path(__file__).parents[3]
LAUNCH = (
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
    *("--main_process_port", "0"),
)
ASKED = ("--no-promote", "--up-to", "lora", "--json")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_train_what_one_would(
    encoder: Encoder, write_csv: WriteCsv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over gloo on a CPU; only the first of them writes and prints."""
    data, home = write_csv(text_rows(36)), tmp_path / "home"
    settings = {"ANDON_ENCODER": str(encoder.folder.path), "ANDON_THREADS": "1"}
    settings |= {"ANDON_TRAIN_DEVICE": "cpu", "ANDON_TRAIN_PRECISION": "fp32"}
    ended = subprocess.run(
        [*LAUNCH, launched.__file__, "train", "mine", "--data", data, "--home", home, *ASKED],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **settings},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["version"] == "v0001"
    store = ModelStore(tmp_path / "alone", encoder=encoder)
    monkeypatch.setattr("finetune.training.choose", launched.lora_of)
    task = task_for("mine", declared=None, data=data)
    alone = LoraSettings(device="cpu", precision="fp32")
    train(task, data, store, threads=1, up_to="lora", promote=False, lora=alone)
    for name in (ADAPTER, HEAD):
        theirs = load_file(home / "models" / "mine" / "v0001" / name)
        ours = load_file(store.folder("mine", "v0001") / name)
        assert theirs.keys() == ours.keys()
        assert all(np.allclose(theirs[key], ours[key], atol=1e-4) for key in ours)


class _Two:
    """What a leader sees whose follower came to other weights."""

    count, index, local, leads = 2, 0, 0, True

    def __init__(self, *, cpu: bool) -> None:
        self.said: list[Any] = []

    def share(self, rows: range) -> range:
        return rows

    def told(self, what: Any) -> Any:
        self.said.append(what)
        return what

    def add_up(self, parts: Any) -> None:
        """The other one has nothing to add."""

    def alike(self, what: str) -> bool:
        return False


def test_other_weights_in_another_process_end_the_training(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than that one of two models is stored."""
    monkeypatch.setattr("finetune.candidates.lora_training.Ranks", _Two)
    with pytest.raises(ModelFault, match="came to different weights"):
        learnt(encoder)


def learnt(encoder: Encoder, settings: LoraSettings | None = None) -> dict[str, Any]:
    """The weights after two epochs."""
    asked = settings or replace(SHORT, epochs=2, precision="fp32")
    return train_lora(
        encoder,
        texts(encoder),
        None,
        classes=3,
        seed=0,
        advance=lambda share: None,
        settings=asked,
    ).weights()


def with_memory_for(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than so many rows fit into one pass."""
    import torch

    whole = Lora.logits

    def logits(self: Lora, ids: Sequence[Sequence[int]], *, kept: torch.Tensor) -> torch.Tensor:
        if len(ids) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return whole(self, ids, kept=kept)

    monkeypatch.setattr(Lora, "logits", logits)


def test_too_little_memory_means_smaller_passes(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same steps in more passes."""
    whole = learnt(encoder)
    with_memory_for(5, monkeypatch)
    parts = learnt(encoder)
    assert all(np.allclose(parts[name], whole[name], atol=1e-4) for name in whole)


def test_memory_for_no_row_is_a_fault(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which says what to do."""
    with_memory_for(0, monkeypatch)
    with pytest.raises(SettingsFault, match="too small to train even one row"):
        learnt(encoder)


def test_a_gpu_that_is_not_there_is_a_fault(encoder: Encoder) -> None:
    """Rather than days on a CPU that nobody asked for."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(SettingsFault, match="torch sees none"):
        learnt(encoder, replace(SHORT, device="cuda"))
