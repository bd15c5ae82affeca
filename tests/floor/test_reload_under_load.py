"""A plant description that changes every second while messages stream in: not one is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.mqtt import SUBSCRIBED
from tests.flood import flood, readings
from tests.floor.crash_floor import CrashFloor
from tests.floor.crash_plan import CrashPlan
from tests.mosquitto import Mosquitto

CHANGES = 6
A_SECOND = 3_000
"""Messages a second under which it changes."""
OF_THE_NEW = 50
"""Messages of each machine that is new."""
ROUTE = """
[[mqtt.routes]]
topic = "{hall}/{{line}}/{{machine}}/telemetry"
time = "/ts"
sequence = "/seq"
"""
MACHINE = """
[[machines]]
id = "{hall}"
line = "line-1"
kind = "hydraulic-press"
"""


class ChangingFloor(CrashFloor):
    """Adds a machine and changes a route again and again, by SIGHUP and by the file alone."""

    def __init__(self, folder: Path, url: str, plan: CrashPlan) -> None:
        super().__init__(folder, url, plan)
        self._first = self._plant.read_text()
        self.changed = 0

    def _disturb(self, stream: threading.Thread) -> None:
        """Change, wait until it is taken over, and let the new machine speak; once do it wrong."""
        self._let_everything_out()
        machines = ""
        for number in range(CHANGES):
            hall = f"hall-{number}"
            machines += MACHINE.format(hall=hall)
            self._change(self._first + ROUTE.format(hall=hall) + machines, hup=number % 2 == 0)
            self._speak(f"{hall}/line-1/{hall}/telemetry")
            if number == CHANGES // 2:
                self._break()
        self._enough.set()
        stream.join()

    def _change(self, text: str, *, hup: bool) -> None:
        (worker,) = self._workers
        told = worker.told("plant is read again"), worker.told(SUBSCRIBED)
        self._plant.write_text(text)
        if hup:
            worker.hang_up()
        self._wait(lambda: worker.told("plant is read again") > told[0])
        self._wait(lambda: worker.told(SUBSCRIBED) > told[1])
        self.changed += 1

    def _break(self) -> None:
        (worker,) = self._workers
        right = self._plant.read_text()
        self._plant.write_text("[mqtt\n")
        worker.hang_up()
        self._wait(lambda: worker.told("plant is not taken over") > 0)
        self._plant.write_text(right)

    def _speak(self, topic: str) -> None:
        flood(self._url, readings(OF_THE_NEW, topic=topic))
        self._wait(lambda: self._stored_of(f"mqtt:{topic}") == OF_THE_NEW)

    def _stored_of(self, source: str) -> int:
        return sum(count.stored for count in self._history.counters() if count.source == source)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_description_that_changes_all_the_time_loses_no_message(
    mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Six changes, each with a new machine and another route, and one that is no description."""
    plan = CrashPlan(messages=1_000_000, kills=0, rate=A_SECOND)
    with Mosquitto(mosquitto, tmp_path / "mosquitto", free_port()) as broker:
        floor = ChangingFloor(tmp_path, broker.url, plan)
        outcome = floor.run()
    assert outcome.clean, outcome
    assert floor.changed == CHANGES
    assert outcome.stored >= outcome.published + CHANGES * OF_THE_NEW
