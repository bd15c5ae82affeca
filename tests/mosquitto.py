"""Mosquitto as a child process that can be stopped and started, set as we ship it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from tests.leash import leashed

SHIPPED = Path(__file__).parents[1] / "ingest" / "mosquitto.conf"
UNBOUNDED = "max_queued_messages 0\n"
_START_S = 30.0


class Mosquitto:
    """One broker with its folder; what it kept is there again after a restart."""

    def __init__(self, program: Path, folder: Path, port: int, *, without: str = "") -> None:
        """`without` is a line of the shipped settings to leave out."""
        folder.mkdir(parents=True, exist_ok=True)
        text = SHIPPED.read_text().replace("listener 1883", f"listener {port} 127.0.0.1")
        text = text.replace("/mosquitto/data/", f"{folder}/").replace(without, "")
        if os.geteuid() == 0:
            text += "user root\n"  # it would become another user, who may not write its folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(text)
        self._command = leashed([program, "-c", self._config])
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Until it takes connections."""
        assert not listens(self.port), f"somebody else has port {self.port}"
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_S
        while not listens(self.port):
            assert self._process.poll() is None, f"mosquitto ended: see {self._config}"
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.02)

    def stop(self) -> None:
        """SIGTERM, upon which it writes down what it keeps."""
        process, self._process = self._process, None
        if process:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
                process.wait()

    def __enter__(self) -> Mosquitto:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
