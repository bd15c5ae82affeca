"""What the page and other listeners hear live: one publisher thread, many subscribers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

QUEUE = 256
"""A listener that falls this far behind is let go; it connects again and gets the whole state."""


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event."""

    kind: str
    """`issue` or `machine`."""
    body: str
    """JSON."""
    machine: str = ""
    """That it is about: a key that is not for it does not hear of it."""


class _Listener:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE + 1)
        self.late = False

    def put(self, message: Message | None) -> None:
        """Runs in the listener's own loop."""
        if self.late:
            return
        if self.queue.qsize() >= QUEUE:
            self.late, message = True, None
        self.queue.put_nowait(message)

    async def messages(self) -> AsyncIterator[Message]:
        while (message := await self.queue.get()) is not None:
            yield message


class Feed:
    """Hands each message to everyone who listens; publishing never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[_Listener] = set()

    def publish(self, message: Message) -> None:
        """Tell all listeners; callable from any thread."""
        with self._lock:
            for listener in self._listeners:
                if not listener.loop.is_closed():
                    listener.loop.call_soon_threadsafe(listener.put, message)

    @contextmanager
    def listen(self) -> Iterator[AsyncIterator[Message]]:
        """Messages from the moment of the call; they end for a listener who falls too far behind.

        To be called in the event loop that will read them.
        """
        listener = _Listener()
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener.messages()
        finally:
            with self._lock:
                self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        """How many listen now."""
        with self._lock:
            return len(self._listeners)
