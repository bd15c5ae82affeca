"""Killed at any moment and started again, a training ends as if nothing had happened."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.finetune.conftest import make_encoder, text_rows

WAIT_S = 240


class World:
    """A task, its rows, an encoder, and homes to train into."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.folder = folder
        self.repository = repository
        self.rows = folder / "rows.csv"
        with self.rows.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["text", "label", "group"])
            writer.writeheader()
            writer.writerows(text_rows(90))
        (folder / "encoder").mkdir()
        make_encoder(folder / "encoder")

    def start(self, home: str, *more: str) -> subprocess.Popen[str]:
        """`andon train` as a person starts it."""
        command = [sys.executable, "-m", "service", "train", "mine", "--data", str(self.rows)]
        return subprocess.Popen(
            [*command, "--home", str(self.folder / home), "--json", *more],
            cwd=self.repository,
            env=os.environ | {"ANDON_ENCODER": str(self.folder / "encoder"), "ANDON_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, home: str, *more: str) -> dict[str, Any]:
        """Its report, without what differs by the clock."""
        out, words = self.start(home, *more).communicate(timeout=WAIT_S)
        assert out, words
        report: dict[str, Any] = json.loads(out)
        for candidate in report["candidates"]:
            candidate.pop("seconds")
        return report

    def kill_when(self, home: str, ready: Callable[[Path], bool]) -> None:
        """End a training with `kill -9` as soon as its folder of models is so far."""
        training = self.start(home)
        deadline = time.monotonic() + WAIT_S
        try:
            while training.poll() is None and not ready(self.models(home)):
                assert time.monotonic() < deadline, "the training did not come so far"
                time.sleep(0.01)
            assert training.returncode is None, "the training ended before it was killed"
        finally:
            training.kill()
            training.communicate()

    def models(self, home: str) -> Path:
        """Where its versions lie."""
        return self.folder / home / "models" / "mine"

    def weights(self, home: str, version: str = "v0001") -> dict[str, str]:
        """SHA-256 of every file with numbers in it."""
        folder = self.models(home) / version
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.suffix in {".safetensors", ".skops"}
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> World:
    return World(tmp_path_factory.mktemp("resume"), repository)


def pieces(models: Path) -> list[Path]:
    """Parts of an unfinished training that are done."""
    return list(models.glob(".training-*/*.safetensors"))


def told(report: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often a training was killed."""
    return {key: report[key] for key in report.keys() - {"resumed", "version"}}


def test_killed_again_and_again_it_ends_as_if_it_had_not_been(world: World) -> None:
    """The same figures, the same version and the same weights to the bit; nothing is left over."""
    whole = world.finish("whole")
    world.kill_when("killed", lambda models: len(pieces(models)) >= 2)
    world.kill_when("killed", lambda models: any("lora" in piece.name for piece in pieces(models)))
    world.kill_when("killed", lambda models: any(models.glob(".writing-*/model.json")))
    again = world.finish("killed")
    assert again["resumed"] == len(again["splits"]["folds"]) * 4
    assert whole["resumed"] == 0
    assert told(again) == told(whole)
    assert again["version"] == whole["version"] == "v0001"
    assert world.weights("killed") == world.weights("whole") != {}
    left = {path.name for path in world.models("killed").glob(".*")}
    assert left == {path.name for path in world.models("whole").glob(".*")}
    assert not any(
        name.startswith((".training-", ".writing-")) for name in left - {".training.lock"}
    )
