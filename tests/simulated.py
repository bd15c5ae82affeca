"""Simulated controllers beside a test: served by a loop in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

from ingest.plant import Machine, ModbusUnit
from ingest.registers import Register
from simulators.modbus_server import RegisterBank, start_servers, stop_servers


def machine_at(port: int, registers: tuple[Register, ...]) -> Machine:
    """A machine whose controller serves these registers as unit 7."""
    unit = ModbusUnit(f"tcp://127.0.0.1:{port}", 7, 0.5, registers)
    return Machine("m-1", "line-1", "hydraulic-press", {}, unit)


@contextmanager
def served(machines: Sequence[Machine], values: Mapping[str, float]) -> Iterator[None]:
    """The machines' controllers, each register of which holds the value of its signal."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        banks = {m.id: RegisterBank(m.id, m.modbus) for m in machines if m.modbus is not None}
        for bank in banks.values():
            bank.put(values)
        starting = start_servers(machines, banks)
        servers = asyncio.run_coroutine_threadsafe(starting, loop).result(30)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(stop_servers(servers), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
