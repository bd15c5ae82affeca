"""Arms that say what they are told to, and a plain task for them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from finetune.task import Label, Task, TaskKind
from ingest.errors import AndonFault, NotKnown
from service.comparison.nouns import Approach, Item, Known, Reply, Route
from service.comparison.ports import Answerer
from service.task_routes import Member, TaskRoute

LABELS = ("pump_worn", "valve_stuck", "no_fault")
TASK = Task(
    "error_code",
    TaskKind.TEXT,
    (Label("pump_worn", machine_kinds=("hydraulic-press",)), *map(Label, LABELS[1:])),
    quiet="no_fault",
)
KNOWN = Known(TASK, (Item("it whines", label="pump_worn"), Item("it sticks", label="valve_stuck")))
BY_WORDS = Member(Approach.RAG, "words", "words", 2)
TRAINED = Member(Approach.FINETUNE, "hybrid", "hybrid on MiniLM", 2)
ASKED = Member(Approach.PROMPT, "zero-shot", "parrot", per_class=0)
BY_RAG = TaskRoute("error_code", Route.RAG, (BY_WORDS,), KNOWN)
BY_PROMPT = TaskRoute("error_code", Route.PROMPT, (ASKED,), KNOWN)
BY_BOTH = TaskRoute("error_code", Route.CASCADE, (BY_WORDS, TRAINED), KNOWN)


@dataclass
class Words:
    """An arm that knows words; a text without any of them is abstained on, with a guess."""

    words: Mapping[str, str] = field(default_factory=lambda: {"stick": "valve_stuck"})
    guess: str = ""
    approach: Approach = Approach.RAG
    name: str = "words"
    model: str = "words"
    baseline: bool = False
    versioned: tuple[str, ...] = ()
    redone: str = "nothing"
    fault: AndonFault | None = None
    """Raised when it is made ready."""
    away: AndonFault | None = None
    """Raised when it is asked."""
    gate: threading.Event | None = None
    """Making it ready waits for this."""
    begun: threading.Event = field(default_factory=threading.Event)
    """Somebody makes it ready."""
    learnt: list[Known] = field(default_factory=list)
    asked: list[Item] = field(default_factory=list)

    def ready(self, known: Known) -> Answerer:
        """It is its own answerer."""
        self.learnt.append(known)
        self.begun.set()
        if self.gate is not None:
            assert self.gate.wait(60)
        if self.fault is not None:
            raise self.fault
        return self

    def renewed(self, answerer: Answerer, known: Known) -> Answerer:
        """The same."""
        return answerer

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """By the first word that stands in the text."""
        if self.away is not None:
            raise self.away
        self.asked += items
        return [self._one(item.text) for item in items]

    def _one(self, text: str) -> Reply:
        label = next((label for word, label in self.words.items() if word in text), None)
        if label is None:
            return Reply(None, 0.3 * bool(self.guess), self.guess, reason="no word is known")
        return Reply(label, 0.9, label, reason=f"like: it is {label}")


@dataclass
class Arms:
    """Makes the arms of members by name; NotKnown for others, as where no model is set."""

    arms: Mapping[str, Words]
    made: list[str] = field(default_factory=list)

    def __call__(self, member: Member, known: Known) -> Words:
        self.made.append(str(member))
        if member.name not in self.arms:
            raise NotKnown(f"There is no arm {member}. No language model is set.")
        return self.arms[member.name]
