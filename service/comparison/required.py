"""How many labelled examples an approach needs to reach the target, by its learning curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.labels_needed import CurvePoint, Needed, labels_needed
from service.comparison.contenders import Contender
from service.comparison.cost import labelling_cost
from service.comparison.nouns import ArmResult, Circumstances
from service.comparison.report_words import count, money, seconds


def required(arms: Sequence[ArmResult], one: ArmResult, target: float) -> Needed:
    """From the curve of this arm; an arm without one is judged by its single point."""
    return labels_needed(curve(arms, one), target)


def curve(arms: Sequence[ArmResult], one: ArmResult) -> tuple[CurvePoint, ...]:
    """The arm at growing numbers of labels."""
    same = (arm for arm in arms if (arm.approach, arm.name) == (one.approach, one.name))
    points = {
        arm.labels: CurvePoint(arm.labels, arm.quality.macro_f1, *arm.quality.ci95)
        for arm in same
        if arm.labels
    }
    return tuple(points[labels] for labels in sorted(points))


def more_labels(one: Contender, arms: Sequence[ArmResult], given: Circumstances) -> Iterator[str]:
    """What labelling on would bring, and cost, for one who learns from examples and falls short."""
    if one.arm is None or not one.arm.labels:
        return
    needed = required(arms, one.arm, given.target)
    if needed.labels is None:
        yield (f"More labels of the same kind: by its learning curve {one.name} is {needed.words}.")
    elif needed.labels > one.arm.labels:
        more = needed.labels - one.arm.labels
        minutes = more * given.prices.label_minutes
        cost = labelling_cost(more, given.prices)
        yield (
            f"With {count(more)} more labels {one.name} is expected to reach {given.target:.2f} "
            f"and would be chosen; by its learning curve that takes {needed.words} in all: "
            f"{seconds(minutes * 60)} of labelling, {money(cost, given.prices.currency)}."
        )


def not_by_more(one: Contender, arms: Sequence[ArmResult], given: Circumstances) -> bool:
    """Whether its curve does not come to the target."""
    return one.arm is None or required(arms, one.arm, given.target).labels is None
