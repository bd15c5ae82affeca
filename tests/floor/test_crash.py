"""A collector killed at random instants loses nothing and stores nothing twice.

The same harness finds the loss when the collector does it wrong, so it can find one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker import EmbeddedBroker
from ingest.history import history_path
from ingest.sqlite import SqliteHistory

MESSAGES = 4_000
KILLS = 6
TOPIC = "andon/line-1/press-3/telemetry"
PLANT = """\
[mqtt]
url = "{url}"
[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
time = "/ts"
sequence = "/seq"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""


@pytest.fixture(params=["embedded", "mosquitto"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[str]:
    """A broker that keeps sessions."""
    port = free_port()
    if request.param == "embedded":
        with EmbeddedBroker(port, tmp_path / "broker") as broker:
            yield broker.url
        return
    program: Path = request.getfixturevalue("mosquitto")
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        f"persistence true\npersistence_location {tmp_path}/\n"
    )
    process = subprocess.Popen([program, "-c", config], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    yield f"mqtt://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@dataclass
class Outcome:
    """What stands in the history after the killing, against what was published."""

    published: int
    sequences: Counter[int]
    balanced: bool

    @property
    def lost(self) -> int:
        return self.published - len(self.sequences)

    @property
    def doubled(self) -> int:
        return self.sequences.total() - len(self.sequences)


class Floor:
    """A publisher that never waits, and a collector that is killed again and again."""

    def __init__(self, folder: Path, url: str, *, mode: str) -> None:
        self._home = folder / "home"
        self._plant = folder / "plant.toml"
        self._plant.write_text(PLANT.format(url=url))
        self._port = int(url.rsplit(":", 1)[1])
        self._mode = mode
        self._dice = random.Random(1)
        self._history = SqliteHistory(history_path(self._home))
        self.published = 0

    def run(self) -> Outcome:
        collector = self._start()
        self._wait_for_the_session()
        stream = threading.Thread(target=self._publish, args=(MESSAGES,))
        stream.start()
        for _ in range(KILLS):
            self._wait_for(self._received() + 150, at_most_s=5)
            time.sleep(self._dice.uniform(0, 0.05))
            collector.send_signal(signal.SIGKILL)
            collector.wait()
            collector = self._start()
        stream.join()
        self._wait_until_quiet()
        collector.terminate()
        assert collector.wait(20) == 0
        return self._outcome()

    def _wait_for_the_session(self) -> None:
        """Send the first message until it arrives; from then on the broker owes us every one."""
        while not self._received():
            self.published = 0
            self._publish(1)
            self._wait_for(1, at_most_s=0.5)

    def _start(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("crash_collector.py")
        root = script.parents[2]
        command = [sys.executable, str(script), self._mode, "ingest"]
        command += ["--plant", str(self._plant), "--home", str(self._home)]
        with (self._home.parent / "collector.log").open("ab") as log:
            return subprocess.Popen(command, stderr=log, cwd=root, env=_environment(root))

    def _publish(self, until: int) -> None:
        """A new process as far as the broker can see; about six hundred messages a second."""
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        while self.published < until:
            ts = f"2026-11-22T10:00:00.{self.published % 1000:03d}Z"
            content = {"ts": ts, "seq": self.published, "values": {"oil_temp": 60.0}}
            info = client.publish(TOPIC, json.dumps(content), qos=1)
            self.published += 1
            if self.published % 25 == 0:
                time.sleep(0.04)
        info.wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    def _received(self) -> int:
        return sum(count.received for count in self._history.counters())

    def _wait_for(self, count: int, *, at_most_s: float = 30) -> None:
        deadline = time.monotonic() + at_most_s
        while self._received() < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def _wait_until_quiet(self) -> None:
        """Until everything is there, or nothing has come for some seconds."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 4:
            found = self._received()
            if found != last:
                last, since = found, time.monotonic()
            time.sleep(0.05)

    def _outcome(self) -> Outcome:
        rows = list(self._history.export())
        counters = self._history.counters()
        self._history.close()
        return Outcome(
            published=self.published,
            sequences=Counter(row.sequence for row in rows if row.sequence is not None),
            balanced=all(
                count.received == count.stored + count.duplicates + count.dead_lettered
                for count in counters
            ),
        )


def _environment(root: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(root)}


@pytest.mark.slow
def test_killing_the_collector_loses_and_doubles_nothing(tmp_path: Path, url: str) -> None:
    """SIGKILL, several times during a stream of QoS 1 messages."""
    outcome = Floor(tmp_path, url, mode="right").run()
    assert (outcome.published, outcome.lost, outcome.doubled) == (MESSAGES, 0, 0)
    assert outcome.balanced


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["automatic-ack", "clean-start"])
@pytest.mark.parametrize("url", ["embedded"], indirect=True)
def test_the_harness_finds_the_loss_of_a_wrong_collector(
    tmp_path: Path, url: str, mode: str
) -> None:
    """Confirming before the commit, and a session that is thrown away."""
    assert Floor(tmp_path, url, mode=mode).run().lost > 0
