"""Who takes part: an arm and the numbers of labels with which it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from finetune.drawing import drawn
from service.comparison.nouns import Known
from service.comparison.ports import Arm

NONE, ALL = 0, None
"""Labels a class of the ends of the curve."""
CURVE: tuple[int, ...] = (8, 16, 32, 64)
"""Labels a class of the points between them."""

Size = int | None
"""Labelled examples a class that an arm is given at most; None: all there are."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """One arm in the comparison."""

    arm: Arm
    sizes: tuple[Size, ...]
    """From few to all."""
    represents: bool = False
    """Whether it stands for its approach without being chosen here, as it chooses by itself."""

    @property
    def name(self) -> str:
        """With its approach, as a decision names it."""
        return f"{self.arm.approach.value}/{self.arm.name}"


def entered(arms: Sequence[Arm]) -> tuple[Entrant, ...]:
    """Every arm with the sizes that it asks for, else with a whole curve."""
    return tuple(
        Entrant(
            arm,
            getattr(arm, "sizes", (*CURVE, ALL)),
            bool(getattr(arm, "representative", False)),
        )
        for arm in arms
    )


class Supply:
    """What there is to learn from, in every size; each is the same thing whenever it is asked."""

    def __init__(self, whole: Known) -> None:
        """All labelled rows to develop on."""
        self.whole = whole
        self._known: dict[Size, Known] = {ALL: whole, NONE: replace(whole, examples=())}

    def known(self, size: Size) -> Known:
        """So many of them; each size holds the smaller ones."""
        if size not in self._known:
            examples = self.whole.examples
            labels, groups = [one.label for one in examples], [one.group for one in examples]
            rows = drawn(labels, groups, size or 0, seed=self.whole.seed)
            self._known[size] = replace(self.whole, examples=tuple(examples[row] for row in rows))
        return self._known[size]

    def sizes(self, wanted: Sequence[Size]) -> tuple[Size, ...]:
        """Those of the wanted that are not all the rows under another name."""
        everything = len(self.whole.examples)
        return tuple(
            size for size in wanted if size is ALL or len(self.known(size).examples) < everything
        )
