"""A collector under a flood of payloads and frames that no honest device would send.

`python -m tests.floor.fuzz --count 200000` runs it at full size and prints what became of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest.codec import Codec
from ingest.codec import Message as Received
from ingest.errors import AndonFault
from ingest.history import SourceCounters, history_path
from ingest.modbus_frames import Ask, RtuReader, TcpReader, values_of
from ingest.mqtt import SUBSCRIBED
from ingest.routes import Route
from ingest.sqlite import SqliteHistory
from tests.flood import Message, flood
from tests.floor.fuzz_input import FrameFuzz, Fuzz, frames
from tests.leash import leashed
from tests.modbus_device import device
from tests.mosquitto import Mosquitto
from tests.payload_cases import ROUTES, plant

_ROOT = Path(__file__).parents[2]
PORTS = Callable[[], int]
_DEVICES = 4
_LAST: Message = ("json/m", b'{"ts": "2026-11-22T09:59:59Z", "seq": 777777, "values": {"last": 1}}')
_PATIENCE_S = 120.0
_PER_SECOND = 500
"""The slowest rate that is waited for."""
_REGISTERS = "signal,table,address,type\na,holding,0,uint16\nb,holding,1,float32\n"


@dataclass(frozen=True)
class FuzzOutcome:
    """What was sent, and what became of it."""

    received: int
    stored: int
    duplicates: int
    dead_lettered: int
    wrong_sources: list[str]
    """Those that received other than the codec alone gives, or do not balance."""
    own_faults: int
    """Dead letters and log lines that blame ourselves."""
    polled: int
    payloads: int = 0
    frames_on_the_wire: int = 0
    frames_read: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0


class FuzzFloor:
    """A real broker, a real collector, devices that answer wrongly, and the flood."""

    def __init__(self, folder: Path, mosquitto: Path, free_port: PORTS) -> None:
        self._folder = folder
        self._mosquitto = mosquitto
        self._free_port = free_port
        self._home = folder / "home"
        self._log = folder / "collector.log"

    def run(self, count: int, *, seed: int = 1) -> FuzzOutcome:
        """Send so many payloads and a quarter as many frames; wait until all were counted."""
        messages = [*Fuzz(seed).messages(count), _LAST]
        expected = expected_counts(messages)
        read = read_frames(seed, count // 4)
        began = time.monotonic()
        devices = [FrameFuzz(seed + index) for index in range(_DEVICES)]
        with ExitStack() as stack:
            broker = stack.enter_context(
                Mosquitto(self._mosquitto, self._folder / "mosquitto", self._free_port())
            )
            ports = []
            for fuzz in devices:
                ports.append(self._free_port())
                stack.enter_context(device(ports[-1], fuzz.answer))
            history = stack.enter_context(SqliteHistory(history_path(self._home)))
            collector = self._collector(plant_text(broker.url, ports))
            stack.callback(collector.wait)
            stack.callback(collector.kill)
            assert _came(lambda: SUBSCRIBED in self._told(), _PATIENCE_S), self._told()[-3000:]
            flood(broker.url, messages, patience_s=_PATIENCE_S)
            total = sum(expected.values())
            within_s = _PATIENCE_S + count / _PER_SECOND
            _came(lambda: _received(history.counters()) >= total, within_s)
            peak_mb = _peak_mb(collector.pid)
            collector.terminate()
            assert collector.wait(_PATIENCE_S) == 0, self._told()[-3000:]
            outcome = self._outcome(history, expected)
        return replace(
            outcome,
            payloads=len(messages),
            frames_on_the_wire=sum(fuzz.given for fuzz in devices),
            frames_read=read,
            seconds=round(time.monotonic() - began, 1),
            peak_mb=peak_mb,
        )

    def _outcome(self, history: SqliteHistory, expected: Counter[str]) -> FuzzOutcome:
        """What stands in the history, against what the codec alone gives of each source."""
        counters = history.counters()
        mqtt = [count for count in counters if count.source.startswith("mqtt:")]
        found = Counter({count.source: count.received for count in mqtt})
        wrong = {source for source in expected | found if expected[source] != found[source]}
        wrong |= {count.source for count in counters if not _balances(count)}
        letters = history.dead_letters(10**9)
        blamed = sum(letter.reason.startswith("our own fault") for letter in letters)
        return FuzzOutcome(
            received=_received(counters),
            stored=sum(count.stored for count in mqtt),
            duplicates=sum(count.duplicates for count in mqtt),
            dead_lettered=sum(count.dead_lettered for count in mqtt),
            wrong_sources=sorted(wrong),
            own_faults=blamed + self._told().count("Traceback"),
            polled=sum(count.received for count in counters if count not in mqtt),
        )

    def _collector(self, described_as: str) -> subprocess.Popen[bytes]:
        described = self._folder / "plant.toml"
        described.write_text(described_as)
        (self._folder / "registers.csv").write_text(_REGISTERS)
        command = [sys.executable, "-m", "service", "ingest"]
        command += ["--plant", str(described), "--home", str(self._home)]
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANDON_")}
        settings = {"ANDON_MODBUS_BACKOFF_S": "0.1", "PYTHONPATH": str(_ROOT)}
        with self._log.open("wb") as log:
            return subprocess.Popen(leashed(command), stderr=log, cwd=_ROOT, env=kept | settings)

    def _told(self) -> str:
        return self._log.read_text(errors="replace")


def _came(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether it came to pass in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _peak_mb(process: int) -> float:
    """The most memory that a process ever held."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return round(int(peak) / 1024, 1)


