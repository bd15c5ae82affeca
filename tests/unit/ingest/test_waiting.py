"""What waits is bounded, and is taken in batches that wait no longer than is worth it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ingest.codec import Message
from ingest.mqtt import Delivery
from ingest.waiting import Item, Waiting

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LONG_S = 3600.0
"""Nobody waits that long here."""


def delivery(first: int, count: int = 1, payload: bytes = b"") -> Delivery:
    mids = range(first, first + count)
    return Delivery([Message("t", payload, NOW) for _ in mids], list(mids), generation=1)


def mids(items: Sequence[Item]) -> list[int]:
    return [mid for item in items if isinstance(item, Delivery) for mid in item.mids]


def batch_of(waiting: Waiting, most: int) -> list[int]:
    """The next batch, which must not take long."""
    found: list[int] = []
    thread = threading.Thread(
        target=lambda: found.extend(
            mids(waiting.next_batch(most, patience_s=LONG_S, longest_s=LONG_S))
        ),
        daemon=True,
    )
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return found


def test_what_waits_is_taken_in_order_up_to_the_most() -> None:
    """A batch ends with the item that fills it; the rest is the next one."""
    waiting = Waiting(1000)
    for first in range(0, 300, 3):
        waiting.put(delivery(first, 3))
    assert batch_of(waiting, 200) == list(range(201))
    assert waiting.qsize() == 99


def test_enough_is_not_waited_after() -> None:
    """A hundred messages are a batch when nothing else waits."""
    waiting = Waiting(1000)
    waiting.put(delivery(0, 100))
    assert batch_of(waiting, 1000) == list(range(100))


def test_a_burst_is_not_waited_after() -> None:
    """A broker that sends only so many unconfirmed waits for us, not we for it."""
    waiting = Waiting(1000)
    waiting.put(delivery(0, 10))
    assert batch_of(waiting, 1000) == list(range(10))


def test_a_few_wait_for_more() -> None:
    """Fewer than a burst wait for the time that they are given."""
    waiting = Waiting(1000)
    waiting.put(delivery(0, 9))
    timer = threading.Timer(0.1, lambda: waiting.put(delivery(9, 91)))
    timer.start()
    assert batch_of(waiting, 1000) == list(range(100))


def test_nothing_is_no_batch() -> None:
    """Nobody waits for ever for what does not come."""
    assert Waiting(10).next_batch(10, patience_s=0.01, longest_s=0.01) == []


def test_a_long_message_fills_the_queue_as_many_short_ones_do() -> None:
    """The bytes that wait are bounded, not only the messages."""
    waiting = Waiting(100)
    waiting.put(delivery(0, payload=b"x" * 30_000))
    assert waiting.qsize() > 100
    with pytest.raises(queue.Full):
        waiting.put_nowait(delivery(1))
    assert batch_of(waiting, 10) == [0]
    assert waiting.qsize() == 0
