"""Few-shot from retrieval: the model is shown what is nearest to an item, then asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prompting.tasks.classifying import LOOKED_UP
from service.comparison.asked_model import AskedModel, Prompting, Shown
from service.comparison.nouns import Approach, CodeRow, Item, Known, Reply
from service.comparison.ports import Answerer

EXAMPLES = 8
CODES = 3


class Retrieved(Answerer, Protocol):
    """What was learnt, ready to be looked into."""

    def nearest(self, item: Item, limit: int) -> list[Item]:
        """Labelled examples that are like it, best first."""
        ...

    def passages(self, item: Item, limit: int) -> list[CodeRow]:
        """Rows of the code table about it, best first."""
        ...


class Retriever(Protocol):
    """Makes it ready; an arm of its own that answers by vote."""

    @property
    def model(self) -> str:
        """The encoder or the kind of engine."""
        ...

    @property
    def versioned(self) -> tuple[str, ...]:
        """What has a version or a hash, in words."""
        ...

    @property
    def redone(self) -> str:
        """What `renewed` does again, in words."""
        ...

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """Labelled examples a class with which it is measured."""
        ...

    def ready(self, known: Known) -> Retrieved:
        """From nothing."""
        ...

    def renewed(self, answerer: Answerer, known: Known) -> Retrieved:
        """The same after something changed."""
        ...


class LookedUpAnswerer:
    """Looks up, then asks the model."""

    def __init__(self, prompting: Prompting, known: Known, retrieved: Retrieved) -> None:
        """Look whether the prompt can be filled.

        Raises:
            DataFault: there are no labels, or more than a prompt holds.
            NotKnown: there is no such prompt in the language.
        """
        self.retrieved = retrieved
        self.learnt = len(known.examples)
        self._asked = AskedModel(prompting, known, prompt=LOOKED_UP, shows=self._shown)
        self.notes = self._asked.notes

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order."""
        return self._asked.answer(items)

    def _shown(self, item: Item) -> Shown:
        found = self.retrieved
        return Shown(found.nearest(item, EXAMPLES), found.passages(item, CODES))


class LookedUpArm:
    """Retrieval finds the examples and codes; the language model reads them and answers."""

    approach = Approach.RAG
    name = "few-shot from retrieval"
    baseline = False

    def __init__(self, prompting: Prompting, retriever: Retriever) -> None:
        self._prompting = prompting
        self._retriever = retriever

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """The ends of the curve alone: each point takes hundreds of questions."""
        return tuple(size for size in self._retriever.sizes if size in (0, None))

    @property
    def model(self) -> str:
        """The language model, and what finds."""
        return f"{self._prompting.model}, {self._retriever.model}"

    @property
    def versioned(self) -> tuple[str, ...]:
        """What the retrieval has, and the prompt, the model and the labels."""
        return (*self._retriever.versioned, *self._prompting.versioned(LOOKED_UP))

    @property
    def redone(self) -> str:
        """What the retrieval does again; the prompt is filled anew for each item anyway."""
        return self._retriever.redone

    def ready(self, known: Known) -> LookedUpAnswerer:
        """Make the retrieval ready.

        Raises:
            AndonFault: the retrieval cannot be, or the labels are not usable.
        """
        return LookedUpAnswerer(self._prompting, known, self._retriever.ready(known))

    def renewed(self, answerer: Answerer, known: Known) -> LookedUpAnswerer:
        """With what changed in the retrieval."""
        if not isinstance(answerer, LookedUpAnswerer):
            return self.ready(known)
        retrieved = self._retriever.renewed(answerer.retrieved, known)
        return LookedUpAnswerer(self._prompting, known, retrieved)
