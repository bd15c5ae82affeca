"""Simulated controllers answer a real Modbus client: every type, every order, no stray register."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from pymodbus.client import AsyncModbusTcpClient

from ingest.errors import SettingsFault
from ingest.plant import Machine, ModbusUnit
from ingest.register_cells import Bits
from ingest.registers import Register, RegisterTable
from ingest.words import RegisterType, WordOrder
from simulators.modbus_server import RegisterBank, start_servers, stop_servers

FreePort = Callable[[], int]
Asking = Callable[[AsyncModbusTcpClient], Awaitable[None]]
FORMATS = {"uint16": "H", "int16": "h", "uint32": "I", "int32": "i", "float32": "f"}
VALUES = {"uint16": 48_123, "int16": -12_345, "uint32": 3_123_456_789, "int32": -1_234_567_890}


def machine(port: int, registers: tuple[Register, ...], *, unit: int = 7) -> Machine:
    modbus = ModbusUnit(f"tcp://127.0.0.1:{port}", unit, 0.5, registers)
    return Machine("m-1", "line-1", "hydraulic-press", {}, modbus)


def register(kind: str, order: str, *, address: int = 20, table: str = "holding") -> Register:
    return Register("x", RegisterTable(table), address, RegisterType(kind), WordOrder(order))


def served(
    port: int, registers: tuple[Register, ...], values: Mapping[str, float], ask: Asking
) -> None:
    """Serve the registers with these values and let a client ask."""

    async def run() -> None:
        simulated = machine(port, registers)
        assert simulated.modbus is not None
        bank = RegisterBank(simulated.id, simulated.modbus)
        servers = await start_servers([simulated], {simulated.id: bank})
        bank.put(values)
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=2, retries=0)
        try:
            assert await client.connect()
            await ask(client)
        finally:
            client.close()
            await stop_servers(servers)

    asyncio.run(run())


def by_hand(words: Sequence[int], kind: str, order: str) -> float:
    """What a reader makes of the words, spelled out order by order."""
    letters = b"".join(word.to_bytes(2, "big") for word in words)
    if len(words) == 1:
        big_endian = letters if order in ("ABCD", "CDAB") else letters[::-1]
    else:
        places = {"ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2)}
        big_endian = bytes(letters[at] for at in places.get(order, (3, 2, 1, 0)))
    return float(struct.unpack(">" + FORMATS[kind], big_endian)[0])


@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
@pytest.mark.parametrize("kind", list(FORMATS))
def test_each_type_in_each_order_is_read_back(kind: str, order: str, free_port: FreePort) -> None:
    """What the simulator packed is what a client unpacks."""
    value = VALUES.get(kind, 21.4375)

    async def ask(client: AsyncModbusTcpClient) -> None:
        answer = await client.read_holding_registers(
            20, count=1 if kind.endswith("16") else 2, device_id=7
        )
        assert by_hand(answer.registers, kind, order) == value

    served(free_port(), (register(kind, order),), {"x": value}, ask)


def test_scale_and_offset_and_both_tables(free_port: FreePort) -> None:
    """Raw = (value - offset) / scale, in holding and in input registers."""
    registers = (
        Register("a", RegisterTable.INPUT, 3, RegisterType.INT16, scale=0.1, offset=100.0),
        Register("b", RegisterTable.HOLDING, 3, RegisterType.UINT16, scale=0.01),
    )

    async def ask(client: AsyncModbusTcpClient) -> None:
        assert (await client.read_input_registers(3, device_id=7)).registers == [1300]
        assert (await client.read_holding_registers(3, device_id=7)).registers == [6130]

    served(free_port(), registers, {"a": 230.0, "b": 61.3}, ask)


@pytest.mark.parametrize("address", [0, 19, 22, 65_530])
def test_an_unknown_register_is_answered_with_exception_2(
    address: int, free_port: FreePort
) -> None:
    """Before, between and behind the registers: illegal data address."""

    async def ask(client: AsyncModbusTcpClient) -> None:
        holding = await client.read_holding_registers(address, device_id=7)
        assert (holding.isError(), holding.exception_code) == (True, 2)
        across = await client.read_holding_registers(20, count=4, device_id=7)
        assert (across.isError(), across.exception_code) == (True, 2)
        empty_table = await client.read_input_registers(20, device_id=7)
        assert (empty_table.isError(), empty_table.exception_code) == (True, 2)

    served(free_port(), (register("float32", "CDAB"),), {"x": 1.0}, ask)


def test_nothing_can_be_written(free_port: FreePort) -> None:
    """A write is refused and changes nothing."""

    async def ask(client: AsyncModbusTcpClient) -> None:
        assert (await client.write_register(20, 5, device_id=7)).isError()
        assert (await client.read_holding_registers(20, device_id=7)).registers == [42]

    served(free_port(), (register("uint16", "ABCD"),), {"x": 42}, ask)


def test_a_later_value_is_served_at_the_next_read(free_port: FreePort) -> None:
    """Registers follow the machine."""

    async def run(port: int) -> list[int]:
        simulated = machine(port, (register("uint16", "ABCD"),))
        assert simulated.modbus is not None
        bank = RegisterBank(simulated.id, simulated.modbus)
        servers = await start_servers([simulated], {simulated.id: bank})
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=2)
        await client.connect()
        seen: list[int] = []
        for value in (1, 2, 3):
            bank.put({"x": value})
            seen += (await client.read_holding_registers(20, device_id=7)).registers
        client.close()
        await stop_servers(servers)
        return seen

    assert asyncio.run(run(free_port())) == [1, 2, 3]


def test_a_taken_port_is_named(free_port: FreePort) -> None:
    """The operator learns which port, and what to do."""
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(SettingsFault, match=f"127.0.0.1:{port}: the port is taken"):
            served(port, (register("uint16", "ABCD"),), {}, lambda _client: asyncio.sleep(0))


@pytest.mark.parametrize("url", ["rtu:///dev/ttyUSB0?baud=9600", "tls://127.0.0.1:802"])
def test_what_cannot_be_served_is_refused(url: str) -> None:
    """The simulators serve TCP only, and say so."""
    modbus = ModbusUnit(url, 1, 0.5, (register("uint16", "ABCD"),))
    simulated = Machine("m-1", "line-1", "hydraulic-press", {}, modbus)
    bank = {simulated.id: RegisterBank(simulated.id, modbus)}
    with pytest.raises(SettingsFault, match="tcp://host:port"):
        asyncio.run(start_servers([simulated], bank))


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (replace(register("string", "ABCD"), length=4), "x is a string of 4 in ascii"),
        (register("bcd16", "ABCD"), "x is a bcd16"),
        (replace(register("bool", "ABCD"), bits=Bits(3, 3)), "x is a bool bit 3"),
        (register("bool", "ABCD", table="coil"), "x stands in table coil"),
    ],
)
def test_what_the_simulators_cannot_play_is_refused(refused: Register, said: str) -> None:
    """A plant may hold more than simulated controllers speak."""
    modbus = ModbusUnit("tcp://127.0.0.1:1", 1, 0.5, (refused,))
    with pytest.raises(SettingsFault, match=f"m-1: {said}"):
        RegisterBank("m-1", modbus)
