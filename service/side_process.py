"""A training or a comparison in a process of its own: started, followed by its files, ended.

Whether it runs is told by a lock that only that process holds, so that a service that was killed
finds its process again and never mistakes another one for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import StoreFault
from service.faults import Conflict

PROGRAM = (sys.executable, "-m", "service")
LOW_PRIORITY = 10
GRACE_S = 3.0
REPORT = "report.json"
PROGRESS = "progress.jsonl"
LOCK = ".lock"
TAIL = 16_384
"""Bytes of the progress that are read."""
MOST_REPORT = 4_000_000
"""Bytes."""
NO_REPORT = "It ended without a report."
LAST_WORDS = 600
"""Characters of what it said at its end."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    step: str = ""
    share: float = 0.0
    """Of the whole, 0 to 1."""
    remaining_s: float | None = None


class SideProcess:
    """`andon` below that folder, one at a time; what it prints lies in files there."""

    def __init__(
        self,
        folder: Path,
        program: Sequence[str] = PROGRAM,
        *,
        plant: Path | None = None,
        what: str = "training",
    ) -> None:
        """`what` is the word for it in a fault."""
        self._folder = folder
        self._what = what
        self._environment = {**os.environ, **({"ANDON_PLANT": str(plant)} if plant else {})}
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, arguments: Sequence[str], into: Path) -> int:
        """Start `andon` with those arguments; its process id.

        Raises:
            Conflict: one runs.
            StoreFault: the folder cannot be used, or no process can be started.
        """
        try:
            into.mkdir(parents=True, exist_ok=True)
            lock = self._lock()
            if lock is None:
                raise Conflict(f"A {self._what} runs already: one at a time.")
            try:
                command = [*self._program, *arguments]
                self._process = _spawned(command, into, lock, environment=self._environment)
            finally:
                os.close(lock)  # from now on it is the child's alone
        except OSError as fault:
            words = f"No {self._what} can be started in {into}: {fault.strerror}."
            raise StoreFault(words) from fault
        with suppress(ProcessLookupError):  # it ended at once
            os.setpriority(os.PRIO_PROCESS, self._process.pid, LOW_PRIORITY)
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether one runs, be it of a service that was killed."""
        if self._process is not None and self._process.poll() is not None:
            return False
        try:
            lock = self._lock()
        except OSError:
            return False
        if lock is None:
            return True
        os.close(lock)
        return False

    @property
    def exit_code(self) -> int | None:
        """Of the one that this process started; None where it is not known."""
        return self._process.poll() if self._process is not None else None

    def end(self, pid: int) -> None:
        """End the one that runs under that id, with all that it started."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            if self.runs:
                with suppress(ProcessLookupError):
                    os.killpg(pid, kind)
                self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + GRACE_S
        while self.runs and time.monotonic() < deadline:
            time.sleep(0.02)

    def forget(self) -> None:
        """It has ended and was looked at."""
        self._process = None

    def _lock(self) -> int | None:
        """The lock, held by us until it is closed; None while such a process holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor


def read_progress(folder: Path) -> Progress:
    """The last line of progress in the folder of a process."""
    for line in reversed(_lines(folder)):
        said = json_object(line)
        if isinstance(said.get("what"), str) and isinstance(said.get("share"), int | float):
            left = said.get("remaining_s")
            remaining = float(left) if isinstance(left, int | float) else None
            return Progress(said["what"], min(1.0, max(0.0, float(said["share"]))), remaining)
    return Progress()


def read_report(folder: Path) -> dict[str, Any]:
    """What it printed with `--json`; empty when it printed nothing whole."""
    path = folder / REPORT
    try:
        if path.stat().st_size > MOST_REPORT:
            return {}
        return json_object(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}


def last_words(folder: Path) -> str:
    """What it said at its end, progress left out."""
    said = [line.strip() for line in _lines(folder) if line.strip() and not json_object(line)]
    return " ".join(said)[-LAST_WORDS:]


def ended_words(code: int | None) -> str:
    """Of one that ended without a word."""
    if code is not None and code < 0:
        return f"It was ended by signal {-code}; with signal 9 look at the memory."
    return NO_REPORT


def _spawned(
    command: Sequence[str], into: Path, lock: int, *, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with (into / REPORT).open("wb") as report, (into / PROGRESS).open("wb") as progress:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=progress,
            pass_fds=(lock,),
            start_new_session=True,  # a signal to the service's terminal is not for it
        )


def _lines(folder: Path) -> list[str]:
    try:
        with (folder / PROGRESS).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            return file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def json_object(text: str) -> dict[str, Any]:
    """A JSON object; empty when it is none, or says half a letter, which nobody can be sent."""
    try:
        found = json.loads(text)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
