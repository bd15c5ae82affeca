"""pymodbus' own servers beside a test, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymodbus.server import ModbusSerialServer, ModbusTcpServer

Server = ModbusSerialServer | ModbusTcpServer


@contextmanager
def serving(make: Callable[[], Server]) -> Iterator[None]:
    """The server that `make` gives inside the loop of the thread, while the block runs."""
    ready, ends = threading.Event(), []

    async def serve() -> None:
        server = make()
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        ends.append(lambda: loop.call_soon_threadsafe(over.set))
        await server.serve_forever(background=True)
        ready.set()
        await over.wait()
        await server.shutdown()  # type: ignore[no-untyped-call]

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    try:
        yield
    finally:
        ends[0]()
        thread.join(60)
        assert not thread.is_alive()
