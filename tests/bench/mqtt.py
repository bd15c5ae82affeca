"""From a flood of QoS 1 messages to rows on the disk, beside the plain consumer, and how late.

Everything shares this machine: flood, broker and consumer. `BENCH_SECONDS` is how long the latency
is measured (20; docs/benchmarks.md has one of 600), `BENCH_MESSAGES` how long a flood is.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ingest.history import history_path
from ingest.mqtt import SUBSCRIBED
from tests.bench.measure import Measurement
from tests.leash import leashed
from tests.mosquitto import Mosquitto, listens

SECONDS = float(os.environ.pop("BENCH_SECONDS", "20"))
MESSAGES = int(os.environ.pop("BENCH_MESSAGES", "60000"))
RATE = 1000
MOST_LATE_MS = 250.0
ROUNDS = 3
_LOOK_S = 0.005
_ASK_S = 0.02
_PATIENCE_S = 300.0
_ANDON = [str(Path(sys.executable).with_name("andon"))]
_FLOOD = [sys.executable, "-m", "tests.flood"]
_PLANT = """\
[mqtt]
url = "{url}"
[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
time = "/ts"
sequence = "/seq"
{samples}
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""


def all_figures() -> list[Measurement]:
    """What this module measures; nothing where there is no Mosquitto."""
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        return []
    broker = Path(program)
    return [
        *committed(broker, "one reading a message", "messages/s", count=MESSAGES, size=1),
        *committed(broker, "50 samples a message", "readings/s", count=MESSAGES // 12, size=50),
        *latency(broker),
    ]


def committed(program: Path, what: str, unit: str, *, count: int, size: int) -> list[Measurement]:
    """The best of some rounds, ours and the plain one in turn, for other work comes and goes."""
    ours = plain = alone = 0.0
    for _ in range(ROUNDS):
        with _broker(program) as broker, _collecting(broker.url, arrays=size > 1) as collector:
            rows = _rows(history_path(collector.home))
            ours = max(ours, _rate(broker.url, rows, count, size))
        with _broker(program) as broker, _plain(broker.port, count) as database:
            plain = max(plain, _rate(broker.url, _rows(database), count, size))
        with _broker(program) as broker:
            told = subprocess.check_output(
                [*_FLOOD, "--url", broker.url, "--count", str(count), "--size", str(size)]
            )
            alone = max(alone, json.loads(told)["per_second"] * size)
    return [
        Measurement(f"mqtt, {what}: committed", unit, ours, plain, "paho, json, sqlite3"),
        Measurement(f"mqtt, {what}: the flood, unheard", unit, alone, ours, "ours, committed"),
    ]


def latency(program: Path) -> list[Measurement]:
    """From publishing to the row on the disk, at a steady rate while the service is asked."""
    count = int(RATE * SECONDS)
    options = ("--rate", str(RATE), "--live")
    with (
        _broker(program) as broker,
        _collecting(broker.url, arrays=False) as collector,
        _service_asked(collector),
        _started([*_FLOOD, "--url", broker.url, "--count", str(count), *options]),
    ):
        watch = _Watch(collector)
        watch.run(count)
    at = f"mqtt, {RATE}/s for {SECONDS:g} s"
    late, held = sorted(watch.late_ms), watch.memory_mb
    figures = (
        ("publish to committed, p99", "ms", late[len(late) * 99 // 100], MOST_LATE_MS, "at most"),
        ("memory at the end", "MB", held[-1], held[len(held) // 4], "after a quarter"),
    )
    return [
        Measurement(f"{at}: {name}", unit, ours, other, about, more_is_better=False)
        for name, unit, ours, other, about in figures
    ]


@dataclass(frozen=True)
class _Collector:
    """`andon ingest`, as a plant runs it."""

    folder: Path
    pid: int

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def options(self) -> list[str]:
        return ["--plant", str(self.folder / "plant.toml"), "--home", str(self.home)]

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1000


@dataclass
class _Watch:
    """Looks again and again what is committed by now, and how much memory that takes."""

    collector: _Collector
    late_ms: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def run(self, count: int) -> None:
        query = "SELECT id, source_time FROM readings WHERE id > ? ORDER BY id"
        seen, looked, deadline = 0, 0.0, time.monotonic() + SECONDS + _PATIENCE_S
        with closing(sqlite3.connect(history_path(self.collector.home))) as connection:
            while seen < count:
                assert time.monotonic() < deadline, f"{seen} of {count} were committed"
                rows = connection.execute(query, (seen,)).fetchall()
                now = time.time()
                self.late_ms += [1000 * now - said / 1000 for _, said in rows]
                seen = rows[-1][0] if rows else seen
                if time.monotonic() - looked > SECONDS / 100:
                    looked = time.monotonic()
                    self.memory_mb.append(self.collector.memory_mb())
                time.sleep(_LOOK_S)


def _rate(url: str, rows: Callable[[], int], count: int, size: int) -> float:
    """Rows a second that a flood becomes, from the first that are committed to the last."""
    with _started([*_FLOOD, "--url", url, "--count", str(count), "--size", str(size)]):
        _wait_for(lambda: rows() > 0)
        before, began = rows(), time.monotonic()
        _wait_for(lambda: rows() >= count * size)
        return (count * size - before) / (time.monotonic() - began)


def _rows(database: Path) -> Callable[[], int]:
    """Counts the rows that are committed by now."""

    def count() -> int:
        with closing(sqlite3.connect(database)) as connection:
            (found,) = connection.execute("SELECT ifnull(max(rowid), 0) FROM readings").fetchone()
            return int(found)

    return count


@contextmanager
def _broker(program: Path) -> Iterator[Mosquitto]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Mosquitto(program, Path(folder), _free_port()) as broker,
    ):
        yield broker


@contextmanager
def _collecting(url: str, *, arrays: bool) -> Iterator[_Collector]:
    """A collector, once the broker keeps messages for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = 'samples = "/samples"' if arrays else ""
        (folder / "plant.toml").write_text(_PLANT.format(url=url, samples=samples))
        command = [*_ANDON, "ingest", *_Collector(folder, 0).options]
        with _started(command, awaits=SUBSCRIBED) as process:
            yield _Collector(folder, process.pid)


@contextmanager
def _plain(port: int, count: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "plain.db"
        command = [sys.executable, "-m", "tests.bench.plain_consumer"]
        with _started([*command, str(port), str(count), str(database)], awaits="ready"):
            yield database


@contextmanager
def _service_asked(collector: _Collector) -> Iterator[None]:
    """The service of the same home, asked for readings and machines again and again."""
    port, stop = _free_port(), threading.Event()
    paths = (
        "/v1/machines",
        "/v1/machines/press-3",
        "/v1/machines/press-3/readings?signal=oil_temp",
    )

    def ask() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while not stop.wait(_ASK_S):
                for path in paths:
                    assert client.get(path).status_code == httpx.codes.OK, path

    with _started([*_ANDON, "serve", "--port", str(port), *collector.options]):
        _wait_for(lambda: listens(port))
        asking = threading.Thread(target=ask)
        asking.start()
        yield
        stop.set()
        asking.join()


@contextmanager
def _started(command: Sequence[str], *, awaits: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A program, once it has said something, until the block ends."""
    with tempfile.NamedTemporaryFile() as said:
        process = subprocess.Popen(leashed(command), stdout=said, stderr=said)
        try:
            _wait_for(lambda: awaits.encode() in Path(said.name).read_bytes(), process)
            yield process
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None
) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert process is None or process.poll() is None, f"{process.args!r} has ended"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(_LOOK_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
