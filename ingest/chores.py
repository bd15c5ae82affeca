"""What one collector does for all of them, now and again: learn rates, keep the history tidy."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.errors import StoreFault
from ingest.history import History
from ingest.rates import RateChange, Rates, Turn
from ingest.vocabulary import RATE, Event, EventState, Severity

logger = logging.getLogger(__name__)

OWN_SOURCE = "andon:rates"
"""Source of the notes that are written here; nobody's rate is learned from them."""
_TERMS = 3.0
"""A chore is somebody else's after this many windows in which its holder did not come."""

Claim = Callable[[str, float], bool]
"""Whether the chore of that name is ours for so many seconds."""


class Chores:
    """Runs in a thread of its own, once a window, whatever is ours to do."""

    def __init__(
        self,
        history: History,
        *,
        window_s: float,
        claim: Claim = lambda _name, _term_s: True,
        trouble: Callable[[], str] = lambda: "",
        machine_of: Callable[[str], str | None] = lambda _source: None,
        housekeeping: Callable[[datetime], object] | None = None,
    ) -> None:
        self._history = history
        self._window_s = window_s
        self._claim = claim
        self._trouble = trouble
        self._machine_of = machine_of
        self._housekeeping = housekeeping
        self._rates = Rates()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="andon-chores", daemon=True)

    @property
    def slow(self) -> list[RateChange]:
        """Sources that send much less than usual now."""
        return self._rates.slow

    def start(self) -> None:
        """Begin, one window from now."""
        self._thread.start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Let what is under way be finished, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def turn(self, minutes: float) -> None:
        """Do once whatever is ours; `minutes` is the time since the last turn."""
        term_s = _TERMS * self._window_s
        if self._claim("rates", term_s):
            self._learn(minutes)
        else:
            self._rates = Rates()
        if self._housekeeping and self._claim("housekeeping", term_s):
            self._housekeeping(datetime.now(UTC))

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(self._window_s):
            now = time.monotonic()
            try:
                self.turn((now - before) / 60)
            except StoreFault as fault:
                logger.warning("chores are put off: %s", fault)
            except Exception:  # this loop must not die
                logger.exception("a chore failed")
            else:
                before = now

    def _learn(self, minutes: float) -> None:
        received = {
            counter.source: counter.received
            for counter in self._history.counters()
            if counter.source != OWN_SOURCE
        }
        if self._trouble():
            self._rates.skip(received)
            return
        changes = self._rates.take(received, minutes)
        for change in changes:
            level = logging.INFO if change.turn is Turn.USUAL_NOW else logging.WARNING
            logger.log(level, "rate of a source: %s", change)
        if notes := [note for change in changes if (note := self._note(change))]:
            self._history.write(notes)

    def _note(self, change: RateChange) -> Event | None:
        """A note on the machine that the source belongs to, where that is known."""
        machine = self._machine_of(change.source)
        if machine is None:
            return None
        now = datetime.now(UTC)
        return Event(
            machine=machine,
            code=RATE,
            severity=Severity.INFO,
            state=EventState.NOTE,
            text=str(change),
            source_time=now,
            received_time=now,
            source=OWN_SOURCE,
        )
