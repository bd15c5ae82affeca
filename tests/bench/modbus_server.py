"""Modbus devices for measurements, in a process of their own: answers that are ready beforehand.

`python -m tests.bench.modbus_server PORTS [--silent UNIT] [--waits SECONDS]` prints the ports and
serves until its input ends. A silent unit is never answered; with `--waits` it is answered with
exception 11 after that time, and all others behind it wait, as behind a gateway with one line.
`--sleep SECONDS` serves nothing and measures how late a sleeping process wakes.
"""

from __future__ import annotations

import argparse
import asyncio
import struct
import sys
import time
from collections.abc import Iterable, Iterator

_NAP_S = 0.02
_REQUEST = struct.Struct(">HHHBBHH")
_WORDS = b"".join(struct.pack(">H", 1000 + at) for at in range(125))


class Device(asyncio.Protocol):
    """One connection."""

    def __init__(self, silent: int, waits_s: float) -> None:
        self._silent = silent
        self._waits_s = waits_s
        self._held = b""
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._held += data
        self._answer()

    def _answer(self) -> None:
        while len(self._held) >= _REQUEST.size and not self._busy:
            transaction, _, _, unit, function, _, count = _REQUEST.unpack_from(self._held)
            self._held = self._held[_REQUEST.size :]
            if unit != self._silent:
                head = struct.pack(
                    ">HHHBBB", transaction, 0, 3 + 2 * count, unit, function, 2 * count
                )
                self._transport.write(head + _WORDS[: 2 * count])
            elif self._waits_s:
                self._busy = True
                refusal = struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 11)
                asyncio.get_running_loop().call_later(self._waits_s, self._refuse, refusal)

    def _refuse(self, refusal: bytes) -> None:
        self._busy = False
        self._transport.write(refusal)
        self._answer()


async def serve(ports: int, silent: int, waits_s: float) -> None:
    """Listen on that many free ports, until the input ends."""
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: Device(silent, waits_s), "127.0.0.1") for _ in range(ports)
    ]
    sys.stdout.write(" ".join(str(s.sockets[0].getsockname()[1]) for s in servers) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


def late_wakings(seconds: float) -> Iterator[float]:
    """By how much each sleep of 20 ms took longer."""
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        time.sleep(_NAP_S)
        yield time.monotonic() - began - _NAP_S


def p99(values: Iterable[float]) -> float:
    """The value that one of a hundred is above."""
    ordered = sorted(values)
    return ordered[int(0.99 * (len(ordered) - 1))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ports", type=int, nargs="?", default=1)
    parser.add_argument("--sleep", type=float, default=0.0)
    parser.add_argument("--silent", type=int, default=-1)
    parser.add_argument("--waits", type=float, default=0.0)
    chosen = parser.parse_args()
    if chosen.sleep:
        sys.stdout.write(f"{1000 * p99(late_wakings(chosen.sleep))}\n")
        sys.exit()
    asyncio.run(serve(chosen.ports, chosen.silent, chosen.waits))
