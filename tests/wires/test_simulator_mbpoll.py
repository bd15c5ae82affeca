"""mbpoll, a Modbus client that is not ours, reads the simulators and agrees with what we read."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.plant import Machine, load_plant
from ingest.probe import read_words
from ingest.read_plan import plan_of
from ingest.register_values import BlockDecoder
from ingest.registers import Register, RegisterTable
from ingest.vocabulary import Value
from ingest.words import RegisterType, WordOrder
from tests.conftest import missing
from tests.simulated import machine_at, served

FreePort = Callable[[], int]
PLACE = 20
SHOWN = re.compile(r"^\[\d+\]:\s+(?:\d+ \()?([^\s)]+)", re.M)
"""A negative number of 16 bits stands in brackets behind the same words without a sign."""


@pytest.fixture(scope="module")
def mbpoll() -> str:
    """The program."""
    found = shutil.which("mbpoll")
    if found is None:
        missing("mbpoll", "apt-get install mbpoll")
    return str(found)


def polled(
    mbpoll: str, machine: Machine, kind: str, address: int, *options: str, count: int = 1
) -> list[str]:
    """What mbpoll prints for the values from an address on."""
    assert machine.modbus is not None
    port = machine.modbus.url.rpartition(":")[2]
    device = ("-m", "tcp", "-p", port, "-a", str(machine.modbus.unit), "-o", "10")
    place = ("-0", "-r", str(address), "-c", str(count), "-t", kind, *options)
    done = subprocess.run(
        [mbpoll, *device, *place, "-1", "127.0.0.1"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return SHOWN.findall(done.stdout)


def read(machine: Machine) -> dict[str, Value]:
    """What we read, by the plan that a lane follows."""
    unit = machine.modbus
    assert unit is not None
    values: dict[str, Value] = {}
    for block in plan_of(unit):
        words = read_words(unit.url, block.table, block.address, count=block.count, unit=unit.unit)
        values |= BlockDecoder(block.registers, block.address).values(words)
    return values


@pytest.mark.parametrize(("order", "options"), [("ABCD", ["-B"]), ("CDAB", [])])
@pytest.mark.parametrize(
    ("kind", "shows", "value"),
    [
        ("uint16", "4", 31_123),
        ("int16", "4", -12_345),
        ("int32", "4:int", -1_234_567_890),
        ("uint32", "4:int", 2_123_456_789),
        ("float32", "4:float", -21.4375),
    ],
)
def test_both_word_orders_of_each_type(
    mbpoll: str,
    free_port: FreePort,
    kind: str,
    shows: str,
    value: float,
    order: str,
    options: list[str],
) -> None:
    """The number that mbpoll shows is the number that we read."""
    register = Register(*("x", RegisterTable.HOLDING, PLACE, RegisterType(kind), WordOrder(order)))
    machine = machine_at(free_port(), (register,))
    with served([machine], {"x": value}):
        (shown,) = polled(mbpoll, machine, shows, PLACE, *options)
        assert float(shown) == read(machine)["x"] == value


def test_the_demo_plant_word_by_word(mbpoll: str, free_port: FreePort, repository: Path) -> None:
    """All machines, tables, orders, scales and offsets: the same words, and our values of them."""
    machines = [
        replace(machine, modbus=replace(unit, url=f"tcp://127.0.0.1:{free_port()}", max_gap=0))
        for machine in load_plant(repository / "plant.toml").machines
        if (unit := machine.modbus) is not None
    ]
    names = sorted({register.signal for m in machines for register in registers_of(m)})
    values = {signal: 20.5 + 3 * number for number, signal in enumerate(names)}
    orders = {register.order for m in machines for register in registers_of(m)}
    assert (len(machines), orders) == (4, set(WordOrder))
    with served(machines, values):
        for machine in machines:
            ours = read(machine)
            for register in registers_of(machine):
                table = 3 if register.table is RegisterTable.INPUT else 4
                shown = polled(
                    mbpoll, machine, f"{table}:hex", register.address, count=register.count
                )
                words = [int(word, 16) for word in shown]
                assert BlockDecoder([register], register.address).values(words) == {
                    register.signal: ours[register.signal]
                }
                found = ours[register.signal]
                assert isinstance(found, int | float)
                assert abs(found - values[register.signal]) <= max(register.scale, 0.001)


def registers_of(machine: Machine) -> tuple[Register, ...]:
    assert machine.modbus is not None
    return machine.modbus.registers
