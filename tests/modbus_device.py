"""A Modbus device over TCP that answers as a test likes, and tells what it was asked."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

REQUEST = struct.Struct(">HHHBBHH")


@dataclass(frozen=True)
class Asked:
    """One request, and the how many-th of its connection and of all it was, from 0."""

    connection: int
    number: int
    transaction: int
    unit: int
    function: int
    address: int
    count: int


Answer = Callable[[Asked], bytes]
"""The bytes that go back, none for silence; may wait first."""


@dataclass
class Log:
    """What the device saw."""

    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()


def frame(asked: Asked, content: bytes, *, function: int | None = None, **other: int) -> bytes:
    """An answer with a right header, but for what `other` names: transaction, unit, length."""
    kind = asked.function if function is None else function
    return (
        struct.pack(
            ">HHHBB",
            other.get("transaction", asked.transaction),
            0,
            other.get("length", len(content) + 2),
            other.get("unit", asked.unit),
            kind,
        )
        + content
    )


def values(asked: Asked, word: int) -> bytes:
    """A right answer: the same word in all registers."""
    return frame(asked, bytes([2 * asked.count]) + struct.pack(">H", word) * asked.count)


def exception(asked: Asked, code: int) -> bytes:
    """An exception answer."""
    return frame(asked, bytes([code]), function=asked.function | 0x80)


@contextmanager
def device(port: int, answer: Answer) -> Iterator[Log]:
    """Serve while the block runs; each connection has a thread."""
    log = Log()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with log.lock:
                own, log.connections = log.connections, log.connections + 1
            try:
                self._serve(own)
            except OSError:
                return  # the client went away

        def _serve(self, own: int) -> None:
            held = b""
            while data := self.request.recv(260):
                held += data
                while len(held) >= REQUEST.size:
                    transaction, _, _, *rest = REQUEST.unpack_from(held)
                    held = held[REQUEST.size :]
                    with log.lock:
                        asked = Asked(own, len(log.asked), transaction, *rest)
                        log.asked.append(asked)
                    if back := answer(asked):
                        self.request.sendall(back)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield log
        finally:
            server.shutdown()
            thread.join()
