"""A broker that confirms every PUBLISH and throws it away: what a flood could push at most.

`python -m tests.discard_broker 1884` listens on loopback until it is ended.
"""

from __future__ import annotations

import asyncio
import sys

_CONNECT, _PUBLISH = 0x10, 0x30
_CONNACK = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}


class Discarding(asyncio.Protocol):
    """One publisher's connection."""

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        answers: list[bytes] = []
        at, end = 0, len(data)
        while at + 2 <= end:
            size, place = data[at + 1], at + 2
            if size & 0x80:
                if place >= end:
                    break
                size, place = (size & 0x7F) | data[place] << 7, place + 1
            if place + size > end:
                break
            if data[at] & 0xF0 == _PUBLISH:
                name = place + 2 + (data[place] << 8 | data[place + 1])
                answers.append(b"\x40\x02" + data[name : name + 2])
            elif data[at] & 0xF0 == _CONNECT:
                answers.append(_CONNACK[data[place + 6]])
            at = place + size
        self._rest = data[at:]
        self._transport.write(b"".join(answers))


async def serve(port: int) -> None:
    """Until it is cancelled."""
    server = await asyncio.get_running_loop().create_server(Discarding, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
