"""One connection that the Modbus units behind an address share, in turns, each answer checked."""

from __future__ import annotations

import asyncio
import itertools
import math
import ssl
import time

from ingest.errors import WireFault
from ingest.modbus_address import Address, Carrier
from ingest.modbus_frames import Answer, Ask, values_of
from ingest.modbus_port import LinkFault, Port, open_port, words_of
from ingest.tls import NO_FILES, TlsFiles, tls_words

_GAP_CHARACTERS = 3.5
_SHORTEST_GAP_S = 0.00175
_MOST_GIVEN_UP = 32
_FADE = 0.98
_AROUND = 10
"""Characters of a serial request and answer beside what they hold."""


class ModbusLink:
    """A connection that is made when it is needed, for one request at a time.

    Who asks waits in the order of asking, so that units take turns request by request. All of it
    runs in one event loop.
    """

    def __init__(self, address: Address, tls: TlsFiles = NO_FILES) -> None:
        self._address = address
        self._tls = tls
        self._turn = asyncio.Lock()
        self._port: Port | None = None
        self._transactions = itertools.cycle(range(1, 0x10000))
        self._answered: set[int] = set()
        self._given_up: dict[int, tuple[int, float]] = {}
        self._late: dict[int, float] = {}
        self._silent_until = 0.0
        self._took_s = 0.0
        self._answered_at = -math.inf
        self.held_s = 0.0
        """How long the last read kept all others waiting."""
        self.slowest_s = 0.0
        """The slowest answer of late: it fades with each answer behind it."""
        self.users = 0
        """How many lanes ask over it."""

    @property
    def is_serial_framed(self) -> bool:
        """A line with noise, and answers that bear no transaction id."""
        return self._address.carrier.is_serial_framed

    def close(self) -> None:
        """Drop the connection; the next read makes a new one."""
        if self._port is not None:
            self._port.close()
        self._port = None
        self._given_up.clear()
        self._answered.clear()

    def late_s(self, unit: int) -> float:
        """How long the unit took for the last answer that came after we gave it up; 0: none."""
        return self._late.get(unit, 0.0)

    def serves_others(self, lately_s: float) -> bool:
        """Whether other lanes use it, and any unit has answered lately."""
        return self.users > 1 and time.monotonic() - self._answered_at < lately_s

    async def read(
        self, ask: Ask, timeout_s: float, *, connect_s: float | None = None
    ) -> tuple[int, ...]:
        """Words, or bits as 0 and 1, exactly as many as asked for.

        Args:
            ask: what to read.
            timeout_s: how long to wait for the answer.
            connect_s: how long to wait for a connection where there is none; as long, if None.

        Raises:
            DeviceRefusal: the device answers with an exception code.
            LinkFault: no answer or a wrong one; one that comes late is not taken for the next.
        """
        async with self._turn:
            began = time.monotonic()
            try:
                port = self._port
                if port is None or port.is_lost:
                    port = self._port = await self._connect(connect_s or timeout_s)
                answer = await self._exchange(port, ask, timeout_s)
                self._answered.add(ask.unit)
                values = values_of(ask, answer)
            except TimeoutError:
                raise LinkFault(self._fallen_silent(ask, timeout_s)) from None
            except WireFault as fault:
                self.close()
                lost = isinstance(fault, LinkFault) and fault.lost
                raise LinkFault(fault.message, lost=lost) from fault
            finally:
                self.held_s = time.monotonic() - began
            self._answered_at = time.monotonic()
            self.slowest_s = max(self._took_s, self.slowest_s * _FADE)
            return values

    async def _exchange(self, port: Port, ask: Ask, timeout_s: float) -> Answer:
        loop = asyncio.get_running_loop()
        if (pause := self._silent_until - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        transaction, sent = next(self._transactions), time.monotonic()
        waiting = port.send(ask, transaction)
        timer = loop.call_later(timeout_s + self._on_the_line_s(ask), _time_over, waiting)
        try:
            answer = await waiting
        except (TimeoutError, asyncio.CancelledError):
            self._given_up[transaction] = (ask.unit, sent)
            if waiting.cancelled() and self.is_serial_framed:
                self.close()
            raise
        finally:
            timer.cancel()
            self._silent_until = time.monotonic() + self._silence_s()
        self._took_s = time.monotonic() - sent
        return answer

    async def _connect(self, timeout_s: float) -> Port:
        self.close()
        try:
            async with asyncio.timeout(timeout_s):
                port = await open_port(self._address, self._tls, self._is_late)
        except TimeoutError:
            raise LinkFault(f"cannot be reached within {timeout_s:.3g} s") from None
        except ssl.SSLError as fault:
            raise LinkFault(tls_words(fault)) from fault
        except (OSError, ValueError) as fault:
            raise LinkFault(f"cannot be reached: {words_of(fault)}") from fault
        return port

    def _fallen_silent(self, ask: Ask, timeout_s: float) -> str:
        """Keep the connection only where it is known to be alive, and answers can be told apart.

        It is alive when another unit answered since the last silence. Without transaction ids a
        late answer could be taken for the next one.
        """
        left = self._port.left if self._port is not None else 0
        alive = bool(self._answered - {ask.unit})
        self._answered.clear()
        told_apart = not self.is_serial_framed and not left
        if not (alive and told_apart and len(self._given_up) < _MOST_GIVEN_UP):
            self.close()
        came = f"; {left} bytes came that are no answer" if left else ""
        return f"no answer within {timeout_s:.3g} s{came}"

    def _is_late(self, answer: Answer) -> bool:
        """Note how late an answer is that we gave up; False for one that was never asked for."""
        unit, sent = self._given_up.pop(answer.transaction, (None, 0.0))
        if unit is None:
            return False
        self._late[unit] = time.monotonic() - sent
        return True

    def _silence_s(self) -> float:
        """What a serial line needs between two frames."""
        if self._address.carrier is not Carrier.RTU:
            return 0.0
        return max(_GAP_CHARACTERS * self._address.character_s, _SHORTEST_GAP_S)

    def _on_the_line_s(self, ask: Ask) -> float:
        """How long request and answer travel on a serial line, beside the device's own time."""
        return (len(ask.pdu()) + ask.content_bytes + _AROUND) * self._address.character_s


def _time_over(waiting: asyncio.Future[Answer]) -> None:
    if not waiting.done():
        waiting.set_exception(TimeoutError())
