"""How far a comparison is: what is being done, and the share of the whole that is behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finetune.progress import Advance, Progress, Steps
from service.comparison.entrants import Entrant, Size
from service.comparison.nouns import Approach

CHEAP, MODEL, TRAINING = 1.5, 60.0, 20.0
"""Expected cost of a step against another: arms without a model, with one, and a training."""
CHOOSING, FURTHER = 3.0, 2.5
"""Times that an arm is set up when one is chosen over folds, and when it is measured further."""
AGAIN = 1.3
"""The same of a training, which then has its candidate."""
IN_TURN = "two in turn"
FURTHER_STEP = "asked anew: "


class Pace:
    """Steps in their order; a step that is a training of its own reports from within."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._steps = Steps({}, progress)
        self._name = ""
        self._share = 0.0
        self._counts = True
        self._advance: Advance = lambda _: None

    def plan(self, costs: Mapping[str, float]) -> None:
        """What is to come, with what it is expected to cost."""
        self._steps = Steps(costs, self._told)

    def begin(self, name: str) -> None:
        """A step of the plan begins."""
        self._name, self._counts = name, not name.startswith(FURTHER_STEP)
        self._advance = self._steps.begin(name)

    def tell(self, what: str) -> None:
        """What is being done within the step."""
        self._name = what
        self._progress(what, self._share)

    def trained(self, what: str, share: float) -> None:
        """How far a training is; a `Progress`. One of several within a step moves nothing."""
        self.tell(f"{Approach.FINETUNE.value}: {what}")
        if self._counts:
            self._advance(share)

    def advance(self, share: float) -> None:
        """So much of the step is done."""
        self._advance(share)

    def end(self) -> None:
        """All is done."""
        self._progress("done", 1.0)

    def _told(self, _step: str, share: float) -> None:
        self._share = share
        self._progress(self._name, share)


def step(entrant: Entrant, size: Size) -> str:
    """Name of the step in which an arm is measured with so many labels."""
    labels = {None: "all labels", 0: "no labels"}.get(size, f"{size} labels a class")
    return f"{entrant.name}, {labels}"


def choosing(approach: Approach) -> str:
    """Name of the step in which the one that stands for an approach is chosen."""
    return f"{approach.value}: which arm stands for it"


def further(entrant: Entrant) -> str:
    """Name of the step in which an arm is measured further."""
    return f"{FURTHER_STEP}{entrant.name}"


def costs(points: Mapping[Approach, Sequence[tuple[Entrant, Size]]]) -> dict[str, float]:
    """Every step of a comparison, in its order, with what it is expected to cost.

    Args:
        points: of each approach: who is measured with how many labels a class.
    """
    found: dict[str, float] = {}
    for approach, own in points.items():
        open_ones = {one.name: _asking(one) for one, _ in own if not one.represents}
        found[choosing(approach)] = CHOOSING * sum(open_ones.values())
        found.update({step(one, size): _price(one) for one, size in own})
    everyone = {one.name: one for own in points.values() for one, _ in own}.values()
    found[IN_TURN] = max(map(_asking, everyone), default=0.0)
    for one in everyone:
        found[further(one)] = AGAIN * TRAINING if one.represents else FURTHER * _asking(one)
    return found


def _price(entrant: Entrant) -> float:
    return TRAINING if entrant.represents else _asking(entrant)


def _asking(entrant: Entrant) -> float:
    asks_model = entrant.arm.approach is Approach.PROMPT and not entrant.arm.baseline
    return MODEL if asks_model else CHEAP
