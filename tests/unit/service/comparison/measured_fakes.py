"""Arms that keep the ports and do one thing right or wrong, for the measures to tell apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from finetune.task import Label, Task, TaskKind
from service.comparison.nouns import Approach, CodeRow, Item, Known, Reply

Saying = Callable[[Item], str]


class Says:
    """Answers every item by a function of the item."""

    def __init__(self, saying: Saying) -> None:
        self.saying = saying
        self.seen: list[list[Item]] = []

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        self.seen.append(list(items))
        return [reply(self.saying(item)) for item in items]


class ByNeighbours:
    """Right when alone or first in its batch, else what was said to the item before."""

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        return [reply(items[max(0, at - 1)].text) for at in range(len(items))]


class Away:
    """Like another answerer, but no answer can be had to every so many of all the items asked."""

    def __init__(self, inner: Says, every: int) -> None:
        self.inner, self.every, self.saying = inner, every, inner.saying
        self.count = 0

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        return [self._one(told) for told in self.inner.answer(items)]

    def _one(self, told: Reply) -> Reply:
        self.count += 1
        if self.count % self.every:
            return told
        return Reply(None, reason="The server is away.", failed=True)


def reply(label: str) -> Reply:
    """A certain answer, or an abstention where the label is empty."""
    return Reply(label or None, confidence=float(bool(label)), likeliest=label)


@dataclass
class FakeArm:
    """Set up and renewed by functions of what is known."""

    learn: Callable[[Known], Saying]
    relearn: Callable[[Saying, Known], Saying]
    name: str = "fake"
    approach: Approach = Approach.RAG
    model: str = "none"
    baseline: bool = False
    versioned: tuple[str, ...] = ("the examples",)
    redone: str = "the examples are read again"
    away_every: int = 0
    set_up: list[Known] = field(default_factory=list)

    def ready(self, known: Known) -> Says | Away:
        """From nothing."""
        self.set_up.append(known)
        return self._answerer(self.learn(known))

    def renewed(self, answerer: object, known: Known) -> Says | Away:
        """After a change."""
        assert isinstance(answerer, Says | Away)
        return self._answerer(self.relearn(answerer.saying, known))

    def _answerer(self, saying: Saying) -> Says | Away:
        return Away(Says(saying), self.away_every) if self.away_every else Says(saying)


def by_words(known: Known) -> Saying:
    """An honest learner: the label whose examples share most words with the item."""
    seen: dict[str, Counter[str]] = {label: Counter() for label in known.labels}
    for example in known.examples:
        seen[example.label].update(_words(example.text))

    def say(item: Item) -> str:
        scores = {
            label: sum(counts[word] / counts.total() for word in _words(item.text) if counts)
            for label, counts in seen.items()
        }
        best = max(scores, key=lambda label: scores[label])
        return best if scores[best] else ""

    return say


def by_code(known: Known) -> Saying:
    """The label that the code table gives for a code of the item; else it abstains."""
    table: Mapping[str, str] = {row.code.replace("-", ""): row.label for row in known.codes}
    return lambda item: next((table[word] for word in item.text.split() if word in table), "")


def honest(learn: Callable[[Known], Saying] = by_words) -> FakeArm:
    """Learns everything anew whenever something changed."""
    return FakeArm(learn, lambda old, known: learn(known))


def rigid(learn: Callable[[Known], Saying] = by_words) -> FakeArm:
    """Never takes in what changed."""
    return FakeArm(learn, lambda old, known: old)


def mostly_away() -> FakeArm:
    """An honest arm whose server answers three items of four."""
    return FakeArm(by_words, lambda old, known: by_words(known), away_every=4)


def plant_known() -> Known:
    """Three faults, four examples each, and a code for each item."""
    return Known(_task(), tuple(_items(range(1, 5))), tuple(_codes()))


def plant_test() -> list[Item]:
    """Six other items of each fault."""
    return _items(range(5, 11))


WORDS = {
    "leak": "oil puddle below the pump because a seal drips",
    "jam": "carton stuck across the belt and motor stalls",
    "sensor": "reading frozen although probe cable was checked",
}
CODES = {"leak": "E1", "jam": "E2", "sensor": "E3"}


def _task() -> Task:
    labels = tuple(Label(name, f"It is a {name}.") for name in WORDS)
    return Task("plant", TaskKind.TEXT, labels)


def _items(numbers: range) -> list[Item]:
    return [
        Item(text=f"{CODES[name]}{at:02d} {words}", label=name, group=f"{name} {at}")
        for name, words in WORDS.items()
        for at in numbers
    ]


def _codes() -> list[CodeRow]:
    return [
        CodeRow(f"{CODES[name][0]}-{CODES[name][1]}{at:02d}", words, name)
        for name, words in WORDS.items()
        for at in range(1, 11)
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{3,}", text.lower())
