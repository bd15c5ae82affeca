"""A floor on which collectors are killed and brokers restarted while a flood goes on."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from ingest.mqtt import SUBSCRIBED
from ingest.opening import opened_history
from ingest.settings import IngestSettings
from tests.flood import TOPIC, Flood, Message, flood, readings
from tests.floor.crash_plan import MACHINE, MARK, CrashOutcome, CrashPlan, count_up
from tests.leash import leashed

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 60.0
_LOOK_S = 0.01
_SOME = (200, 600)
"""At least so many records are stored between two kills."""
_JITTER_S = 0.02
_DOWN_S = 0.3
_MARK_AGAIN_S = 10.0
_MOST_MARKS = 10


class Restartable(Protocol):
    """A broker that keeps what it has over a restart."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Worker:
    """One `andon ingest` that is killed and started again, and what it logged."""

    def __init__(self, log: Path, command: list[str], environment: dict[str, str]) -> None:
        self._log = log
        self._command = leashed(command)
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._told = 0

    def start(self) -> None:
        self._told = self.told(SUBSCRIBED)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stderr=log, cwd=ROOT, env=self._environment
            )

    def kill(self) -> None:
        """SIGKILL, unless it has ended in order."""
        assert self._process
        assert not self._process.poll(), self.log_tail()
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(_PATIENCE_S) == 0, self.log_tail()

    def hang_up(self) -> None:
        """SIGHUP."""
        assert self._process
        self._process.send_signal(signal.SIGHUP)

    @property
    def listens(self) -> bool:
        """Whether the broker knows, since the last start, what this one wants."""
        return self.told(SUBSCRIBED) > self._told

    def told(self, words: str) -> int:
        """How often it has logged this."""
        return self._log.read_text().count(words) if self._log.exists() else 0

    def log_tail(self) -> str:
        return self._log.read_text()[-2000:]


