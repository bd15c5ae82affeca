"""Where a Modbus device is reached, and which of its addresses must not be touched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard
from urllib.parse import SplitResult, parse_qsl, urlsplit

_LINE_DEFAULTS = {"baud": "19200", "parity": "E", "stop": "1"}
_BAUD = range(300, 4_000_001)
_LAST_ADDRESS = 65_535
_RANGE = re.compile(r"(coil|discrete|holding|input) +(\d{1,5})(?: *- *(\d{1,5}))?", re.ASCII)


class Carrier(StrEnum):
    """How the frames travel."""

    TCP = "tcp"
    TLS = "tls"
    RTU = "rtu"
    """A serial line."""
    RTU_TCP = "rtu+tcp"
    """Frames of the serial line inside a TCP connection, as plain converters send them."""

    @property
    def is_serial_framed(self) -> bool:
        """Frames with a checksum and without a transaction id."""
        return self in (Carrier.RTU, Carrier.RTU_TCP)


@dataclass(frozen=True, slots=True)
class Address:
    """One connection: units with an equal address share it."""

    carrier: Carrier
    host: str = ""
    port: int = 0
    device: str = ""
    """Of a serial line: `/dev/ttyUSB0`."""
    baud: int = 0
    parity: str = ""
    """`N`, `E` or `O`."""
    stop_bits: int = 0

    @property
    def character_s(self) -> float:
        """How long one character takes on the line; 0 without a line."""
        if not self.baud:
            return 0.0
        return (9 + (self.parity != "N") + self.stop_bits) / self.baud


def parse_address(url: str) -> Address:
    """The address that a url means.

    `tcp://host:502`, `tls://host:802`, `rtu+tcp://host:502`,
    `rtu:///dev/ttyUSB0?baud=19200&parity=E&stop=1`.

    Raises:
        ValueError: it means none; the message says why.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"url {url!r} is no address") from None
    try:
        carrier = Carrier(parts.scheme)
    except ValueError:
        known = ", ".join(f"{carrier}://" for carrier in Carrier)
        raise ValueError(f"url {url!r} must begin with {known}") from None
    if carrier is Carrier.RTU:
        return _line(url, parts)
    if not is_host(parts.hostname) or port == 0:
        raise ValueError(f"url {url!r} names no host or port")
    if parts.path.strip("/") or parts.query:
        raise ValueError(f"url {url!r} has more behind the port than an address needs")
    return Address(carrier, parts.hostname, port or (802 if carrier is Carrier.TLS else 502))


def is_host(name: str | None) -> TypeGuard[str]:
    """Whether a name could be one of a host; what is none ends a network thread, or is a typo."""
    try:
        return bool(name) and b"\0" not in str(name).encode("idna")
    except UnicodeError:
        return False


def _line(url: str, parts: SplitResult) -> Address:
    if parts.netloc or not parts.path.strip("/"):
        raise ValueError(f"url {url!r} names no serial line, like rtu:///dev/ttyUSB0?baud=19200")
    stated = dict(parse_qsl(parts.query, keep_blank_values=True))
    for key in stated:
        if key not in _LINE_DEFAULTS:
            known = ", ".join(_LINE_DEFAULTS)
            raise ValueError(f"url {url!r}: unknown key {key!r}; known are {known}")
    line = _LINE_DEFAULTS | stated
    if not (line["baud"].isdecimal() and int(line["baud"]) in _BAUD):
        raise ValueError(f"url {url!r}: baud = {line['baud']!r} is no speed, like 9600 or 19200")
    if line["parity"] not in ("N", "E", "O"):
        raise ValueError(f"url {url!r}: parity = {line['parity']!r} must be N, E or O")
    if line["stop"] not in ("1", "2"):
        raise ValueError(f"url {url!r}: stop = {line['stop']!r} must be 1 or 2")
    return Address(
        Carrier.RTU,
        device=parts.path,
        baud=int(line["baud"]),
        parity=line["parity"],
        stop_bits=int(line["stop"]),
    )


@dataclass(frozen=True, slots=True)
class IllegalRange:
    """Addresses of one table that a device does not answer for, or must not be asked for."""

    table: str
    """`coil`, `discrete`, `holding` or `input`."""
    first: int
    last: int

    def __str__(self) -> str:
        """`holding 100 to 120`, `coil 7`."""
        more = f" to {self.last}" if self.last > self.first else ""
        return f"{self.table} {self.first}{more}"

    def touches(self, table: str, start: int, end: int) -> bool:
        """Whether one of the addresses from `start` to before `end` is in it."""
        return table == self.table and start <= self.last and self.first < end


def parse_range(text: str) -> IllegalRange:
    """`holding 100-120`, or `holding 100` for one address.

    Raises:
        ValueError: it is no range; the message says why.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no range of addresses, like 'holding 100-120'")
    first = int(found[2])
    last = int(found[3] or first)
    if not first <= last <= _LAST_ADDRESS:
        raise ValueError(f"{text!r} does not rise from 0 to {_LAST_ADDRESS}")
    return IllegalRange(found[1], first, last)
