"""Arms that need no model: what they say is a table, and what they were given is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from finetune.task import Label, Task, TaskKind
from ingest.errors import AndonFault
from service.comparison.entrants import ALL, CURVE, NONE
from service.comparison.nouns import Approach, Item, Known, Reply
from service.comparison.ports import Answerer

LABELS = ("hot", "worn", "calm")
TASK = Task("fault", TaskKind.TEXT, tuple(Label(name) for name in LABELS))

Says = Callable[[Item], Reply]


def items(count: int, *, groups: int = 0, seed: str = "") -> tuple[Item, ...]:
    """Texts that name their label, three labels in turn; every row its own group, or so many."""
    return tuple(
        Item(
            f"{LABELS[at % 3]} {seed}{at}",
            label=LABELS[at % 3],
            group=f"{seed}{at % groups if groups else at}",
        )
        for at in range(count)
    )


def right(item: Item) -> Reply:
    """What the text names."""
    name = item.text.split()[0]
    return Reply(name, 0.9, name)


def right_of(*labels: str) -> Says:
    """Right about these, else it abstains with the first label as its guess."""

    def says(item: Item) -> Reply:
        found = right(item)
        return found if found.label in labels else Reply(None, 0.1, LABELS[0])

    return says


@dataclass
class FakeArm:
    """Says what a function says; notes what it was set up with and what it was asked."""

    approach: Approach
    name: str
    says: Says = right
    model: str = "fake"
    baseline: bool = False
    versioned: tuple[str, ...] = ("the fake",)
    redone: str = "nothing"
    fault: AndonFault | Exception | None = None
    """Raised when it is set up."""
    answers_as: str = ""
    """Name of its answerer, where it chose among others."""
    representative: bool = False
    sizes: tuple[int | None, ...] = ()
    """None named: none of a prompt, a whole curve of another."""
    known: list[Known] = field(default_factory=list)
    asked: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sizes = self.sizes or ((NONE,) if self.approach is Approach.PROMPT else (*CURVE, ALL))

    def ready(self, known: Known) -> Answerer:
        self.known.append(known)
        if self.fault is not None:
            raise self.fault
        return FakeAnswerer(self)

    def renewed(self, answerer: Answerer, known: Known) -> Answerer:
        return self.ready(known)


class FakeAnswerer:
    """Answers as its arm says."""

    def __init__(self, arm: FakeArm) -> None:
        self._arm = arm
        self.name = arm.answers_as or arm.name

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        self._arm.asked += items
        return [self._arm.says(item) for item in items]
