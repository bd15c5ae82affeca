"""The one way into the history: what waits is decoded, committed and only then confirmed."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.codec import Codec, Decoded, Message, Request
from ingest.errors import StoreFault
from ingest.history import Birth, DeadLetter, History, Record
from ingest.mqtt import Delivery
from ingest.polled import Polled
from ingest.set_aside import SetAside
from ingest.settings import IngestSettings
from ingest.waiting import Item, Waiting

logger = logging.getLogger(__name__)

_LOOK_UP_S = 0.2
_STORE_PAUSE_S = (0.2, 5.0)


@dataclass(slots=True)
class Progress:
    """How far the writing is; read by other threads."""

    records: int = 0
    """Written since the start."""
    lag_s: float = 0.0
    """From the receipt of the oldest of a batch to its commit, the last time."""
    trouble: str = ""
    """Why the store refuses records now; empty while it does not."""


@dataclass(slots=True)
class _Batch:
    """What is committed at once, and then confirmed."""

    since: datetime
    """Receipt of the first of it."""
    deliveries: list[Delivery] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def take(self, decoded: Decoded) -> None:
        """Add what a message said."""
        self.records += decoded.records
        self.dead += decoded.dead
        self.births += decoded.births
        self.requests += decoded.requests


def _received(item: Item) -> datetime:
    if isinstance(item, Polled):
        return item.samples[0].at if item.samples else item.notes[0].received_time
    return item.messages[0].received_time


def _polled(polled: Polled) -> list[Record]:
    try:
        return polled.records()
    except Exception:  # the decoder must not die of a fault of our own
        logger.exception("a poll could not be used source=%s", polled.source)
        return []


class Intake:
    """Takes what the wires bring, in order, and writes it in batches.

    `deliver` blocks while too much waits, which slows a broker down; `offer` never blocks. One
    thread decodes the next batch while another commits this one: SQLite and the disk need no
    Python for that.
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
        self._waiting = Waiting(settings.queue_size)
        self._decoded: queue.Queue[_Batch | None] = queue.Queue(1)
        self._closing = threading.Event()
        self._set_aside = SetAside()
        self.progress = Progress()
        self._decoder = threading.Thread(target=self._decode, name="andon-decoder", daemon=True)
        self._writer = threading.Thread(target=self._write_all, name="andon-writer", daemon=True)

    @property
    def depth(self) -> int:
        """How many messages wait; a long one counts for its bytes."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin to write."""
        self._decoder.start()
        self._writer.start()

    def close(self, patience_s: float = 20.0) -> None:
        """Take nothing more, write and confirm what waits, and end."""
        self._closing.set()
        self._writer.join(patience_s)
        if self._writer.is_alive():
            logger.error("intake could not be emptied left=%d", self.depth)

    def use(self, codec: Codec) -> None:
        """Read what comes from now on by another plant description."""
        self._codec = codec

    def deliver(self, delivery: Delivery) -> None:
        """Queue messages; while closing they are left to the broker, unconfirmed."""
        while not self._closing.is_set():
            try:
                self._waiting.put(delivery, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
            return

    def offer(self, polled: Polled) -> bool:
        """Queue readings if there is room."""
        if self._closing.is_set():
            return True
        try:
            self._waiting.put_nowait(polled)
        except queue.Full:
            return False
        return True

    def _decode(self) -> None:
        settings = self._settings
        while not (self._closing.is_set() and self._waiting.empty()):
            items = self._waiting.next_batch(
                settings.batch_size, patience_s=_LOOK_UP_S, longest_s=settings.batch_ms / 1000
            )
            if items:
                self._decoded.put(self._batch(items))
        self._decoded.put(None)

    def _batch(self, items: Sequence[Item]) -> _Batch:
        batch = _Batch(_received(items[0]))
        for item in items:
            if isinstance(item, Polled):
                batch.records += _polled(item)
                continue
            batch.deliveries.append(item)
            for message in item.messages:
                batch.take(self._content(message))
        return batch

    def _content(self, message: Message) -> Decoded:
        try:
            return self._codec.decode(message)
        except Exception as fault:  # this loop must not die of a fault of our own
            logger.exception("a message could not be decoded source=%s", message.source)
            reason = f"our own fault: {type(fault).__name__}: {fault}"
            return Decoded(dead=[message.as_dead_letter(reason)])

    def _write_all(self) -> None:
        """Commit batch after batch, and confirm each; without a commit nothing is confirmed."""
        written = True
        while batch := self._decoded.get():
            written = written and self._write(batch)  # what came after a gap is not confirmed
            if written:
                self._confirm_all(batch)

    def _confirm_all(self, batch: _Batch) -> None:
        self.progress.records += len(batch.records)
        self.progress.lag_s = (datetime.now(UTC) - batch.since).total_seconds()
        try:
            self._set_aside.note(batch.dead)
            self._confirm(batch.deliveries)
            for request in batch.requests:
                self._ask(request)
        except Exception:  # this thread must not die; what is not confirmed comes again
            logger.exception("what was committed could not be confirmed")

    def _write(self, batch: _Batch) -> bool:
        """Write until it succeeds; only an end while the store is away gives up."""
        pause, most = _STORE_PAUSE_S
        told = False
        while True:
            try:
                self._history.write(batch.records, batch.dead, batch.births)
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
