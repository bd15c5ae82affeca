"""Killed at any moment and started again, a training ends as if nothing had happened."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.finetune.conftest import make_encoder, text_rows

WAIT_S = 400
TRAIN = """
import os, signal, sys
from importlib import import_module
import finetune.ladder, finetune.training
from service.cli.main import main

finetune.ladder.HOPELESS = -1.0
finetune.training.choose = lambda rungs, labels, seed: rungs[-1]
place, name, left = sys.argv.pop(1).split()
room, left = import_module(place), [int(left)]
kept = getattr(room, name)

def deadly(*given, **named):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept(*given, **named)

setattr(room, name, deadly)
main()
"""
"""The command with the dearest candidate chosen: small made-up rows are too easy for it to win.

Its first word says at which call of which function the process is killed.
"""
NEVER = "os fsync 0"


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

    def start(self, home: str, moment: str = NEVER) -> subprocess.Popen[str]:
        """`andon train` as a person starts it; killed at a moment, if one is named."""
        command = [sys.executable, "-c", TRAIN, moment, "train", "mine"]
        return subprocess.Popen(
            [*command, "--data", str(self.rows), "--home", str(self.folder / home), "--json"],
            cwd=self.repository,
            env=os.environ | {"ANDON_ENCODER": str(self.folder / "encoder"), "ANDON_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, home: str) -> dict[str, Any]:
        """Its report, without what differs by the clock."""
        out, words = self.start(home).communicate(timeout=WAIT_S)
        assert out, words
        report: dict[str, Any] = json.loads(out)
        for candidate in report["candidates"]:
            candidate.pop("seconds")
        return report

    def killed_at(self, home: str, moment: str) -> None:
        """A training that is killed when it comes to that call."""
        training = self.start(home, moment)
        _, words = training.communicate(timeout=WAIT_S)
        assert training.returncode == -signal.SIGKILL, words

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


def told(report: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often a training was killed."""
    return {key: report[key] for key in report.keys() - {"resumed", "version"}}


def test_killed_again_and_again_it_ends_as_if_it_had_not_been(world: World) -> None:
    """The same figures, the same version and the same weights to the bit; nothing is left over."""
    whole = world.finish("whole")
    world.killed_at("killed", f"os fsync {random.Random().randint(3, 40)}")
    world.killed_at("killed", "finetune.training _promoted 1")
    again = world.finish("killed")
    assert again["resumed"] > whole["resumed"] == 0
    assert told(again) == told(whole)
    assert again["version"] == whole["version"] == "v0001"
    assert world.weights("killed") == world.weights("whole") != {}
    left = {path.name for path in world.models("killed").glob(".*")}
    assert left == {path.name for path in world.models("whole").glob(".*")}
    assert not any(
        name.startswith((".training-", ".writing-")) for name in left - {".training.lock"}
    )
