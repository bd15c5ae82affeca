"""What lanes hand on, kept for a test to look at, and a way to wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ingest.plant import Machine, ModbusUnit, SignalSpec, signals_by_id
from ingest.polled import Polled
from ingest.registers import Register, RegisterTable
from ingest.vocabulary import Event, Reading, Value
from ingest.words import RegisterType


def until(condition: Callable[[], object], within_s: float = 40.0) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)


class Kept:
    """Takes everything that is offered."""

    def __init__(self) -> None:
        self.polls: list[Polled] = []

    def take(self, polled: Polled) -> bool:
        self.polls.append(polled)
        return True

    def records(self) -> list[Reading | Event]:
        return [record for polled in list(self.polls) for record in polled.records()]

    def readings(self, machine: str) -> list[Reading]:
        found = (record for record in self.records() if isinstance(record, Reading))
        return [reading for reading in found if reading.machine == machine]

    def values(self, signal: str, machine: str = "m") -> list[Value]:
        return [reading.value for reading in self.readings(machine) if reading.signal == signal]

    def texts(self) -> list[str]:
        return [record.text for record in self.records() if isinstance(record, Event)]


def machine_at(
    url: str,
    name: str = "m",
    *,
    unit: int = 1,
    signals: str = "a",
    period_s: float = 0.05,
    timeout_s: float = 1.0,
    **more: object,
) -> Machine:
    """A machine with one holding register for each letter, from address 0 on."""
    registers = tuple(
        Register(signal, RegisterTable.HOLDING, at, RegisterType.UINT16)
        for at, signal in enumerate(signals)
    )
    polled = ModbusUnit(url, unit, period_s, registers, timeout_s=timeout_s)
    specs = signals_by_id([SignalSpec(signal) for signal in signals])
    return Machine(name, "line-1", "press", specs, replace(polled, **more))  # type: ignore[arg-type]
