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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.unit.finetune import forked
from tests.unit.finetune.conftest import make_encoder, text_rows

NEVER = "os fsync 0"


class World:
    """A task, its rows, an encoder, and homes to train into."""

    def __init__(self, folder: Path, trainings: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._trainings = trainings

    def trained(self, home: str, moment: str = NEVER) -> int:
        """The exit status of `andon train`; it is killed at that moment, if one is named."""
        asked, told = self._trainings.stdin, self._trainings.stdout
        assert asked is not None
        assert told is not None
        print(home, moment, file=asked, flush=True)
        return int(told.readline())

    def finish(self, home: str) -> dict[str, Any]:
        """Its report, without what differs by the clock."""
        assert self.trained(home) == 0, (self.folder / f"{home}.err").read_text()
        report: dict[str, Any] = json.loads((self.folder / f"{home}.out").read_text())
        for candidate in report["candidates"]:
            candidate.pop("seconds")
        return report

    def killed_at(self, home: str, moment: str) -> None:
        """A training that is killed when it comes to that call."""
        status = self.trained(home, moment)
        assert status == -signal.SIGKILL, (self.folder / f"{home}.err").read_text()

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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With a process that is ready to train."""
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["text", "label", "group"])
        writer.writeheader()
        writer.writerows(text_rows(60))
    (tmp_path / "encoder").mkdir()
    make_encoder(tmp_path / "encoder")
    settings = {"ANDON_ENCODER": str(tmp_path / "encoder"), "ANDON_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, forked.__file__, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | settings | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as trainings:
        yield World(tmp_path, trainings)
        trainings.kill()


def told(report: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often a training was killed."""
    return {key: report[key] for key in report.keys() - {"resumed", "version"}}


@pytest.mark.slow
@pytest.mark.timeout(900)
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
