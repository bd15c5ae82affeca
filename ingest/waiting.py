"""What the wires have brought and nobody has looked at yet, bounded in messages and in bytes."""

from __future__ import annotations

import queue
import time

from ingest.mqtt import Delivery
from ingest.polled import Polled

Item = Delivery | Polled

_ENOUGH = 100
"""From this many messages on a commit costs nothing measurable a message."""
_BURST = 10
_QUIET_S = 0.003
"""After a burst no longer than this is waited for more: the broker may wait for us."""
_BYTES_AS_MESSAGE = 256


class Waiting(queue.Queue[Item]):
    """A queue as long as what is in it: a message counts once, a long one for its bytes."""

    def next_batch(self, most: int, *, patience_s: float, longest_s: float) -> list[Item]:
        """Wait for an item, then for enough of them; of those that wait anyway, take the most.

        Args:
            most: Length of a batch, give or take the last item.
            patience_s: How long the first may take; nothing is returned when it does not come.
            longest_s: How long the first may wait for the others.
        """
        try:
            batch = [self.get(timeout=patience_s)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + longest_s
        length = length_of(batch[0])
        while length < most:
            wait_s = deadline - time.monotonic() if length < _ENOUGH else 0.0
            if length >= _BURST:
                wait_s = min(wait_s, _QUIET_S)
            try:
                batch.append(self.get(timeout=max(wait_s, 0.0)))
            except queue.Empty:
                break
            length += length_of(batch[-1])
        return batch

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._length = 0

    def _qsize(self) -> int:
        return self._length

    def _put(self, item: Item) -> None:
        super()._put(item)
        self._length += length_of(item)

    def _get(self) -> Item:
        item: Item = super()._get()
        self._length -= length_of(item)
        return item


def length_of(item: Item) -> int:
    """How many messages an item stands for."""
    if isinstance(item, Polled):
        return 1
    payloads = sum(len(message.payload) for message in item.messages)
    return len(item.messages) + payloads // _BYTES_AS_MESSAGE