class CrashFloor:
    """Publishes, kills, restarts, waits for the end and counts.

    The publisher never waits for a collector to be there. A kill comes when the store has grown by
    its share, so the kills are spread over the whole flood. Marks come last: a broker hands them
    on after everything that it had kept before them.
    """

    def __init__(
        self, folder: Path, url: str, plan: CrashPlan, broker: Restartable | None = None
    ) -> None:
        self._url = url
        self._broker = broker
        self._plan = plan
        self._dice = random.Random(1)
        self._home = folder / "home"
        self._plant = folder / "plant.toml"
        self._plant.write_text(plan.plant(url))
        self._workers = [self._worker(folder, number) for number in range(plan.collectors)]
        self._flood = Flood(
            url,
            version=plan.version,
            rate=plan.rate,
            allowed=self._allowed,
            insists=plan.insists,
            patience_s=_PATIENCE_S,
        )
        self._enough = threading.Event()
        self._limit = 0
        self._kills = self._restarts = self._marks = 0

    def run(self) -> CrashOutcome:
        """Do what is planned, and end all that was started."""
        settings = IngestSettings.model_validate(
            {
                name.removeprefix("ANDON_").lower(): text
                for name, text in self._plan.settings.items()
            }
        )
        with ExitStack() as stack:
            self._history = stack.enter_context(opened_history(self._home, settings))
            for worker in self._workers:
                stack.callback(worker.kill)
                worker.start()
            self._wait(self._all_listen)
            began = time.monotonic()
            stream = threading.Thread(target=self._publish)
            stream.start()
            stack.callback(stream.join)
            stack.callback(self._let_everything_out)
            stack.callback(self._enough.set)
            self._disturb(stream)
            self._let_everything_out()
            stream.join()
            self._wait_for_the_end()
            seconds = time.monotonic() - began
            for worker in self._workers:
                worker.end()
            return self._outcome(seconds)

    def _worker(self, folder: Path, number: int) -> Worker:
        script = Path(__file__).with_name("crash_collector.py")
        command = [sys.executable, str(script), self._plan.mode, "ingest"]
        command += ["--plant", str(self._plant), "--home", str(self._home)]
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANDON_")}
        environment = kept | {"PYTHONPATH": str(ROOT), **self._plan.settings}
        return Worker(folder / f"collector-{number}.log", command, environment)

    def _publish(self) -> None:
        self._flood.run(self._messages())

    def _messages(self) -> Iterator[Message]:
        """What is planned; no more once it is enough."""
        planned = readings(self._plan.messages)
        return takewhile(lambda _: not self._enough.is_set(), planned)

    def _allowed(self) -> int:
        """How many messages may have been sent by now; asked by the publisher's thread."""
        return self._limit

    def _let_everything_out(self) -> None:
        self._limit = sys.maxsize

    def _disturb(self, stream: threading.Thread) -> None:
        """Kill again and again."""
        plan = self._plan
        restarts = {
            plan.kills * (number + 1) // (plan.broker_restarts + 1): number
            for number in range(plan.broker_restarts)
        }
        for number in range(plan.kills):
            if number:
                some_new = self._look() + self._dice.randint(*_SOME)
                share = plan.messages * number // plan.kills
                self._wait_for_growth(min(max(share, some_new), plan.messages))
                time.sleep(self._dice.uniform(0, _JITTER_S))
            restart = restarts.get(number)
            if restart is not None and restart % 2 == 0:
                self._restart_the_broker()  # with everybody there
            worker = self._dice.choice(self._workers)
            worker.kill()
            self._kills += 1
            if plan.lead is None:
                self._let_everything_out()
                stream.join()
            if restart is not None and restart % 2:
                self._restart_the_broker()  # with a collector away
            worker.start()

    def _restart_the_broker(self) -> None:
        """In the middle of what the publisher sends."""
        assert self._broker
        sent = self._flood.sent
        self._limit += self._plan.lead or 0
        self._wait(lambda: self._flood.sent > sent or sent == self._plan.messages)
        self._broker.stop()
        time.sleep(_DOWN_S)
        self._broker.start()
        self._restarts += 1

    def _wait_for_growth(self, count: int) -> None:
        """Until so many records are stored, or there will be no more of them."""
        last, since = -1, time.monotonic()
        while (found := self._look()) < count and time.monotonic() - since < self._plan.quiet_s:
            if found != last or not self._all_listen():
                last, since = found, time.monotonic()
            time.sleep(_LOOK_S)
        if found < count:  # the publisher must not wait for what will not come
            self._let_everything_out()

    def _look(self) -> int:
        """How many records are stored; the publisher may go on from there."""
        stored = sum(count.stored for count in self._history.counters())
        if self._plan.lead is not None:
            self._limit = max(self._limit, stored + self._plan.lead)
        return stored

    def _wait_for_the_end(self) -> None:
        """Until the last mark is stored, and everything is, or nothing has come for a while."""
        self._wait(self._all_listen)
        while not self._is_marked():
            flood(self._url, [mark(self._marks)], version=self._plan.version)
            self._marks += 1
            deadline = time.monotonic() + _MARK_AGAIN_S
            while not self._is_marked() and time.monotonic() < deadline:
                time.sleep(_LOOK_S)
            assert self._marks < _MOST_MARKS, [worker.log_tail() for worker in self._workers]
        self._wait_for_growth(self._flood.confirmed + self._marks)

    def _all_listen(self) -> bool:
        return all(worker.listens for worker in self._workers)

    def _is_marked(self) -> bool:
        return any(reading.signal == MARK for reading in self._history.latest(MACHINE))

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, [worker.log_tail() for worker in self._workers]
            time.sleep(_LOOK_S)

    def _outcome(self, seconds: float) -> CrashOutcome:
        outcome = count_up(
            self._history.export(),
            self._history.counters(),
            published=self._flood.confirmed,
            kills=self._kills,
            broker_restarts=self._restarts,
            sent_again=self._flood.resent,
            seconds=seconds,
        )
        logger.info("%s %s", self._plan, outcome)
        return outcome


def mark(number: int) -> Message:
    """A message that comes after all others."""
    content = {"ts": "2026-11-22T12:00:00Z", "seq": number, "values": {MARK: number}}
    return TOPIC, json.dumps(content).encode()
