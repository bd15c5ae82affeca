"""The machines' controllers on Modbus TCP: register banks and the servers in front of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.errors import SettingsFault
from ingest.plant import Machine, ModbusUnit
from simulators.packing import FORMATS, pack, raw, word_count

_TABLES = {3: "holding", 4: "input"}
_NOTHING = SimData(65_535, datatype=DataType.INVALID)
_log = logging.getLogger(__name__)


class RegisterBank:
    """The words of one controller, read-only from the wire; other addresses give exception 2."""

    def __init__(self, machine: str, modbus: ModbusUnit) -> None:
        self._unit = modbus.unit
        self._registers = modbus.registers
        self._words: dict[str, dict[int, int]] = {table: {} for table in _TABLES.values()}
        for register in modbus.registers:
            if register.table.value not in self._words:
                raise SettingsFault(
                    f"{machine}: {register.signal} stands in table {register.table.value}.",
                    remedy="The simulators serve the tables holding and input.",
                )
            if register.type.value not in FORMATS or register.bits is not None:
                raise SettingsFault(
                    f"{machine}: {register.signal} is a {register.meaning}.",
                    remedy=f"The simulators serve whole registers of {', '.join(FORMATS)}.",
                )
        self.put({register.signal: register.offset for register in modbus.registers})

    def put(self, values: Mapping[str, float]) -> None:
        """Set every register whose signal is among the values."""
        for register in self._registers:
            if register.signal in values:
                number = raw(values[register.signal], scale=register.scale, offset=register.offset)
                words = pack(number, register.type.value, register.order.value)
                self._words[register.table.value] |= dict(enumerate(words, register.address))

    def device(self) -> SimDevice:
        """The controller as pymodbus serves it."""
        bits = [SimData(0, count=1, values=[False] * 16, datatype=DataType.BITS, readonly=True)]
        return SimDevice(
            self._unit,
            simdata=(bits, bits, self._blocks("holding"), self._blocks("input")),
            action=self._refresh,
        )

    def _blocks(self, table: str) -> list[SimData]:
        blocks = [
            SimData(
                register.address,
                values=[0] * word_count(register.type.value),
                datatype=DataType.REGISTERS,
                readonly=True,
            )
            for register in self._registers
            if register.table.value == table
        ]
        return blocks or [_NOTHING]

    async def _refresh(
        self,
        function_code: int,
        start_address: int,
        _address: int,
        _count: int,
        current_registers: list[int],
        _set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by pymodbus before it answers: bring the served block up to date."""
        for at, word in self._words.get(_TABLES.get(function_code, ""), {}).items():
            current_registers[at - start_address] = word
        return None


def bank_of(machine: Machine) -> RegisterBank | None:
    """The register bank of a machine; None for one that has no Modbus."""
    return RegisterBank(machine.id, machine.modbus) if machine.modbus else None


async def start_servers(
    machines: Sequence[Machine],
    banks: Mapping[str, RegisterBank],
    *,
    port_base: int | None = None,
) -> list[ModbusTcpServer]:
    """Serve the banks at the addresses of the plant; units behind one address share a server.

    Args:
        machines: those whose banks are served.
        banks: by machine id.
        port_base: count up from this port instead of using the plant's ports.
    """
    devices: dict[tuple[str, int], list[SimDevice]] = {}
    for machine in machines:
        if machine.modbus is not None:
            address = _address(machine.id, machine.modbus.url)
            devices.setdefault(address, []).append(banks[machine.id].device())
    servers = []
    for place, ((host, port), units) in enumerate(devices.items()):
        served_at = (host, port if port_base is None else port_base + place)
        servers.append(await _start(served_at, units))
    return servers


async def stop_servers(servers: Sequence[ModbusTcpServer]) -> None:
    """Close the servers and their connections."""
    for server in servers:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus types it not


async def _start(address: tuple[str, int], units: list[SimDevice]) -> ModbusTcpServer:
    server = ModbusTcpServer(units, address=address)
    try:
        await server.serve_forever(background=True)
    except RuntimeError as fault:
        raise SettingsFault(
            f"Nothing can be served at {address[0]}:{address[1]}: the port is taken.",
            remedy="End the program that uses it, or choose others with --modbus-port-base.",
        ) from fault
    _log.info("Modbus server listens: %s:%d units=%d", *address, len(units))
    return server


def _address(machine: str, url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "tcp" or not parts.hostname:
        raise SettingsFault(
            f"{machine} is reached at {url}, which the simulators cannot serve.",
            remedy="They serve tcp://host:port.",
        )
    return parts.hostname, parts.port or 502
