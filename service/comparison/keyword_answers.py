"""Answers without a language model: by the words of the labels, or the commonest label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prompting.tasks.keywords import KeywordClassifier
from service.comparison.nouns import Item, Known, Reply

NO_PROMPT = (
    "No language model is set: this is no prompt but a baseline that looks for the words of the "
    "labels' names and meanings in the text."
)
NO_NUMBERS = (
    "No language model is set, and there are no key words in numbers: this baseline always says "
    "the commonest label."
)


@dataclass(frozen=True, slots=True)
class KeywordAnswerer:
    """Answers by key words; where none tells it abstains, with the quiet label as its guess."""

    words: KeywordClassifier
    quiet: str = ""
    learnt: int = 0
    """Labelled examples that it uses."""
    notes: tuple[str, ...] = (NO_PROMPT,)

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Reply:
        found = self.words.classify(item.text)
        if found.label is None:
            return Reply(None, likeliest=self.quiet, reason="no word in it speaks for one label")
        told = ", ".join(found.words)
        return Reply(found.label, found.share, found.label, reason=f"its words: {told}")


@dataclass(frozen=True, slots=True)
class CommonestAnswerer:
    """Says the commonest label of the labelled examples, whatever the numbers are."""

    label: str
    share: float
    learnt: int
    """Labelled examples that were counted."""
    notes: tuple[str, ...] = (NO_NUMBERS,)

    @classmethod
    def of(cls, known: Known) -> CommonestAnswerer:
        """Count the labels; the first of the task where there are no examples."""
        counted = Counter(item.label for item in known.examples)
        label = max(known.labels, key=lambda name: counted[name])
        return cls(label, counted[label] / max(1, counted.total()), len(known.examples))

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """The same for each."""
        reply = Reply(self.label, self.share, self.label, reason="the commonest label")
        return [reply for _ in items]
