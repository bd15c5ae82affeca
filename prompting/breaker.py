"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from prompting.model import EngineFault, PassingFault

LONGEST_HOLD_S = 600.0
"""However long a pause a server asks for."""


class BreakerState(StrEnum):
    """Whether requests go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class BreakerOpen(Exception):
    """The endpoint is left alone; nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"left alone for {seconds:.0f} s more after failing repeatedly")
        self.seconds = seconds


class Breaker:
    """Safe for any number of threads; nothing is locked while a request runs.

    Closed until `failures` attempts in a row have failed; open for `rest_s`; then half-open: one
    attempt goes through and decides, the others are refused meanwhile.
    """

    def __init__(
        self, failures: int, rest_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._until: float | None = None
        self._trial: object | None = None

    @property
    def state(self) -> BreakerState:
        """As of now."""
        with self._lock:
            if self._until is None:
                return BreakerState.CLOSED
            return BreakerState.OPEN if self._clock() < self._until else BreakerState.HALF_OPEN

    @property
    def rest_s(self) -> float:
        """Until the next trial; 0 where one may go through."""
        with self._lock:
            return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around one request to the endpoint.

        Raises:
            BreakerOpen: The endpoint is left alone.
        """
        ticket = object()
        self._admit(ticket)
        try:
            yield
        except EngineFault as fault:
            self._end(ticket, fault)
            raise
        except BaseException:  # a listener that hung up, Ctrl-C: says nothing about the endpoint
            self._let_go(ticket)
            raise
        self._works()

    def hold(self, seconds: float) -> None:
        """Leave the endpoint alone for as long as it asked, within reason."""
        with self._lock:
            self._open(min(seconds, LONGEST_HOLD_S))

    def _admit(self, ticket: object) -> None:
        with self._lock:
            if self._until is None:
                return
            rest = self._until - self._clock()
            if rest > 0 or self._trial is not None:
                raise BreakerOpen(max(rest, 0.0))
            self._trial = ticket

    def _end(self, ticket: object, fault: EngineFault) -> None:
        if fault.reason == "cut":  # the server dropped part of a prompt, but works
            self._works()
            return
        if fault.reason == "stopped":  # whoever asked hung up
            self._let_go(ticket)
            return
        with self._lock:
            self._failed += 1
            if self._trial is ticket or (self._until is None and self._failed >= self._most):
                asked = fault.retry_after_s if isinstance(fault, PassingFault) else 0.0
                self._open(max(self._rest_s, min(asked, LONGEST_HOLD_S)))

    def _open(self, seconds: float) -> None:
        self._trial = None
        self._until = max(self._until or 0.0, self._clock() + seconds)

    def _works(self) -> None:
        with self._lock:
            self._failed, self._until, self._trial = 0, None, None

    def _let_go(self, ticket: object) -> None:
        with self._lock:
            if self._trial is ticket:
                self._trial = None
