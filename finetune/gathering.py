"""What several threads ask at the same time is answered in one pass, and nobody waits for it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Ticket(Generic[Asked, Answer]):
    """One question and, once a pass took it, its answer or its fault."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.done = False
        self.answer: Answer | None = None
        self.fault: Exception | None = None


class Gathered(Generic[Asked, Answer]):
    """One pass at a time; what is asked while it runs goes into the next one together.

    A thread that finds no pass running starts at once: nothing is delayed to fill a batch. The
    answers must not depend on what else is in the pass. When a pass fails, each question is asked
    again alone, so that only the one that cannot be answered gets the fault.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Sequence[Answer]],
        *,
        size: Callable[[Asked], int],
        most: int,
    ) -> None:
        """`most` bounds the sizes of one pass together, but for a question that is larger."""
        self._run = run
        self._size = size
        self._most = most
        self._waiting: deque[_Ticket[Asked, Answer]] = deque()
        self._queue = threading.Lock()
        self._pass = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one question."""
        mine: _Ticket[Asked, Answer] = _Ticket(asked)
        with self._queue:
            self._waiting.append(mine)
        while not mine.done:
            with self._pass:
                if not mine.done:
                    self._answer(self._next())
        if mine.fault is not None:
            raise mine.fault
        assert mine.answer is not None  # noqa: S101  # done without a fault
        return mine.answer

    def _next(self) -> list[_Ticket[Asked, Answer]]:
        """What came first, as much as fits."""
        with self._queue:
            taken = [self._waiting.popleft()]
            room = self._most - self._size(taken[0].asked)
            while self._waiting and self._size(self._waiting[0].asked) <= room:
                taken.append(self._waiting.popleft())
                room -= self._size(taken[-1].asked)
        return taken

    def _answer(self, tickets: Sequence[_Ticket[Asked, Answer]]) -> None:
        try:
            answers = self._run([ticket.asked for ticket in tickets])
            for ticket, answer in zip(tickets, answers, strict=True):
                ticket.answer = answer
        except Exception as fault:  # it goes to who asked, wherever that is
            if len(tickets) == 1:
                tickets[0].fault = fault
            else:
                log.warning("a pass failed; each question is asked alone", exc_info=True)
                for ticket in tickets:
                    self._answer([ticket])
        for ticket in tickets:
            ticket.done = True
