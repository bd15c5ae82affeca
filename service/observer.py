"""Hears of every answer of a classifier, keeps what it came to, and asks the shadow the same.

All of it in a thread of its own behind a bounded queue: a request is never delayed by it and never
fails with it. What does not fit into the queue is dropped and counted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingest.errors import AndonFault
from ingest.vocabulary import Diagnosis
from service.classified import NOBODY, Classified, Entry, Said, said_by
from service.classifier_figures import ClassifierFigures
from service.ports import Classifies, Shelf
from service.questions import Question, answers

log = logging.getLogger(__name__)

MOST_WAITING = 4_000
"""Answers; a request has a thousand at most."""
MOST_CHARACTERS = 8_000_000
"""Of their texts together."""
AT_ONCE = 32
"""Answers that are shadowed and kept in one step."""
LOW_PRIORITY = 10
CHECK_S = 60.0
"""How often the drift is looked at."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a classifier was asked and said: enough to ask another one the same."""

    kind: str
    """`prediction` or `issue`."""
    subject: str
    at: datetime
    question: Question
    diagnosis: Diagnosis


class Observer:
    """Call `tell` from anywhere; `run` is a thread."""

    def __init__(
        self,
        shelf: Shelf,
        kept: Classified,
        figures: ClassifierFigures,
        *,
        check: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        """`check` looks at the drift now and then."""
        self._shelf = shelf
        self._kept = kept
        self._figures = figures
        self._check = check
        self._waiting: deque[Asked] = deque()
        self._characters = 0
        self._filled = threading.Condition()
        self._refused: dict[str, str] = {}
        """By task: the shadow version that failed; said once."""

    def tell(self, asked: Sequence[Asked]) -> None:
        """Answers that were given; never waits."""
        for one in asked:
            self._figures.answered(one.diagnosis)
        with self._filled:
            kept = [one for one in asked if self._fits(one)]
            self._filled.notify()
        self._figures.dropped(len(asked) - len(kept))

    def run(self, stop: threading.Event) -> None:
        """Keep and shadow what was told until stopped; must not die."""
        with suppress(OSError, AttributeError):  # a thread has a priority of its own on Linux only
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
        checked = 0.0
        while not stop.is_set():
            try:
                self.work()
                if time.monotonic() - checked >= CHECK_S:
                    checked = time.monotonic()
                    self._check(datetime.now(UTC))
            except Exception:
                self._figures.failed("")
                log.exception("observing failed")
            with self._filled:
                if not self._waiting:
                    self._filled.wait(0.5)

    def work(self) -> int:
        """Take what waits, a bounded number; how many it was."""
        with self._filled:
            taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            self._characters -= sum(one.question.characters for one in taken)
        if taken:
            self._kept.keep(list(self._entries(taken)))
        return len(taken)

    def _fits(self, asked: Asked) -> bool:
        if len(self._waiting) >= MOST_WAITING:
            return False
        if self._characters + asked.question.characters > MOST_CHARACTERS:
            return False
        self._waiting.append(asked)
        self._characters += asked.question.characters
        return True

    def _entries(self, asked: Sequence[Asked]) -> Iterable[Entry]:
        shadowed = self._shadowed(asked)
        for at, one in enumerate(asked):
            said, shadow = said_by(one.diagnosis), shadowed.get(at, NOBODY)
            if shadow is not NOBODY:
                self._figures.shadowed(one.diagnosis.task, agrees=said.answer == shadow.answer)
            yield Entry(one.diagnosis.task, one.kind, one.subject, one.at, said, shadow)

    def _shadowed(self, asked: Sequence[Asked]) -> Mapping[int, Said]:
        """What the shadows say to the same, by position."""
        found: dict[int, Said] = {}
        for task in {one.diagnosis.task for one in asked}:
            shadow = self._shelf.shadow(task)
            mine = {at: one for at, one in enumerate(asked) if one.diagnosis.task == task}
            if shadow is not None and shadow.version != self._refused.get(task):
                found |= self._answers(shadow, mine)
        return found

    def _answers(self, shadow: Classifies, asked: Mapping[int, Asked]) -> Mapping[int, Said]:
        task = shadow.task.name
        questions = [_for(shadow, one.question) for one in asked.values()]
        try:
            told = zip(asked, answers(shadow, questions), strict=True)
            return {at: said_by(one) for at, one in told if isinstance(one, Diagnosis)}
        except AndonFault as fault:
            words = {"task": task, "version": shadow.version, "fault": str(fault)}
            log.warning("shadow left alone", extra=words)
        except Exception:  # a shadow that is broken must not end the keeping of what was said
            log.exception("shadow left alone", extra={"task": task, "version": shadow.version})
        self._refused[task] = shadow.version
        self._figures.failed(task)
        return {}


def _for(model: Classifies, question: Question) -> Question:
    """The same question without labels that this model does not have."""
    if question.labels is None:
        return question
    known = model.task.label_names
    return replace(question, labels=tuple(name for name in question.labels if name in known))
