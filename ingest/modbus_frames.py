"""Requests and answers of Modbus as bytes, checked to the last one. Only reads can be asked for.

pymodbus lets a wrong function code and a short answer through, skips foreign answers until the
time is over, and raises inside its reader; so the few frames that a reader needs stand here. Its
checksum is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from pymodbus.framer import FramerRTU

from ingest.errors import DataFault, WireFault

_HEADER = Struct(">HHHB")
_READ = Struct(">BHH")
_FAILED = 0x80
_LONGEST_PDU = 253
_CHECKSUM = 2

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


class DeviceRefusal(DataFault):
    """The device answered with an exception code; the connection is sound."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_of_gateway(self) -> bool:
        """A gateway speaks for a device that it does not reach."""
        return self.code in (10, 11)

    @property
    def is_of_extent(self) -> bool:
        """The device does not know all of the addresses, or not so many at once."""
        return self.code in (2, 3)


@dataclass(frozen=True, slots=True)
class Ask:
    """One read."""

    unit: int
    function: int
    """1 to 4: coils, discrete inputs, holding registers, input registers."""
    address: int
    count: int

    @property
    def of_bits(self) -> bool:
        """One address holds a bit."""
        return self.function <= 2

    @property
    def content_bytes(self) -> int:
        """How many bytes of values the answer must hold."""
        return -(-self.count // 8) if self.of_bits else 2 * self.count

    def pdu(self) -> bytes:
        """Function, address and count."""
        return _READ.pack(self.function, self.address, self.count)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole frame; a serial one has transaction 0."""

    transaction: int
    unit: int
    pdu: bytes


def tcp_frame(ask: Ask, transaction: int) -> bytes:
    """The request with its header, as TCP and TLS carry it."""
    return _HEADER.pack(transaction, 0, 6, ask.unit) + ask.pdu()


def rtu_frame(ask: Ask) -> bytes:
    """The request with its checksum, as a serial line carries it."""
    content = bytes([ask.unit]) + ask.pdu()
    return content + FramerRTU.compute_CRC(content).to_bytes(_CHECKSUM, "big")


class TcpReader:
    """Cuts a stream into answers."""

    def __init__(self) -> None:
        self._left = b""

    @property
    def left(self) -> int:
        """Bytes that are no whole frame yet."""
        return len(self._left)

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that are complete now.

        Raises:
            WireFault: this is no Modbus; nothing behind it can be trusted.
        """
        self._left += data
        while len(self._left) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(self._left)
            if protocol != 0 or not 2 <= length <= _LONGEST_PDU + 1:
                raise WireFault(
                    f"answers with something that is no Modbus: {self._left[:12].hex(' ')}"
                )
            end = _HEADER.size - 1 + length
            if len(self._left) < end:
                return
            pdu, self._left = self._left[_HEADER.size : end], self._left[end:]
            yield Answer(transaction, unit, pdu)


class RtuReader:
    """Finds the answer to one request in what a serial line brings, noise and echo around it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._left = b""

    @property
    def left(self) -> int:
        """Bytes that came and are no answer."""
        return len(self._left)

    def feed(self, data: bytes) -> Answer | None:
        """The first frame with a right checksum, function and length; of whatever unit."""
        self._left += data
        for at in range(len(self._left) - 4):
            end = at + self._length(self._left[at + 1], self._left[at + 2])
            frame = self._left[at:end]
            if end - at == len(frame) > _CHECKSUM and _sound(frame):
                self._left = self._left[end:]
                return Answer(0, frame[0], frame[1:-_CHECKSUM])
        return None

    def _length(self, function: int, count: int) -> int:
        """Of a frame that begins so; 0 for one that is not awaited."""
        if function == self._ask.function:
            return 3 + count + _CHECKSUM
        return 5 if function == self._ask.function | _FAILED else 0


def _sound(frame: bytes) -> bool:
    checksum = int.from_bytes(frame[-_CHECKSUM:], "big")
    return bool(FramerRTU.compute_CRC(frame[:-_CHECKSUM]) == checksum)


def values_of(ask: Ask, answer: Answer) -> tuple[int, ...]:
    """Words, or bits as 0 and 1, exactly as many as asked for.

    Raises:
        DeviceRefusal: the device answers with an exception code.
        WireFault: this is no answer to that request.
    """
    if ask.unit not in (0, answer.unit):
        raise WireFault(f"answer of unit {answer.unit}, asked was unit {ask.unit}")
    function, content = answer.pdu[0], answer.pdu[2:]
    if function == ask.function | _FAILED and len(answer.pdu) == 2:
        code = answer.pdu[1]
        name = _EXCEPTIONS.get(code, "unknown exception")
        raise DeviceRefusal(f"device answers with exception {code} ({name})", code)
    if function != ask.function:
        raise WireFault(f"answer has function code {function}, asked was {ask.function}")
    if len(answer.pdu) < 2 or answer.pdu[1] != len(content):
        raise WireFault("answer is cut short, or longer than it says")
    if len(content) != ask.content_bytes:
        held = 8 * len(content) if ask.of_bits else len(content) // 2
        raise WireFault(f"answer holds {held} values, asked were {ask.count}")
    if ask.of_bits:
        return tuple(content[bit >> 3] >> (bit & 7) & 1 for bit in range(ask.count))
    return _WORDS[ask.count].unpack(content)


_WORDS = tuple(Struct(f">{count}H") for count in range(_LONGEST_PDU // 2 + 1))
