"""An open connection to Modbus devices: sends one request, and knows its answer from all others."""

from __future__ import annotations

import asyncio
import ssl
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from pymodbus.transport.serialtransport import create_serial_connection

from ingest.errors import WireFault
from ingest.modbus_address import Address, Carrier
from ingest.modbus_frames import Answer, Ask, RtuReader, TcpReader, rtu_frame, tcp_frame
from ingest.tls import TlsFiles, client_context, tls_words


class LinkFault(WireFault):
    """No answer, or a wrong one."""

    def __init__(self, message: str, *, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost
        """The connection broke while the answer was awaited, as one does that was idle for long."""


Late = Callable[[Answer], bool]
"""Takes an answer that is not the awaited one; False when nobody ever asked for it."""


class Port(asyncio.Protocol):
    """One connection: what is sent, and the answer that is awaited."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._heard = False
        self.opened = asyncio.Event()
        self.is_lost = False

    @property
    def left(self) -> int:
        """Bytes that came and are no whole answer."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        self.opened.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end, or the line, is gone."""
        self.is_lost = True
        if isinstance(exc, ssl.SSLError):
            self._fail(LinkFault(tls_words(exc)))
            return
        how = f" ({words_of(exc).lower()})" if exc is not None else ""
        if self._is_encrypted and not self._heard:
            how += " before its first word: it may not trust our certificate"
        self._fail(LinkFault(f"the connection is closed by the device{how}", lost=True))

    @property
    def _is_encrypted(self) -> bool:
        transport = self._transport
        return transport is not None and transport.get_extra_info("ssl_object") is not None

    def close(self) -> None:
        """Close for good; nothing that still comes is looked at."""
        self.is_lost = True
        if self._transport is not None:
            with suppress(OSError):
                self._transport.abort()

    def send(self, ask: Ask, transaction: int) -> asyncio.Future[Answer]:
        """Send a request and await its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport is None or self.is_lost:
            self.connection_lost(None)
        else:
            self._transport.write(self._begin(ask, transaction))
        return self._waiting

    def _begin(self, ask: Ask, transaction: int) -> bytes:
        """The frame of a request, whose answer is looked for from now on."""
        raise NotImplementedError

    def _fail(self, fault: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(fault)

    def _succeed(self, answer: Answer) -> None:
        self._heard = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


class TcpPort(Port):
    """Frames with a transaction id, over TCP or TLS."""

    def __init__(self, late: Late) -> None:
        super().__init__()
        self._late = late
        self._reader = TcpReader()
        self._transaction = 0

    @property
    def left(self) -> int:
        """Bytes that came and are no whole answer."""
        return self._reader.left

    def data_received(self, data: bytes) -> None:
        """Find the awaited answer; one that nobody asked for shows that we are out of step."""
        if self.is_lost:
            return
        try:
            for answer in self._reader.feed(data):
                self._sort(answer)
        except WireFault as fault:
            self.is_lost = True
            self._fail(LinkFault(fault.message))

    def _sort(self, answer: Answer) -> None:
        awaited = self._waiting is not None and not self._waiting.done()
        if awaited and answer.transaction == self._transaction:
            self._succeed(answer)
        elif not self._late(answer):
            asked = f"asked was {self._transaction}" if awaited else "nothing was asked"
            raise WireFault(f"answer to transaction {answer.transaction}, {asked}")

    def _begin(self, ask: Ask, transaction: int) -> bytes:
        self._transaction = transaction
        return tcp_frame(ask, transaction)


class RtuPort(Port):
    """Frames of a serial line, on the line itself or inside TCP."""

    def __init__(self) -> None:
        super().__init__()
        self._reader: RtuReader | None = None

    @property
    def left(self) -> int:
        """Bytes that came and are no whole answer."""
        return self._reader.left if self._reader is not None else 0

    def data_received(self, data: bytes) -> None:
        """Find the awaited answer; what comes unasked is dropped."""
        if self._reader is not None and (answer := self._reader.feed(data)):
            self._reader = None
            self._succeed(answer)

    def _begin(self, ask: Ask, transaction: int) -> bytes:
        del transaction  # these frames have none
        self._reader = RtuReader(ask)
        return rtu_frame(ask)


async def open_port(address: Address, tls: TlsFiles, late: Late) -> Port:
    """Connect.

    Raises:
        OSError: the device, the network or the line does not let us.
        ValueError: the files for TLS or the settings of the line cannot be used.
    """
    if address.carrier is Carrier.RTU:
        return await _open_line(address)
    make: Callable[[], Port] = RtuPort
    if address.carrier is not Carrier.RTU_TCP:
        make = lambda: TcpPort(late)  # noqa: E731 - a factory, chosen here
    secure = address.carrier is Carrier.TLS
    _, port = await asyncio.get_running_loop().create_connection(
        make,
        address.host,
        address.port,
        ssl=client_context(tls) if secure else None,
        server_hostname=(tls.server_name or address.host) if secure else None,
    )
    return port


async def _open_line(address: Address) -> Port:
    try:
        _, protocol = await create_serial_connection(
            asyncio.get_running_loop(),
            RtuPort,
            address.device,
            baudrate=address.baud,
            bytesize=8,
            parity=address.parity,
            stopbits=address.stop_bits,
            timeout=0,
        )
    except termios.error as fault:
        raise OSError(f"{address.device} does not take these settings: {fault.args[-1]}") from fault
    port = cast("Port", protocol)
    await port.opened.wait()
    return port


def words_of(fault: BaseException) -> str:
    """What went wrong below us, without a number of the system."""
    return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
