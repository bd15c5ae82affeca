"""A machine, a broker, a cell and its centre, each killed at random; what is at the centre then.

`python -m tests.floor.forwarding --seconds 60` prints the outcome.

The chain is confirmed end to end: the machine forgets a message when the centre shows it, the
cell forgets a record when the centre has confirmed it. A message that the broker lost comes from
the machine again. A record that the cell lost after its commit would not: the cell knows it and
queues nothing, so a fault of the outbox shows as a loss.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.history import History, history_path
from ingest.mqtt import SUBSCRIBED
from ingest.outbox import outbox_figures
from ingest.sqlite import SqliteHistory
from service.access import Role, create_key
from tests.floor.outbox_publisher import OwnOutbox
from tests.leash import leashed

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0
BETWEEN_S = (0.3, 1.5)
"""Shortest and longest time between two kills."""
TOGETHER_S = 0.3
"""How long one is down before the other falls as well."""
PLANT = """\
[mqtt]
url = "mqtt://127.0.0.1:{port}"
[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
time = "/ts"
sequence = "/seq"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""


@dataclass(frozen=True)
class Outcome:
    """What was made and what is at the centre."""

    made: int
    lost: int
    doubled: int
    balanced: bool
    """received = stored + duplicates + dead-lettered, at the cell and at the centre."""
    waiting: int
    repeats_at_the_cell: int
    repeats_at_the_centre: int
    kills: dict[str, int]


class Part:
    """A process that is killed and started again."""

    def __init__(self, name: str, folder: Path, command: list[object], **more: str) -> None:
        self.name = name
        self.kills = 0
        self.log = folder / f"{name}.log"
        self._command = leashed(command)
        usual = {key: value for key, value in os.environ.items() if not key.startswith("ANDON_")}
        self._environment = {**usual, "PYTHONPATH": str(ROOT), **more}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd=ROOT, env=self._environment
            )

    def kill(self) -> None:
        """SIGKILL; it must not have ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, f"{self.name} ended:\n{self.told()[-2000:]}"
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def ask_to_end(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Ended at all costs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def told(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


Fall = tuple[Part, ...]
"""Parts that are killed one shortly after the other."""


class Chain:
    """The four programs, each on loopback, with keys."""

    def __init__(
        self, folder: Path, mosquitto: Path, *, collector: str = "right", careless: bool = False
    ) -> None:
        self._cell, self._centre = folder / "cell", folder / "centre"
        self._made = folder / "machine.db"
        for home in (self._cell, self._centre):
            home.mkdir()
        port, centre_port = free_port(), free_port()
        url = f"http://127.0.0.1:{centre_port}"
        plant = folder / "plant.toml"
        plant.write_text(PLANT.format(port=port))
        keys = folder / "keys.json"
        for role in (Role.MACHINE, Role.OPERATOR):
            (folder / role).write_text(create_key(keys, role, name=f"a-{role}"))
        (folder / "mosquitto.conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {folder}/\n"
        )
        python = sys.executable
        collect = [python, Path(__file__).with_name("forward_collector.py"), collector, "ingest"]
        collect += ["--forward", url, "--plant", plant, "--home", self._cell]
        serve = [python, "-m", "tests.floor.centre", "--port", centre_port, "--plant", plant]
        serve += ["--home", self._centre, "--keys", keys]
        publish = [python, "-m", "tests.floor.outbox_publisher", "--outbox", self._made]
        publish += ["--port", port, "--centre", url, "--key", folder / Role.OPERATOR]
        self.centre = Part("centre", folder, serve)
        self.broker = Part("broker", folder, [mosquitto, "-c", folder / "mosquitto.conf"])
        self.collector = Part(
            "collector",
            folder,
            collect,
            ANDON_API_KEY_FILE=str(folder / Role.MACHINE),
            ANDON_FORWARD_BACKOFF_S="1",
        )
        self.machine = Part("machine", folder, publish + ["--careless"] * careless)
        self._ports = port, centre_port
        self.parts = (self.centre, self.broker, self.collector, self.machine)

    def run(self, seconds: float, *, seed: int = 1) -> Outcome:
        """Kill at random for that long, then let everything settle, and look."""
        dice = random.Random(seed)
        falls: list[Fall] = [(part,) for part in self.parts]
        falls.append((self.collector, self.broker))
        with self._running():
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for fall in dice.sample(falls, k=len(falls)):
                    time.sleep(dice.uniform(*BETWEEN_S))
                    _fell(fall)
            self._settle(PATIENCE_S)
        return self._outcome()

    def run_through(self, falls: Sequence[Fall], *, patience_s: float) -> Outcome:
        """Kill in that order, each time when records flow; wait only so long at the end."""
        with self._running():
            for fall in falls:
                self._wait_for_more()
                _fell(fall)
            self._settle(patience_s)
        return self._outcome()

    def _wait_for_more(self) -> None:
        before = self._at_the_centre()
        until(lambda: self._at_the_centre() > before, "records flow")

    @contextmanager
    def _running(self) -> Iterator[None]:
        try:
            self._start()
            yield
        finally:
            for part in self.parts:
                part.stop()

    def _start(self) -> None:
        for part in (self.centre, self.broker):
            part.start()
        until(lambda: all(listens(port) for port in self._ports), "centre and broker are there")
        self.collector.start()
        until(lambda: SUBSCRIBED in self.collector.told(), "the collector is subscribed")
        self.machine.start()
        until(lambda: self._at_the_centre() > 0, "the first record is at the centre")

    def _at_the_centre(self) -> int:
        with SqliteHistory(history_path(self._centre)) as history:
            return sum(count.stored for count in history.counters())

    def _settle(self, patience_s: float) -> None:
        """The machine makes nothing more and ends when it is owed nothing; then the cell is."""
        self.machine.ask_to_end()
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and not (self.machine.ended and not self._waiting()):
            time.sleep(0.1)
        self.collector.ask_to_end()
        until(lambda: self.collector.ended, "the collector has ended")

    def _waiting(self) -> int:
        figures = outbox_figures(history_path(self._cell))
        return figures.waiting if figures else 0

    def _outcome(self) -> Outcome:
        made = OwnOutbox(self._made).made()
        with (
            SqliteHistory(history_path(self._cell)) as cell,
            SqliteHistory(history_path(self._centre)) as centre,
        ):
            numbers = Counter(row.value for row in centre.export())
            return Outcome(
                made=made,
                lost=made - len(numbers),
                doubled=numbers.total() - len(numbers),
                balanced=balanced(cell) and balanced(centre),
                waiting=self._waiting(),
                repeats_at_the_cell=sum(count.duplicates for count in cell.counters()),
                repeats_at_the_centre=sum(count.duplicates for count in centre.counters()),
                kills={part.name: part.kills for part in self.parts},
            )


def _fell(parts: Fall) -> None:
    """One after the other is killed, then they start again: what a broker held is gone."""
    for part in parts:
        part.kill()
        time.sleep(TOGETHER_S)
    for part in parts:
        part.start()


def balanced(history: History) -> bool:
    """Every counter of it, with nothing set aside."""
    return all(
        count.received == count.stored + count.duplicates and not count.dead_lettered
        for count in history.counters()
    )


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for it, however slow the machine."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"in {PATIENCE_S:.0f} s it was not so that {what}"
        time.sleep(0.05)


def main() -> None:
    """Run it once and print the outcome; exit 1 for a loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if mosquitto is None:
        parser.error("mosquitto is not here: apt-get install mosquitto")
    with tempfile.TemporaryDirectory() as folder:
        outcome = Chain(Path(folder), Path(mosquitto)).run(chosen.seconds, seed=chosen.seed)
    sys.stdout.write(json.dumps(asdict(outcome), indent=2) + "\n")
    sys.exit(1 if outcome.lost or outcome.doubled else 0)


if __name__ == "__main__":
    main()
