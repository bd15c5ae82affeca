"""A shelf is right at every moment, also for a process that was killed between any two steps."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.floor.shelf_scenes import SCENES, disagreements, opened, text
from tests.leash import leashed
from tests.unit.rag.writing import write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("shelf_crash.py")
ADDER = Path(__file__).with_name("shelf_adder.py")
MEMORY = Path("/dev/shm")  # a kill is no power cut: what was written is there, also in memory


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a thousand waits for the disk prove nothing here."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    with TemporaryDirectory(prefix="andon-shelf-", dir=where) as folder:
        yield Path(folder)


def played(place: Path, control: str, *scenes: str) -> dict[str, Any]:
    """By scene how many steps it has, and what was wrong at which."""
    command = leashed([sys.executable, CHILD, place / "homes", control, *scenes])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_after_a_kill_at_any_step_the_shelf_is_as_it_was_or_as_it_was_to_be(place: Path) -> None:
    """Found, answered, listed, and in the engine under the right status; so is every look
    between two steps."""
    found = played(place, "none", *SCENES)
    assert {name: told["wrong"] for name, told in found.items()} == {name: [] for name in SCENES}
    assert all(told["steps"] >= 4 for told in found.values()), found


@pytest.mark.parametrize(
    ("control", "scene", "words"),
    [
        ("old first", "supersede", "ONE is neither old nor new"),
        ("one by one", "delete all", "PAIR is neither old nor new"),
        ("no marks", "withdraw", "GONE@1 is current in the engine"),
    ],
)
def test_steps_in_a_wrong_order_are_noticed(
    place: Path, control: str, scene: str, words: str
) -> None:
    """A gap, a superseded revision that comes back, a withdrawn one that the engine keeps."""
    found = played(place, control, scene)
    assert any(words in each for each in found[scene]["wrong"]), found


def test_the_command_killed_at_random_leaves_whole_revisions(place: Path) -> None:
    """`andon docs add` over ten documents, killed four times; the fifth run is left alone."""
    inbox = place / "inbox"
    for number in range(10):
        content = text("ONE", "1", f"slowly, as number {number}").replace(
            "id: ONE", f"id: N-{number}"
        )
        write(inbox, f"n{number}.md", content)
    chance = random.Random(20261122)
    for _ in range(4):
        _killed(place, inbox, after_s=chance.uniform(0.0, 0.6))
        with opened(place) as library:
            assert disagreements(library) == []
            assert {d.passages for d in library.documents()} <= {2}
    with _adding(place, inbox) as adding:
        adding.communicate(timeout=120)
    assert adding.returncode == 0
    with opened(place) as library:
        assert len(library.documents()) == 10
        assert disagreements(library) == []


def _adding(place: Path, inbox: Path) -> subprocess.Popen[str]:
    command = leashed([sys.executable, ADDER, place / "home", inbox])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _killed(place: Path, inbox: Path, *, after_s: float) -> None:
    with _adding(place, inbox) as adding:
        assert adding.stdout is not None
        assert adding.stdout.readline() == "open\n"
        time.sleep(after_s)
        adding.send_signal(signal.SIGKILL)
