"""`andon ingest`, rightly or with one planted mistake: the program that the crash test kills."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ingest.collector import Collector
from ingest.mqtt import Delivery, MqttWire
from ingest.sqlite import SqliteHistory
from service.cli.main import main

_SLOW_S = 0.05
_LATE_S = 0.5


class AutomaticAck(MqttWire):
    """Confirms what it receives, before the commit."""

    def __init__(self, *args: Any, deliver: Callable[[Delivery], None], **options: Any) -> None:
        def confirmed_first(delivery: Delivery) -> None:
            super(AutomaticAck, self).acknowledge([delivery])
            deliver(delivery)

        super().__init__(*args, deliver=confirmed_first, **options)

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Done long ago."""


class CleanStart(MqttWire):
    """Lets the broker forget what arrived while we were away."""

    _clean_start = True


class LateAck(MqttWire):
    """Confirms rightly and late: every kill leaves messages that were committed and come again."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._late: queue.Queue[tuple[float, list[Delivery]]] = queue.Queue()
        threading.Thread(target=self._confirm_late, daemon=True).start()

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        self._late.put((time.monotonic() + _LATE_S, list(deliveries)))

    def _confirm_late(self) -> None:
        while True:
            due, deliveries = self._late.get()
            time.sleep(max(due - time.monotonic(), 0))
            super().acknowledge(deliveries)


def slowed(write: Callable[..., Any]) -> Callable[..., Any]:
    """A commit that takes its time, so that a buffer before it fills."""

    def slow_write(*args: Any, **options: Any) -> Any:
        time.sleep(_SLOW_S)
        return write(*args, **options)

    return slow_write


WIRES = {"automatic-ack": AutomaticAck, "clean-start": CleanStart, "late-ack": LateAck}

if __name__ == "__main__":
    mode = sys.argv.pop(1)
    Collector.make_mqtt = WIRES.get(mode, MqttWire)
    if mode == "automatic-ack":
        SqliteHistory.write = slowed(SqliteHistory.write)  # type: ignore[method-assign]
    main()
