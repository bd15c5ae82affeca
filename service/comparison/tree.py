"""The decision tree: prompting first, then retrieval, then fine-tuning, then two in turn."""

from __future__ import annotations

from collections.abc import Sequence

from service.comparison.contenders import choose, field_of
from service.comparison.nouns import ArmResult, CascadeResult, Circumstances, Decision, Route
from service.comparison.reasons import branches
from service.comparison.would_change import would_change


def decide(
    arms: Sequence[ArmResult], cascades: Sequence[CascadeResult], given: Circumstances
) -> Decision:
    """The first approach that reaches the target, in the order of what it costs to set up.

    Pure: the same figures in any order give the same decision. `arms` are all points of all
    learning curves; those that are `chosen` stand for their approach.
    """
    field = field_of(arms, cascades, given.prices)
    winner = choose(field, given.target, given)
    return Decision(
        approach=Route.NONE if winner is None else winner.route,
        arm="" if winner is None else winner.name,
        branches=branches(field, given),
        would_change=would_change(field, arms, given),
    )
