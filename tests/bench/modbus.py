"""Polling: throughput against pymodbus' own client, jitter, and what a dead unit costs the others.

The devices answer from another process with what is ready beforehand, so they are not the limit.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from ingest.collector import Collector
from ingest.modbus import ModbusWire
from ingest.plant import Machine, ModbusUnit, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.polled import Polled
from ingest.registers import Register, RegisterTable
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.words import RegisterType
from tests.bench.measure import Measurement
from tests.bench.modbus_server import p99
from tests.leash import leashed

AT_ONCE = 125
ROUND_S = 2.0
ROUNDS = 3
JITTER_S = 12.0
RATE_S = 12.0
DEVICES, REGISTERS, PERIOD_S = 50, 100, 1.0
UNITS, QUICK_S = 10, 0.1


def all_figures() -> list[Measurement]:
    """What this module measures."""
    logging.getLogger("ingest.modbus_lane").setLevel(logging.ERROR)  # units die on purpose
    return [*throughput(), committed(), *jitter(), *dead_unit()]


@contextmanager
def devices(ports: int, *options: str) -> Iterator[list[str]]:
    """The addresses of devices in another process."""
    command = [sys.executable, "-m", "tests.bench.modbus_server", str(ports), *options]
    with subprocess.Popen(
        leashed(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield [f"tcp://127.0.0.1:{port}" for port in process.stdout.readline().split()]
        finally:
            process.stdin.close()


def machine(url: str, name: str, *, unit: int = 1, count: int, period_s: float) -> Machine:
    """Registers of 16 bits from address 0 on."""
    registers = tuple(
        Register(f"s{at}", RegisterTable.HOLDING, at, RegisterType.UINT16) for at in range(count)
    )
    specs = signals_by_id([SignalSpec(register.signal) for register in registers])
    return Machine(name, "line-1", "press", specs, ModbusUnit(url, unit, period_s, registers))


class Taken:
    """Counts what every poll brings, in the place of the intake; may make readings of it."""

    def __init__(self, *, makes_readings: bool = True) -> None:
        self._makes_readings = makes_readings
        self.readings: Counter[str] = Counter()
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    def take(self, polled: Polled) -> bool:
        good = [sample for sample in polled.samples if None not in sample.values.values()]
        if good:
            made = len(polled.records()) if self._makes_readings else len(good[0].values)
            self.readings[polled.machine] += made
            self.times[polled.machine].append(good[0].at.timestamp())
        return True


@contextmanager
def polling(machines: Sequence[Machine], *, makes_readings: bool = True) -> Iterator[Taken]:
    """Our lanes at work."""
    taken = Taken(makes_readings=makes_readings)
    wire = ModbusWire(machines, IngestSettings(), offer=taken.take)
    wire.start()
    try:
        yield taken
    finally:
        wire.stop()


def throughput() -> list[Measurement]:
    """Registers a second over one connection and over ten, in turns, the best of each side.

    Ours are decoded and handed on; then also made into readings, which the writer's thread does.
    """
    found = []
    for connections in (1, 10):
        theirs, handed_on, made = 0.0, 0.0, 0.0
        with devices(connections) as urls:
            for _ in range(ROUNDS):
                theirs = max(theirs, asyncio.run(_pymodbus(urls)))
                handed_on = max(handed_on, _ours(urls, makes_readings=False))
                made = max(made, _ours(urls, makes_readings=True))
        over = f"{connections} connection{'s' * (connections > 1)}"
        found += [
            Measurement(f"Modbus: {what}, {over}", "registers/s", ours, theirs, "pymodbus' client")
            for what, ours in (("decoded", handed_on), ("decoded, made into readings", made))
        ]
    return found


def _ours(urls: Sequence[str], *, makes_readings: bool) -> float:
    machines = [
        machine(url, f"m{number}", count=AT_ONCE, period_s=1e-5) for number, url in enumerate(urls)
    ]
    with polling(machines, makes_readings=makes_readings) as taken:
        while len(taken.readings) < len(urls):
            time.sleep(0.01)
        before, began = taken.readings.total(), time.perf_counter()
        time.sleep(ROUND_S)
        return (taken.readings.total() - before) / (time.perf_counter() - began)


async def _pymodbus(urls: Sequence[str]) -> float:
    clients = [AsyncModbusTcpClient("127.0.0.1", port=int(url.split(":")[2])) for url in urls]
    for client in clients:
        await client.connect()
    began, read = time.perf_counter(), 0

    async def read_on(client: AsyncModbusTcpClient) -> None:
        nonlocal read
        while time.perf_counter() - began < ROUND_S:
            answer = await client.read_holding_registers(0, count=AT_ONCE, device_id=1)
            read += len(answer.registers)

    await asyncio.gather(*(read_on(client) for client in clients))
    rate = read / (time.perf_counter() - began)
    for client in clients:
        client.close()
    return rate


def committed() -> Measurement:
    """The same lane into the history, with full durability: what can be kept of it."""
    with devices(1) as urls, tempfile.TemporaryDirectory() as folder:
        ceiling = asyncio.run(_pymodbus(urls))
        one = machine(urls[0], "m", count=AT_ONCE, period_s=1e-5)
        plant = Plant("Bench", "UTC", MqttBroker(), (one,), None, Path("plant.toml"))
        with SqliteHistory(Path(folder) / "history.db") as history:
            stop = threading.Event()
            collector = Collector(plant, history, IngestSettings())
            thread = threading.Thread(target=collector.run, args=(stop,))
            thread.start()
            while not history.counters():
                time.sleep(0.01)
            before, began = history.counters()[0].stored, time.perf_counter()
            time.sleep(2 * ROUND_S)
            ours = (history.counters()[0].stored - before) / (time.perf_counter() - began)
            stop.set()
            thread.join()
    return Measurement(
        "Modbus: decoded and committed", "registers/s", ours, ceiling, "pymodbus' client"
    )


def jitter() -> list[Measurement]:
    """By how much the time between two answers misses the period, 99th of a hundred.

    Beside it the same of a process that does nothing but sleep: what the machine itself misses.
    """
    with devices(DEVICES) as urls:
        machines = [
            machine(url, f"m{number}", count=REGISTERS, period_s=PERIOD_S)
            for number, url in enumerate(urls)
        ]
        command = [sys.executable, "-m", "tests.bench.modbus_server", "--sleep", str(JITTER_S)]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as idle,
            polling(machines) as taken,
        ):
            idle_ms = float(idle.communicate()[0])
    ours_ms = 1000 * p99(
        abs(later - earlier - PERIOD_S)
        for times in taken.times.values()
        for earlier, later in pairwise(times)
    )
    name = f"Modbus: jitter p99, {DEVICES} x {REGISTERS} x {PERIOD_S:g} s"
    return [
        Measurement(name, "ms", ours_ms, baseline_ms, baseline, more_is_better=False)
        for baseline_ms, baseline in (
            (100 * PERIOD_S, "10 % of the period"),
            (idle_ms, "a process that only sleeps"),
        )
    ]


def dead_unit() -> list[Measurement]:
    """Polls a second of nine healthy units beside a tenth that is dead, against one that lives."""
    own, shared = "10 connections", "10 units behind one gateway"
    return [
        Measurement(
            f"Modbus: healthy polls, 1 of {name} dead{how}",
            "polls/s",
            _healthy(ports, "--silent", str(UNITS), *options),
            _healthy(ports),
            "the tenth alive",
        )
        for name, ports, how, options in (
            (own, UNITS, "", ()),
            (shared, 1, "", ()),
            (shared, 1, ", waited for 0.5 s", ("--waits", "0.5")),
        )
    ]


def _healthy(ports: int, *options: str) -> float:
    with devices(ports, *options) as urls:
        machines = [
            machine(
                urls[number % ports], f"m{number}", unit=number, count=REGISTERS, period_s=QUICK_S
            )
            for number in range(1, UNITS + 1)
        ]
        with polling(machines) as taken:
            while len(taken.readings) < UNITS - 1:
                time.sleep(0.01)
            before, began = _polls(taken), time.perf_counter()
            time.sleep(RATE_S)
            return (_polls(taken) - before) / (time.perf_counter() - began)


def _polls(taken: Taken) -> int:
    return sum(len(times) for name, times in list(taken.times.items()) if name != f"m{UNITS}")
