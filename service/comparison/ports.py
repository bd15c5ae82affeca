"""What a comparison needs of an approach; the planted worlds and the fakes satisfy the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.comparison.nouns import Approach, Item, Known, Reply


class Answerer(Protocol):
    """An arm that is ready.

    What it may have besides: `name` and `model` where it chose among several, `learnt` (examples
    that it really uses), `notes` for the report, `version` in the store of the comparison, and
    `spared_s` and `spared_cpu_s`, which its set-up would have taken besides, had no other arm made
    a part of it before.
    """

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order; what cannot be answered is abstained on, never raised."""
        ...


class Arm(Protocol):
    """One way to answer a task.

    What it may have besides: `sizes`, the labels a class that it is measured with in place of a
    whole curve; `representative`, where it stands for its approach because it chooses by itself;
    and `settled(answerer)`, the same arm that chooses no more.
    """

    @property
    def approach(self) -> Approach:
        """Which of the three."""
        ...

    @property
    def name(self) -> str:
        """Within its approach."""
        ...

    @property
    def model(self) -> str:
        """The language model, encoder or kind of engine; said in the report."""
        ...

    @property
    def baseline(self) -> bool:
        """Whether it stands in for something that is not set."""
        ...

    @property
    def versioned(self) -> tuple[str, ...]:
        """What of it has a version or a content hash, in words."""
        ...

    @property
    def redone(self) -> str:
        """What `renewed` does again, in words."""
        ...

    def ready(self, known: Known) -> Answerer:
        """Set up from nothing; what it takes is the set-up time.

        Raises:
            AndonFault: it cannot be set up with that; the report says why.
        """
        ...

    def renewed(self, answerer: Answerer, known: Known) -> Answerer:
        """The same after labels, codes or examples changed, with as little work as honest."""
        ...
