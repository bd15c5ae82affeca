"""A full disk: nothing is confirmed, it is said, and when there is room nothing is missing.

The home lies on a disk of its own in memory. Both ways into fullness are walked: the reserve is
reached, or, without one, a write is refused by the disk itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from starlette.testclient import TestClient

from ingest.history import history_path
from ingest.sqlite import SqliteHistory
from service.app import create_app
from tests.floor.centre import parts_at
from tests.leash import leashed

MEGABYTE = 1_000_000
DISK_MB = 24
MESSAGES = 2_000
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
ITEM = {"machine": "press-3", "signal": "oil_temp", "value": 1.0}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk; only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("a small disk of its own needs root: run this file as root")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"it was not so that {what}"
        time.sleep(0.05)


class Floor:
    """A collector on a disk that is filled and freed."""

    def __init__(self, folder: Path, disk: Path, url: str, *, reserve_mb: int) -> None:
        self.home = disk / "home"
        self.plant = folder / "plant.toml"
        self.plant.write_text(PLANT.format(url=url))
        self._log = folder / "collector.log"
        self._filler = disk / "filler"
        self._port = int(url.rsplit(":", 1)[1])
        self._reserve_mb = reserve_mb
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        root = Path(__file__).parents[2]
        command = [sys.executable, "-m", "service", "ingest"]
        command += ["--plant", str(self.plant), "--home", str(self.home)]
        settings = {"PYTHONPATH": str(root), "ANDON_DISK_RESERVE_MB": str(self._reserve_mb)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(command), stderr=log, cwd=root, env=os.environ | settings
            )
        until(lambda: "subscribed" in self.said, "the collector is subscribed")

    @property
    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def fill(self) -> None:
        """To the last byte, or well into the reserve."""
        left = max(self._reserve_mb - 4, 0) * MEGABYTE
        with self._filler.open("wb", buffering=0) as file:
            status = os.statvfs(self._filler)
            for block in (MEGABYTE, 4096):
                while status.f_bavail * status.f_frsize > left + block:
                    file.write(b"x" * block)
                    status = os.statvfs(self._filler)

    def free(self) -> None:
        self._filler.unlink()

    def publish(self, first: int, count: int) -> None:
        """QoS 1, until the broker has every one."""
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        topic = "andon/line-1/press-3/telemetry"
        for number in range(first, first + count):
            ts = f"2026-11-22T10:00:00.{number % 1000:03d}Z"
            payload = f'{{"ts": "{ts}", "seq": {number}, "values": {{"oil_temp": 1.5}}}}'
            info = client.publish(topic, payload, qos=1)
        info.wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    def stored(self) -> int:
        with SqliteHistory(history_path(self.home)) as history:
            return sum(count.stored for count in history.counters())

    def end(self) -> None:
        """In order, as after SIGTERM."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(60) == 0, self.said[-3000:]

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@pytest.fixture(params=[8, 0], ids=["reserve", "no-reserve"])
def floor(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Path, broker: str
) -> Iterator[Floor]:
    """A collector that has stored its first message."""
    made = Floor(tmp_path, disk, broker, reserve_mb=request.param)
    try:
        made.start()
        made.publish(0, 1)
        until(lambda: made.stored() == 1, "the first message is stored")
        yield made
    finally:
        made.stop()


@pytest.fixture
def client(floor: Floor, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """The service on the same home."""
    reserve = request.node.callspec.params["floor"] * MEGABYTE
    with (
        parts_at(floor.home, floor.plant, reserve_bytes=reserve) as parts,
        TestClient(
            create_app(parts), base_url="http://127.0.0.1", raise_server_exceptions=False
        ) as client,
    ):
        yield client


def _push(client: TestClient, number: int) -> int:
    item = {**ITEM, "sequence": number, "source_time": "2026-11-22T10:00:00Z"}
    return client.post("/v1/readings", json={"readings": [item]}).status_code


def _judge(client: TestClient, answer: str) -> int:
    verdict = {"answer": answer, "verdict": "right", "comment": "x" * 2000}
    return client.post("/v1/feedback", json=verdict).status_code


@pytest.mark.slow
def test_a_full_disk_loses_nothing(floor: Floor, client: TestClient) -> None:
    """The collector waits and says so, the service answers 503, and both go on with room."""
    assert client.get("/readyz").status_code == 200
    floor.fill()
    floor.publish(1, MESSAGES - 1)
    until(lambda: "nothing is confirmed" in floor.said, "the collector says that it waits")
    until(lambda: client.get("/readyz").status_code == 503, "the service says so too")
    told = {part["name"]: part for part in client.get("/readyz").json()["components"]}
    assert told["disk"]["state"] == "missing"
    assert "full" in told["disk"]["detail"]
    assert _push(client, 1) == 503
    assert client.get("/v1/machines").status_code == 200
    assert floor.stored() < MESSAGES
    floor.free()
    until(lambda: floor.stored() >= MESSAGES, "everything is stored")
    until(lambda: client.get("/readyz").status_code == 200, "the service is ready again")
    assert _push(client, 1) == 200
    floor.end()
    _assert_whole(floor)


def _assert_whole(floor: Floor) -> None:
    with SqliteHistory(history_path(floor.home)) as history:
        numbers = Counter(row.sequence or 0 for row in history.export() if row.value == 1.5)
        assert all(
            count.received == count.stored + count.duplicates and not count.dead_lettered
            for count in history.counters()
        )
    assert sorted(numbers) == list(range(MESSAGES))
    assert set(numbers.values()) == {1}


def test_a_full_disk_refuses_the_services_own_writes_as_a_problem(
    floor: Floor, client: TestClient, request: pytest.FixtureRequest
) -> None:
    """The reserve still holds a verdict; without one it is refused, and works again with room."""
    reserve = request.node.callspec.params["floor"]
    answer = client.post("/v1/ask", json={"question": "E217?"}).json()["id"]
    floor.fill()
    _until_refused(client, answer, holds=reserve > 0)
    floor.free()
    assert _judge(client, answer) == 201
    floor.end()


def _until_refused(client: TestClient, answer: str, *, holds: bool) -> None:
    """A log that was grown before has room for some verdicts; then each is refused."""
    replies = [_judge(client, answer) for _ in range(3)]
    while not holds and len(replies) < 2000 and set(replies[-3:]) != {503}:
        replies.append(_judge(client, answer))
    assert set(replies[-3:]) == ({201} if holds else {503})
