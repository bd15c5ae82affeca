"""The one way into the history: a bounded queue, and a thread that commits and then confirms."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.codec import Codec, Decoded, Message, Request
from ingest.errors import StoreFault
from ingest.history import Birth, DeadLetter, History, Record
from ingest.mqtt import Delivery
from ingest.polled import Polled
from ingest.settings import IngestSettings

logger = logging.getLogger(__name__)

_LOOK_UP_S = 0.2
_ENOUGH = 100
"""From this many messages on a commit costs nothing measurable a message."""
_BYTES_AS_MESSAGE = 32_768
_STORE_PAUSE_S = (0.2, 5.0)


Item = Delivery | Polled


class _Line(queue.Queue[Item]):
    """Waiting items, as long as what is in them: a message counts once, and for its bytes."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._length = 0

    def _qsize(self) -> int:
        return self._length

    def _put(self, item: Item) -> None:
        super()._put(item)
        self._length += _length(item)

    def _get(self) -> Item:
        item: Item = super()._get()
        self._length -= _length(item)
        return item


def _length(item: Item) -> int:
    if isinstance(item, Polled):
        return 1
    payloads = sum(len(message.payload) for message in item.messages)
    return len(item.messages) + payloads // _BYTES_AS_MESSAGE


@dataclass(slots=True)
class Progress:
    """How far the writing is; read by other threads."""

    records: int = 0
    """Written since the start."""
    lag_s: float = 0.0
    """From the receipt of the oldest of a batch to its commit, the last time."""
    trouble: str = ""
    """Why the store refuses records now; empty while it does not."""


def _received(item: Item) -> datetime:
    if isinstance(item, Polled):
        return item.samples[0].at if item.samples else item.notes[0].received_time
    return item.messages[0].received_time


class Intake:
    """Takes what the wires bring, in order, and writes it in batches.

    `deliver` blocks while the queue is full, which slows a broker down; `offer` never blocks.
    """

    def __init__(
        self,
        history: History,
        codec: Codec,
        settings: IngestSettings,
        *,
        confirm: Callable[[Sequence[Delivery]], None],
        ask: Callable[[Request], None] = lambda _request: None,
    ) -> None:
        self._history = history
        self._codec = codec
        self._settings = settings
        self._confirm = confirm
        self._ask = ask
        self._queue = _Line(settings.queue_size)
        self._closing = threading.Event()
        self.progress = Progress()
        self._thread = threading.Thread(target=self._run, name="andon-intake", daemon=True)

    @property
    def depth(self) -> int:
        """How many items wait."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self, patience_s: float = 20.0) -> None:
        """Take nothing more, write and confirm what waits, and end."""
        self._closing.set()
        self._thread.join(patience_s)
        if self._thread.is_alive():
            logger.error("intake could not be emptied left=%d", self.depth)

    def use(self, codec: Codec) -> None:
        """Read what comes from now on by another plant description."""
        self._codec = codec

    def deliver(self, delivery: Delivery) -> None:
        """Queue messages; while closing they are left to the broker, unconfirmed."""
        while not self._closing.is_set():
            try:
                self._queue.put(delivery, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
            return

    def offer(self, polled: Polled) -> bool:
        """Queue readings if there is room."""
        if self._closing.is_set():
            return True
        try:
            self._queue.put_nowait(polled)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            if batch := self._next_batch():
                self._keep(batch)

    def _next_batch(self) -> list[Item]:
        """Wait for something, then for enough or the batch's time; then take what is there."""
        try:
            batch = [self._queue.get(timeout=_LOOK_UP_S)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + self._settings.batch_ms / 1000
        most = self._settings.batch_size
        enough = min(most, _ENOUGH)
        length = _length(batch[0])
        while length < most:
            wait = deadline - time.monotonic() if length < enough else 0
            try:
                batch.append(self._queue.get(timeout=max(wait, 0)))
            except queue.Empty:
                break
            length += _length(batch[-1])
        return batch

    def _keep(self, batch: list[Item]) -> None:
        """Commit a batch, then confirm it; without a commit nothing is confirmed."""
        records: list[Record] = []
        dead: list[DeadLetter] = []
        births: list[Birth] = []
        requests: list[Request] = []
        for item in batch:
            if isinstance(item, Polled):
                records += item.records()
                continue
            for message in item.messages:
                decoded = self._decoded(message)
                records += decoded.records
                dead += decoded.dead
                births += decoded.births
                requests += decoded.requests
        if self._write(records, dead, births):
            self.progress.records += len(records)
            self.progress.lag_s = (datetime.now(UTC) - _received(batch[0])).total_seconds()
            self._confirm([item for item in batch if isinstance(item, Delivery)])
            for request in requests:
                self._ask(request)

    def _decoded(self, message: Message) -> Decoded:
        try:
            return self._codec.decode(message)
        except Exception as fault:  # this loop must not die of a fault of our own
            logger.exception("a message could not be decoded source=%s", message.source)
            reason = f"our own fault: {type(fault).__name__}: {fault}"
            return Decoded(dead=[message.as_dead_letter(reason)])

    def _write(self, records: list[Record], dead: list[DeadLetter], births: list[Birth]) -> bool:
        """Write until it succeeds; only an end while the store is away gives up."""
        pause, most = _STORE_PAUSE_S
        told = False
        while True:
            try:
                self._history.write(records, dead, births)
            except StoreFault as fault:
                if not told:
                    logger.error("history cannot be written, nothing is confirmed: %s", fault)
                told = True
                self.progress.trouble = str(fault)
            except Exception as fault:  # this loop must not die: the broker would wait for ever
                logger.exception("history cannot be written, nothing is confirmed")
                self.progress.trouble = repr(fault)
            else:
                self.progress.trouble = ""
                if told:
                    logger.warning("history is written again")
                return True
            if self._closing.wait(pause):
                return False
            pause = min(2 * pause, most)
