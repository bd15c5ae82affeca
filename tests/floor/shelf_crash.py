"""Kills a process between any two steps of a change to the shelf, and looks at what is left.

Run as `shelf_crash.py HOME [CONTROL] SCENE...`; prints one JSON object: by scene how many steps it
has, and every step at which something was wrong. Each kill takes a process of its own, forked
before any shard is open; so does each look at what is left, which opens the home anew.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from pathlib import Path
from typing import Any

from rag.edge import EdgeIndex
from tests.floor.shelf_controls import CONTROLS
from tests.floor.shelf_scenes import (
    SCENES,
    change_folder,
    disagreements,
    furnished,
    opened,
    picture,
    seen_now,
    touched,
)

AT_ONCE = 2
Told = dict[str, Any]


class Steps:
    """Counts what lasts; dies before the step that is wanted, looks around before every other."""

    def __init__(self, die_at: int, look: Callable[[], None]) -> None:
        self.taken = 0
        self._die_at = die_at
        self._look = look
        self._busy = False

    def step(self) -> None:
        """What comes next will last."""
        if self._busy:
            return
        self.taken += 1
        if self.taken == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def look(self) -> None:
        """See what a reader sees between two steps."""
        if not self._busy:
            self._busy = True
            self._look()
            self._busy = False


class _Connection(sqlite3.Connection):
    """Tells before a commit; a statement outside of a transaction is one."""

    steps: Steps | None = None

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self.steps is not None and not statement.startswith(("SELECT", "PRAGMA")):
            if not self.in_transaction:
                self.steps.look()
            if statement.startswith("COMMIT") or not (
                self.in_transaction or statement.startswith("BEGIN")
            ):
                self.steps.step()
        return super().execute(statement, *values)


def _step_before(owner: Any, name: str, steps: Steps) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def stepped(*values: Any, **named: Any) -> Any:
        steps.look()
        steps.step()
        return real(*values, **named)

    setattr(owner, name, stepped)


def change(home: Path, scene: str, *, control: str, die_at: int) -> Told:
    """Play a scene; comes back only when it does not die in it."""
    connect = sqlite3.connect
    sqlite3.connect = partial(connect, factory=_Connection)  # type: ignore[assignment]
    library = opened(home)
    if scene == "folder":
        change_folder(home)
    seen: list[dict[str, object]] = []
    ids = touched(scene)
    steps = Steps(die_at, lambda: None if die_at else seen.append(seen_now(library, ids)))
    CONTROLS[control]()
    _Connection.steps = steps
    for owner, names in (
        (EdgeIndex, ("put", "remove")),
        (Path, ("unlink", "replace")),
        (os, ("fsync",)),
    ):
        for name in names:
            _step_before(owner, name, steps)
    SCENES[scene](library, home)
    _Connection.steps = None
    return {"steps": steps.taken, "seen": seen, "picture": picture(library, ids)}


def look(home: Path, scene: str) -> Told:
    """What a process finds that starts now."""
    library = opened(home)
    return {"picture": picture(library, touched(scene)), "wrong": disagreements(library)}


def in_a_process(act: Callable[[], Told], told: Path) -> Told | None:
    """What a forked process says; None when it was killed."""
    process = os.fork()
    if process == 0:
        try:
            told.write_text(json.dumps(act()))
        except BaseException as fault:  # noqa: BLE001 - the other process asserts on it
            told.write_text(json.dumps({"wrong": [repr(fault)], "picture": {}}))
        os._exit(0)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return None
    found: Told = json.loads(told.read_text())
    return found


class Scene:
    """One scene, played as often as it has steps."""

    def __init__(self, base: Path, name: str, control: str) -> None:
        self._base = base
        self._name = name
        self._control = control
        self.before = self._looked(self._copy("before"))
        whole = self._copy("whole")
        played = in_a_process(self._play(whole, 0), whole / "told.json")
        assert played is not None
        self.after, self.steps = played, int(played.get("steps", 0))

    def wrong(self) -> Iterator[str]:
        """Every moment of the undisturbed scene at which something was neither old nor new."""
        yield from self.after.get("wrong", [])
        for number, seen in enumerate(self.after.get("seen", [])):
            for id_, both in seen.items():
                known = self.before["picture"][id_][:2], self.after["picture"][id_][:2]
                if both not in known:
                    yield f"look {number}: {id_} is neither old nor new: {both}"

    def killed(self, step: int) -> list[str]:
        """What is wrong after a kill before that step."""
        home = self._copy(f"{step}")
        if in_a_process(self._play(home, step), home / "told.json") is not None:
            return [f"step {step}: it was not killed"]
        left = self._looked(home)
        found = [f"step {step}: {words}" for words in left["wrong"]]
        for id_, now in left["picture"].items():
            if now not in (self.before["picture"][id_], self.after["picture"][id_]):
                found.append(f"step {step}: {id_} is neither old nor new: {now}")
        subprocess.run(["rm", "-rf", home], check=True)
        return found

    def _play(self, home: Path, step: int) -> Callable[[], Told]:
        return partial(change, home, self._name, control=self._control, die_at=step)

    def _looked(self, home: Path) -> Told:
        found = in_a_process(partial(look, home, self._name), home / "told.json")
        assert found is not None
        return found

    def _copy(self, name: str) -> Path:
        home = self._base.parent / f"{self._name.replace(' ', '-')}-{name}"
        subprocess.run(["cp", "-r", "--sparse=auto", self._base, home], check=True)
        return home


def main(home: Path, control: str, scenes: list[str]) -> None:
    """Play the scenes and print what was wrong."""
    base = home / "base"
    base.mkdir(parents=True)
    in_a_process(partial(furnished, base), home / "told.json")
    told: Told = {}
    with ThreadPoolExecutor(AT_ONCE) as hands:
        for name in scenes:
            scene = Scene(base, name, control)
            wrong = list(scene.wrong())
            steps = () if wrong else range(1, scene.steps + 1)
            for found in hands.map(scene.killed, steps):
                wrong += found
            told[name] = {"steps": scene.steps, "wrong": wrong}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
