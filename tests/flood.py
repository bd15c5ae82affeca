"""A raw MQTT publisher for floods: QoS 1 on an asyncio socket, 3.1.1 and 5.

It keeps a window of unconfirmed packets, comes back when the broker does, and sends again what was
not confirmed. `python -m tests.flood --url mqtt://127.0.0.1:1883 --count 100000` prints its count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from tests.mqtt_packets import (
    ID_BYTES,
    IDS,
    PUBACKS,
    Received,
    as_again,
    connect,
    head,
    received,
)

TOPIC = "andon/line-1/press-3/telemetry"
Message = tuple[str, bytes]
"""Topic and payload."""

_MOST_AT_ONCE = 500
_PAUSE_S = 0.002
_AGAIN_S = 0.05
_WELCOME_S = 5.0
_START = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was handed to the broker, and what it confirmed."""

    sent: int
    """Messages, each counted once."""
    confirmed: int
    resent: int
    """Packets sent again after a lost connection: the broker may have had them already."""
    connections: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.confirmed / self.seconds


class _Link(asyncio.Protocol):
    """One connection: says hello, hands bytes on, and wakes its flood."""

    def __init__(self, flood: Flood, hello: bytes) -> None:
        self._flood = flood
        self._hello = hello
        self.transport: asyncio.Transport | None = None
        self.open = True
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._say_at_once()
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        self._say_at_once()
        self._flood.take(data, self)

    def _say_at_once(self) -> None:
        """Nagle at the broker waits for our TCP confirmation: 40 ms a window without this."""
        assert self.transport
        link: socket.socket = self.transport.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._flood.wake()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self._flood.wake()

    def write(self, content: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(content)


class Flood:
    """Publishes messages as fast as the broker confirms them, or as it is allowed to.

    `rate` is in messages a second, 0 for none. `allowed` gives how many messages may have been
    sent by now, and at the end more than there are: so a flood can keep a bounded lead over a
    collector. `insists`: what nobody has subscribed to is sent again until somebody has (MQTT 5).
    `confirmed` and `sent` may be read from another thread while it runs.
    """

    def __init__(
        self,
        url: str,
        *,
        version: int = 5,
        window: int = 1000,
        rate: float = 0,
        allowed: Callable[[], int] | None = None,
        insists: bool = False,
        patience_s: float = 60,
        client_id: str = "",
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 1883
        self._version = version
        self._window = self._limit = min(window, IDS)
        self._rate = rate
        self._allowed = allowed
        self._insists = insists
        self._patience_s = patience_s
        self._client_id = client_id or f"flood-{secrets.token_hex(4)}"
        self._pending: deque[bytes] = deque()
        self._oldest = 0
        self._early: set[int] = set()
        self._rest = b""
        self._welcomed = asyncio.Event()
        self._wake = asyncio.Event()
        self._fault: ValueError | None = None
        self._began = 0.0
        self.sent = self.confirmed = self.resent = self.connections = 0

    def run(self, messages: Iterable[Message]) -> Outcome:
        """Publish all of them, from a thread or a program without a loop."""
        return asyncio.run(self.publish(messages))

    async def publish(self, messages: Iterable[Message]) -> Outcome:
        """Publish all of them and wait until every one is confirmed.

        Raises:
            TimeoutError: for `patience_s` the broker was away or confirmed nothing.
            ValueError: the broker refused the connection or a message.
        """
        self._wake, self._welcomed = asyncio.Event(), asyncio.Event()
        self._began = time.monotonic()
        packets = self._packed(messages)
        link = await self._linked()
        left = True
        while left or self._pending:
            if not link.open:
                link = await self._linked()
            room = self._room() if left and link.writable else 0
            if not room:
                await self._rest_a_while(is_gated=left and len(self._pending) < self._limit // 2)
                continue
            batch = list(islice(packets, room))
            left = bool(batch)
            self._pending.extend(batch)
            self.sent += len(batch)
            link.write(b"".join(batch))
        link.write(b"\xe0\x00")
        if link.transport:
            link.transport.close()
        seconds = time.monotonic() - self._began
        return Outcome(self.sent, self.confirmed, self.resent, self.connections, seconds)

    def wake(self) -> None:
        """Something happened that the flood may be waiting for."""
        self._wake.set()

    def take(self, data: bytes, link: _Link) -> None:
        """Bytes of the broker: mostly confirmations in the order of what was sent."""
        count, over = divmod(len(data), 4)
        expected = PUBACKS[4 * self._oldest : 4 * (self._oldest + count)]
        if not self._rest and not over and not self._early and data == expected:
            self._confirm(count)
        else:
            try:
                self._understand(received(self._rest + data, self._version), link)
            except ValueError as fault:
                self._fault = fault
        self._wake.set()

    def _understand(self, said: Received, link: _Link) -> None:
        self._rest = said.rest
        if said.receive_maximum is not None:
            self._welcomed.set()
            self._limit = min(self._window, said.receive_maximum)
        if self._insists and said.unwanted:
            asyncio.get_running_loop().call_later(_AGAIN_S, self._insist, said.unwanted, link)
            said.confirmed = [index for index in said.confirmed if index not in said.unwanted]
        self._early.update(said.confirmed)
        while self._oldest in self._early:
            self._early.remove(self._oldest)
            self._confirm(1)

    def _insist(self, indexes: list[int], link: _Link) -> None:
        again = [self._pending[(index - self._oldest) % IDS] for index in indexes if link.open]
        self.resent += len(again)
        link.write(b"".join(again))

    def _confirm(self, count: int) -> None:
        for _ in range(count):
            self._pending.popleft()
        self._oldest = (self._oldest + count) % IDS
        self.confirmed += count

    def _packed(self, messages: Iterable[Message]) -> Iterator[bytes]:
        heads: dict[tuple[str, int], bytes] = {}
        ids = ID_BYTES[self._version]
        for number, (topic, payload) in enumerate(messages, self.sent):
            key = topic, len(payload)
            if key not in heads:
                heads[key] = head(topic, len(payload), self._version)
            yield heads[key] + ids[number % IDS] + payload

    def _room(self) -> int:
        """How many messages may go out now; few at a time cost too much."""
        window = self._limit - len(self._pending)
        if window < max(1, self._limit // 4):
            return 0
        room = min(window, _MOST_AT_ONCE)
        if self._rate:
            due = int((time.monotonic() - self._began) * self._rate) + 1 - self.sent
            room = min(room, due)
        if self._allowed:
            room = min(room, self._allowed() - self.sent)
        return max(room, 0)

    async def _rest_a_while(self, *, is_gated: bool) -> None:
        """Until the broker says something; a flood that is held back looks again soon."""
        if is_gated:
            await asyncio.sleep(_PAUSE_S)
            return
        self._wake.clear()
        if self._fault:
            raise self._fault
        try:
            await asyncio.wait_for(self._wake.wait(), self._patience_s)
        except TimeoutError:
            message = f"the broker confirmed {self.confirmed} of {self.sent} and then no more"
            raise TimeoutError(message) from None

    async def _linked(self) -> _Link:
        """A connection on which all that was not confirmed has been sent again."""
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            if link := await self._welcomed_link():
                self._send_again(link)
                return link
            await asyncio.sleep(_AGAIN_S)
        raise TimeoutError(f"no broker at {self._host}:{self._port}")

    async def _welcomed_link(self) -> _Link | None:
        self._rest = b""
        self._welcomed.clear()
        hello = connect(self._client_id, self._version)
        loop = asyncio.get_running_loop()
        try:
            _, link = await loop.create_connection(
                lambda: _Link(self, hello), self._host, self._port
            )
            await asyncio.wait_for(self._welcomed.wait(), _WELCOME_S)
        except (OSError, TimeoutError):
            if self._fault:
                raise self._fault from None
            return None
        return link if link.open else None

    def _send_again(self, link: _Link) -> None:
        self.connections += 1
        self.resent += len(self._pending)
        self._early.clear()
        link.write(b"".join(as_again(packet) for packet in self._pending))


def flood(url: str, messages: Iterable[Message], **options: object) -> Outcome:
    """Publish any messages and wait until every one is confirmed; options as of `Flood`."""
    return Flood(url, **options).run(messages)  # type: ignore[arg-type]


def readings(
    count: int, *, first: int = 0, topic: str = TOPIC, start: datetime = _START
) -> Iterator[Message]:
    """One reading a message, numbered, a millisecond apart; its value is its number and a half."""
    return ((topic, body) for body in _bodies(count, first, start))


def arrays(
    count: int, size: int, *, first: int = 0, topic: str = TOPIC, start: datetime = _START
) -> Iterator[Message]:
    """`size` samples a message under `/samples`, each with its own time and number."""
    bodies = _bodies(count * size, first * size, start)
    for _ in range(count):
        yield topic, b'{"samples":[%b]}' % b",".join(islice(bodies, size))


def live_readings(count: int, *, first: int = 0, topic: str = TOPIC) -> Iterator[Message]:
    """One reading a message, numbered, with the time at which it was asked for."""
    for number in range(first, first + count):
        now = datetime.now(UTC).isoformat(timespec="microseconds")[:-6]
        yield topic, _BODY % (now.encode(), number, number)


_BODY = b'{"ts":"%bZ","seq":%d,"values":{"oil_temp":%d.5}}'


def _bodies(count: int, first: int, start: datetime) -> Iterator[bytes]:
    second, at = b"", -1
    for number in range(first, first + count):
        if number // 1000 != at:
            at = number // 1000
            second = (start + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S").encode()
        time_of_it = b"%b.%03d" % (second, number % 1000)
        yield _BODY % (time_of_it, number, number)


def main() -> None:
    """Flood a broker with readings and print what became of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--url", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--count", type=int, default=100_000, help="messages")
    parser.add_argument("--size", type=int, default=1, help="readings in a message")
    parser.add_argument("--window", type=int, default=1000, help="messages without confirmation")
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0: all it can")
    parser.add_argument("--version", type=int, choices=(4, 5), default=5)
    parser.add_argument("--live", action="store_true", help="the time of sending in each reading")
    asked = parser.parse_args()
    messages = readings(asked.count)
    if asked.live:
        messages = live_readings(asked.count)
    elif asked.size > 1:
        messages = arrays(asked.count, asked.size)
    outcome = flood(
        asked.url, messages, version=asked.version, window=asked.window, rate=asked.rate
    )
    told = {**asdict(outcome), "per_second": round(outcome.per_second)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
