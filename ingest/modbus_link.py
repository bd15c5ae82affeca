"""One connection to Modbus devices: reads only, each answer checked, broken ones thrown away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Protocol
from urllib.parse import urlsplit

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU

from ingest.errors import DataFault, WireFault
from ingest.registers import RegisterTable

logger = logging.getLogger(__name__)

# pymodbus logs every timeout as an error; the lane says once what a person needs to know.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge, still busy",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not answer",
}


def hush_nonsense() -> None:
    """Let the running loop not print a trace for every answer that pymodbus cannot read.

    pymodbus raises in its reader; the request then ends as one without an answer.
    """

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "protocol" in context:
            logger.debug("modbus answer cannot be read fault=%r", context.get("exception"))
        else:
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(handle)


class DeviceRefusal(DataFault):
    """The device answered with an exception code; the connection is sound."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class _Read(Protocol):
    """The shape of the four read methods; no other is ever called."""

    def __call__(self, address: int, *, count: int, device_id: int) -> Awaitable[ModbusPDU]: ...


class ModbusLink:
    """A connection that the units behind one address share, one request at a time."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        address = urlsplit(url)
        self.url = url
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._client = AsyncModbusTcpClient(
            address.hostname or "",
            port=address.port or 502,
            framer=FramerType.RTU if address.scheme == "rtu+tcp" else FramerType.SOCKET,
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            name=f"{address.hostname}:{address.port}",
        )

    def close(self) -> None:
        """Drop the connection; the next read makes a new one."""
        self._client.close()

    async def read(self, table: RegisterTable, address: int, *, count: int, unit: int) -> list[int]:
        """Words, or bits as 0 and 1, exactly as many as asked for.

        Raises:
            DeviceRefusal: the device answered with an exception code.
            WireFault: no answer or a wrong one; the connection was thrown away, so that a late
                answer cannot be taken for the next one.
        """
        async with self._lock:
            try:
                answer = await asyncio.wait_for(
                    self._ask(table, address, count=count, unit=unit), 2.5 * self._timeout_s
                )
                return _checked(answer, table, count)
            except (ModbusException, OSError, TimeoutError) as fault:
                self.close()
                raise WireFault(_reason(fault, self._timeout_s)) from fault
            except WireFault:
                self.close()
                raise

    async def _ask(self, table: RegisterTable, address: int, *, count: int, unit: int) -> ModbusPDU:
        if not self._client.connected and not await self._client.connect():
            raise WireFault("cannot be reached")
        read: _Read = {
            RegisterTable.COIL: self._client.read_coils,
            RegisterTable.DISCRETE: self._client.read_discrete_inputs,
            RegisterTable.HOLDING: self._client.read_holding_registers,
            RegisterTable.INPUT: self._client.read_input_registers,
        }[table]
        return await read(address, count=count, device_id=unit)


def _checked(answer: ModbusPDU, table: RegisterTable, count: int) -> list[int]:
    """pymodbus lets a wrong function code and a short answer through: both are looked at here."""
    if isinstance(answer, ExceptionResponse):
        name = _EXCEPTIONS.get(answer.exception_code, "unknown exception")
        raise DeviceRefusal(
            f"device answers with exception {answer.exception_code} ({name})",
            answer.exception_code,
        )
    if answer.function_code != table.read_function:
        raise WireFault(
            f"answer has function code {answer.function_code}, asked was {table.read_function}"
        )
    if table.of_bits:
        found, expected = len(answer.bits), -(-count // 8) * 8
    else:
        found, expected = len(answer.registers), count
    if found != expected:
        raise WireFault(f"answer holds {found} values, asked were {expected}")
    return [int(bit) for bit in answer.bits[:count]] if table.of_bits else list(answer.registers)


def _reason(fault: Exception, timeout_s: float) -> str:
    text = str(fault)
    if isinstance(fault, TimeoutError) or "No response" in text or "No Response" in text:
        return f"no answer within {timeout_s:g} s"
    return text.removeprefix("Modbus Error: ") or type(fault).__name__
