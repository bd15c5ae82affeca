"""The decision tree: prompting first, then retrieval, then fine-tuning, then two in turn."""

from __future__ import annotations

from collections.abc import Sequence

from service.comparison.contenders import choose, field_of
from service.comparison.nouns import ArmResult, CascadeResult, Circumstances, Decision, Route


def decide(
    arms: Sequence[ArmResult], cascades: Sequence[CascadeResult], given: Circumstances
) -> Decision:
    """The first approach that reaches the target, in the order of what it costs to set up.

    Pure: the same figures in any order give the same decision. `arms` are all points of all
    learning curves; those that are `chosen` stand for their approach.
    """
    field = field_of(arms, cascades)
    winner = choose(field, given.target, given)
    if winner is None:
        return Decision(Route.NONE, "", (), ())
    return Decision(winner.route, winner.name, (), ())
