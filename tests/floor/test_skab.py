"""A recorded pump fault goes over a real Mosquitto into the history and comes out as a summary."""

from __future__ import annotations

import csv
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from ingest.history import history_path
from ingest.sqlite import SqliteHistory
from tests.leash import leashed

NORMAL_ROWS = 400
RENAMED = {"Volume Flow RateRMS": "flow", "Accelerometer1RMS": "vibration_1"}
RENAMED |= {"Accelerometer2RMS": "vibration_2", "Current": "current", "Pressure": "pressure"}
RENAMED |= {"Temperature": "temperature", "Thermocouple": "fluid_temp", "Voltage": "voltage"}
LABELS = ("anomaly", "changepoint")
PLANT = """\
[plant]
name = "Pump test bed"
timezone = "UTC"

[mqtt]
url = "{url}"

[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
codec = "json"
time = "/ts"
values = "/values"
sequence = "/seq"

[[machines]]
id = "pump-1"
line = "test-bed"
kind = "pump"

[[machines]]
id = "door"
line = "test-bed"
kind = "door"
"""


@dataclass(frozen=True)
class Recording:
    """Times and labels of a recording; the labels never leave this test."""

    path: Path
    times: list[datetime]
    anomaly: list[bool]

    @classmethod
    def of(cls, path: Path) -> Recording:
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        times = [datetime.fromisoformat(row["datetime"]).replace(tzinfo=UTC) for row in rows]
        return cls(path, times, [float(row["anomaly"]) > 0 for row in rows])

    @property
    def labelled(self) -> tuple[datetime, datetime]:
        """First and last row that is labelled an anomaly."""
        marked = [at for at, wrong in zip(self.times, self.anomaly, strict=True) if wrong]
        return marked[0], marked[-1]


@pytest.fixture
def url(mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[str]:
    """A Mosquitto that keeps what a consumer has not yet taken."""
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n",
        encoding="utf-8",
    )
    with running([str(mosquitto), "-c", str(config)]):
        wait(lambda: open_port(port), "mosquitto does not listen")
        yield f"mqtt://127.0.0.1:{port}"


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is asked to end, and ends."""
    with subprocess.Popen(
        leashed(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait(condition: Callable[[], bool], complaint: str, *, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)


def andon(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service", *arguments]


def replay(recording: Recording, plant: Path) -> int:
    """Put the recording on the wire; the number of readings that the broker confirmed."""
    command = [sys.executable, "-m", "simulators", "replay", str(recording.path)]
    command += ["--plant", str(plant), "--machine", "pump-1", "--rate", "max"]
    command += ["--drop", ",".join(LABELS)]
    for column, name in RENAMED.items():
        command += ["--rename", f"{column}={name}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    finished = json.loads(done.stdout.strip().splitlines()[-1])
    assert finished["event"] == "finished"
    return int(finished["published"])


def heard(url: str, home: Path) -> bool:
    """Say one thing about another machine until the collector has it; repeats are duplicates."""
    content = {"ts": "2020-03-09T10:00:00Z", "seq": 1, "values": {"knock": 1.0}}
    port = int(url.rsplit(":", 1)[1])
    topic = "andon/test-bed/door/telemetry"
    publish.single(topic, json.dumps(content), qos=1, hostname="127.0.0.1", port=port)
    return stored(home) > 0


def stored(home: Path) -> int:
    if not history_path(home).exists():
        return 0
    with SqliteHistory(history_path(home)) as history:
        return sum(counters.stored for counters in history.counters())


def summary(recording: Recording, plant: Path, home: Path) -> dict[str, Any]:
    """What `andon summarize` says about the rows after the normal ones."""
    end = recording.times[-1] + timedelta(seconds=1)
    length = int((end - recording.times[NORMAL_ROWS]).total_seconds())
    command = andon("summarize", "pump-1", "--plant", str(plant), "--home", str(home))
    command += ["--until", end.isoformat(), "--since", f"{length}s", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def overlaps(item: dict[str, Any], span: tuple[datetime, datetime]) -> bool:
    start, end = (datetime.fromisoformat(item[key]) for key in ("start", "end"))
    return start <= span[1] and end >= span[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["valve1_1", "valve1_7", "valve1_13"])
def test_a_recorded_fault_becomes_evidence_that_a_summary_cites(
    data_dir: Path, tmp_path: Path, url: str, name: str
) -> None:
    """File, broker, collector, history, evidence, summary: nothing lost on the way."""
    recording = Recording.of(data_dir / "skab" / f"{name}.csv")
    plant, home = tmp_path / "plant.toml", tmp_path / "home"
    plant.write_text(PLANT.format(url=url), encoding="utf-8")
    with running(andon("ingest", "--plant", str(plant), "--home", str(home))):
        wait(lambda: heard(url, home), "the collector does not listen")
        published = replay(recording, plant)
        assert published == len(recording.times) * len(RENAMED)
        wait(lambda: stored(home) > published, "the collector does not store all")
    assert stored(home) == published + 1
    found = summary(recording, plant, home)
    cited = {identity for said in found["statements"] for identity in said["evidence"]}
    hits = [item for item in found["evidence"] if overlaps(item, recording.labelled)]
    assert any("flow" in item["signals"] for item in hits)
    assert cited & {item["id"] for item in hits}
    assert found["engine"] == "deterministic"
