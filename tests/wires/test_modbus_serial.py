"""Frames of a serial line: over two pseudo-terminals joined like a cable, and inside TCP."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.errors import WireFault
from ingest.modbus import ModbusWire
from ingest.probe import read_words
from ingest.registers import RegisterTable
from ingest.settings import IngestSettings
from tests.polled import Kept, machine_at, until
from tests.pymodbus_server import Server, serving

HOLDING = RegisterTable.HOLDING


def units(*numbers: int) -> list[SimDevice]:
    """Devices whose register 0 holds their number and register 1 a big one."""
    nothing = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    return [
        SimDevice(
            number,
            simdata=(
                nothing,
                nothing,
                [SimData(0, values=[number, 0xFFFE] + [7] * 123, datatype=DataType.REGISTERS)],
                [SimData(0, values=[0], datatype=DataType.REGISTERS)],
            ),
        )
        for number in numbers
    ]


@contextmanager
def cable(noise: Callable[[bytes], bytes] = lambda data: data) -> Iterator[tuple[str, str]]:
    """Two terminals; what is written into one comes out of the other, through `noise` one way."""
    near, near_end = os.openpty()
    far, far_end = os.openpty()
    for end in (near, near_end, far, far_end):
        tty.setraw(end)
    over = threading.Event()

    def carry() -> None:
        while not over.is_set():
            for source in select.select([near, far], [], [], 0.05)[0]:
                with suppress(OSError):
                    data = os.read(source, 4096)
                    if source == near:
                        os.write(far, data)
                    else:
                        os.write(near, noise(data))

    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield os.ttyname(near_end), os.ttyname(far_end)
    finally:
        over.set()
        thread.join()
        for end in (near, near_end, far, far_end):
            os.close(end)


@contextmanager
def line(noise: Callable[[bytes], bytes] = lambda data: data) -> Iterator[str]:
    """The address of a line with units 1 and 2 on it."""
    with (
        cable(noise) as (ours, theirs),
        serving(
            lambda: ModbusSerialServer(
                units(1, 2), port=theirs, baudrate=19200, ignore_missing_devices=True
            )
        ),
    ):
        yield f"rtu://{ours}?baud=19200&parity=N&stop=1"


def test_units_of_one_line_are_polled() -> None:
    """Both, the longest answer too; a third that is not there is bad and does not stop them."""
    kept = Kept()
    with line() as url:
        assert read_words(url, HOLDING, 0, count=125, unit=1) == [1, 0xFFFE] + [7] * 123
        machines = [
            machine_at(url, f"m{unit}", unit=unit, signals="ab", timeout_s=timeout_s)
            for unit, timeout_s in ((1, 20.0), (2, 20.0), (3, 1.0))
        ]
        wire = ModbusWire(machines, IngestSettings(), offer=kept.take)
        wire.start()
        until(lambda: kept.values("a", "m3") and len(kept.values("a", "m2")) >= 3)
        wire.stop()
    assert set(kept.values("a", "m1")) == {1}
    assert set(kept.values("a", "m2")) == {2}
    assert set(kept.values("b", "m1")) == {0xFFFE}
    assert set(kept.values("a", "m3")) == {None}


def test_a_frame_with_a_bent_bit_is_asked_for_again() -> None:
    """Once, at once: lines are noisy, and one bent frame is no absence."""
    came: list[bytes] = []

    def noise(data: bytes) -> bytes:
        came.append(data)
        return bytes([data[0] ^ 0x40]) + data[1:] if len(came) == 5 else data

    kept = Kept()
    with line(noise) as url:
        machine = machine_at(url, signals="ab", timeout_s=2.0)
        wire = ModbusWire([machine], IngestSettings(), offer=kept.take)
        wire.start()
        until(lambda: len(came) > 5 and len(kept.values("b")) >= 12)
        wire.stop()
    assert set(kept.values("a")) == {1}
    assert set(kept.values("b")) == {0xFFFE}


def test_a_line_that_is_not_there_is_said() -> None:
    """With its name, and without a trace."""
    with pytest.raises(WireFault, match=r"cannot be reached: .*ttyNONE"):
        read_words("rtu:///dev/ttyNONE", HOLDING, 0, count=1, unit=1)


def test_a_line_that_cannot_be_set_so_is_said() -> None:
    """A pseudo-terminal has no parity."""
    with cable() as (ours, _), pytest.raises(WireFault, match=r"does not take these settings"):
        read_words(f"rtu://{ours}?parity=E", HOLDING, 0, count=1, unit=1)


def test_frames_of_a_line_inside_tcp(free_port: Callable[[], int]) -> None:
    """As converters send them that know nothing of Modbus."""
    port = free_port()

    def make() -> Server:
        return ModbusTcpServer(units(1, 2), framer=FramerType.RTU, address=("127.0.0.1", port))

    kept = Kept()
    machines = [
        machine_at(f"rtu+tcp://127.0.0.1:{port}", f"m{unit}", unit=unit, timeout_s=20)
        for unit in (1, 2)
    ]
    wire = ModbusWire(machines, IngestSettings(), offer=kept.take)
    with serving(make):
        wire.start()
        until(lambda: all(len(kept.values("a", f"m{unit}")) >= 3 for unit in (1, 2)))
        wire.stop()
    assert set(kept.values("a", "m1")) == {1}
    assert set(kept.values("a", "m2")) == {2}
