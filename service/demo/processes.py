"""The demo's child processes: started in their own session, watched, ended in order."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

log = logging.getLogger(__name__)

GRACE_S = 10.0


class Child:
    """A program of ours in a process of its own, with its output in a log file."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        logs: Path,
        environment: Mapping[str, str] | None = None,
        piped: bool = False,
    ) -> None:
        self.name = name
        self.arguments = [sys.executable, "-m", *arguments]
        self.log_path = logs / f"{name}.log"
        self.environment = {**os.environ, **(environment or {})}
        self.restarts = 0
        self._piped = piped
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the program; its errors, and its output unless piped, go to the log file."""
        with self.log_path.open("a" if self.restarts else "w") as sink:
            self._process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._piped else sink,
                stderr=sink,
                env=self.environment,
                text=True,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which ends us in order
            )
        log.debug("child started", extra={"child": self.name, "pid": self._process.pid})

    @property
    def pid(self) -> int:
        """Process id of the running program."""
        return self._running().pid

    @property
    def output(self) -> IO[str]:
        """Standard output of a piped child."""
        stream = self._running().stdout
        if stream is None:
            raise RuntimeError(f"{self.name} was not started with a pipe")
        return stream

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._running().poll()

    def restart_if_dead(self) -> int | None:
        """Start it again if it ended; the exit code that was found, or None."""
        code = self.exit_code
        if code is not None:
            self.restarts += 1
            self.start()
        return code

    def stop(self, grace_s: float = GRACE_S) -> None:
        """SIGTERM, then SIGKILL after a grace; nothing when it is gone already."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def await_words(self, phrase: str, *, seconds: float) -> bool:
        """Wait until its log says the phrase; False when it ended or the time is over."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None and time.monotonic() < deadline:
            if phrase in self.log_path.read_text(errors="replace"):
                return True
            time.sleep(0.1)
        return False

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for a message about its death."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process


class Household:
    """The children of one demo; leaving the block ends them, last started first."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(self, child: Child) -> Child:
        """Start a child and take care of it."""
        self._children.append(child)
        child.start()
        return child

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        grace_s = GRACE_S
        while self._children:
            try:
                self._children[-1].stop(grace_s)
            except KeyboardInterrupt:
                grace_s = 0.0  # a second Ctrl-C: no more waiting, but nobody is left behind
            else:
                self._children.pop()