def expected_counts(messages: list[Message]) -> Counter[str]:
    """How many records each source gives by the codec alone, in the order of the messages."""
    codec = Codec(plant())
    counts: Counter[str] = Counter()
    for topic, payload in messages:
        decoded = codec.decode(Received(topic, payload, datetime.now(UTC)))
        counts[f"mqtt:{topic}"] += len(decoded.records) + len(decoded.dead)
    return +counts


def read_frames(seed: int, count: int) -> int:
    """Put frames through both readers; whatever they hold, they give values or a fault of ours."""
    for asked, answer in frames(seed, count):
        ask = Ask(asked.unit, asked.function, asked.address, asked.count)
        try:
            for found in TcpReader().feed(answer):
                assert len(values_of(ask, found)) == ask.count
            if serial := RtuReader(ask).feed(answer[6:]):
                assert len(values_of(ask, serial)) == ask.count
        except AndonFault:
            continue
    return count


def plant_text(url: str, ports: list[int]) -> str:
    """The plant of the cases as a file, with devices that answer wrongly."""
    lines = ["[mqtt]", f'url = "{url}"']
    lines += [line for route in ROUTES for line in _route_lines(route)]
    lines += ["[[machines]]", 'id = "m"', 'line = "line-1"', 'kind = "press"']
    for number, port in enumerate(ports):
        lines += ["[[machines]]", f'id = "d{number}"', 'line = "line-1"', 'kind = "press"']
        lines += ["[machines.modbus]", f'url = "tcp://127.0.0.1:{port}"', "period_s = 0.02"]
        lines += ["timeout_s = 0.05", 'registers = "registers.csv"']
    return "\n".join(lines) + "\n"


def _route_lines(route: Route) -> list[str]:
    plain = asdict(Route(route.topic))
    stated = {
        key: value for key, value in asdict(route).items() if key == "topic" or value != plain[key]
    }
    return ["[[mqtt.routes]]", *(f"{key} = {json.dumps(value)}" for key, value in stated.items())]


def _received(counters: list[SourceCounters]) -> int:
    return sum(count.received for count in counters if count.source.startswith("mqtt:"))


def _balances(count: SourceCounters) -> bool:
    return count.received == count.stored + count.duplicates + count.dead_lettered


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run it once and print the outcome."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="payloads")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        sys.exit("mosquitto is not here: apt-get install mosquitto")
    with tempfile.TemporaryDirectory() as folder:
        floor = FuzzFloor(Path(folder), Path(program), _free_port)
        outcome = floor.run(asked.count, seed=asked.seed)
    sys.stdout.write(json.dumps(asdict(outcome), indent=2) + "\n")


if __name__ == "__main__":
    main()
