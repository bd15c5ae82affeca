"""Who stands for an approach in the decision, and which of them a target chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.comparison.cost import one_off_cost_of_both
from service.comparison.nouns import (
    Approach,
    ArmResult,
    CascadeResult,
    Circumstances,
    Prices,
    Quality,
    Route,
)
from service.comparison.report_words import arm_id, cascade_id

LUCK = 0.05
"""Answers that a shuffling matches this often may be luck."""
CHEAPER = 0.5
"""A cascade is taken in place of what reaches alone for this share of its cost."""
A_MILLION = 1000
"""Thousands of items."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to answer the task, with what the decision weighs."""

    route: Route
    name: str
    """`approach/name`, or `approach/name + approach/name`."""
    quality: Quality
    cost_per_1000: float
    one_off_cost: float
    p50_ms: float
    arm: ArmResult | None = None
    cascade: CascadeResult | None = None

    @property
    def parts(self) -> frozenset[str]:
        """The approaches that it needs."""
        return frozenset(part.split("/", 1)[0] for part in self.name.split(" + "))

    @property
    def by_chance(self) -> bool:
        """Whether it cannot be told from guessing."""
        return by_chance(self.quality)

    @property
    def reach(self) -> float:
        """The highest target that it reaches; below 0 where it reaches none."""
        silent = self.quality.answered == 0
        return -1.0 if silent or self.by_chance else self.quality.macro_f1

    @property
    def cost(self) -> tuple[float, float, float, str]:
        """What a tie goes by: running, setting up, waiting; then the name, to be the same again."""
        return self.cost_per_1000, self.one_off_cost, self.p50_ms, self.name


@dataclass(frozen=True, slots=True)
class Field:
    """Everyone who was measured to stand for an approach."""

    singles: tuple[Contender, ...]
    """In the order of the walk; an approach that nobody stands for is missing."""
    cascades: tuple[Contender, ...]
    """From cheap to dear."""

    @property
    def everyone(self) -> tuple[Contender, ...]:
        """Singles, then cascades."""
        return *self.singles, *self.cascades

    def of(self, approach: Approach) -> Contender | None:
        """Who stands for it."""
        return next((one for one in self.singles if one.route == approach.value), None)


def by_chance(one: Quality) -> bool:
    """Whether guessing at random might have been as right."""
    return one.ci95[0] <= one.chance_macro_f1 or one.chance_p >= LUCK


def field_of(arms: Iterable[ArmResult], cascades: Iterable[CascadeResult], prices: Prices) -> Field:
    """Those who stand for an approach, and the cascades of them."""
    standing = [_single(one) for one in arms if one.chosen]
    found = [_strongest(standing, approach) for approach in Approach]
    singles = tuple(one for one in found if one is not None)
    members = {one.name: one.arm for one in standing if one.arm}
    both = (_cascade(one, members, prices) for one in cascades)
    return Field(singles, tuple(sorted(both, key=lambda one: one.cost)))


def choose(field: Field, target: float, given: Circumstances) -> Contender | None:
    """The first that reaches the target in the order of the walk; None: nobody does."""
    alone = alone_at(field, target)
    if alone is None:
        return next((one for one in field.cascades if one.reach >= target), None)
    return instead_of(alone, field, target=target, given=given) or alone


def alone_at(field: Field, target: float) -> Contender | None:
    """The first that reaches the target by itself."""
    return next((one for one in field.singles if one.reach >= target), None)


def instead_of(
    alone: Contender, field: Field, *, target: float, given: Circumstances
) -> Contender | None:
    """The cascade that is taken in place of what reaches the target alone."""
    reaching = (one for one in no_further(alone, field) if one.reach >= target)
    return next((one for one in reaching if pays(one, alone, given)), None)


def passed_by(field: Field, target: float) -> tuple[Contender, ...]:
    """Those that the walk came to before it found one that reaches alone; or all of them."""
    alone = alone_at(field, target)
    return field.singles if alone is None else field.singles[: field.singles.index(alone)]


def no_further(alone: Contender, field: Field) -> tuple[Contender, ...]:
    """The cascades that need no approach that the walk has not come to."""
    order = [one.value for one in Approach]
    come_to = set(order[: order.index(alone.route.value) + 1])
    return tuple(one for one in field.cascades if one.parts <= come_to)


def pays(cascade: Contender, alone: Contender, given: Circumstances) -> bool:
    """Half the cost, and enough of it to pay for keeping two in place of one."""
    half = cascade.cost_per_1000 <= CHEAPER * alone.cost_per_1000
    return half and worth(alone.cost_per_1000 - cascade.cost_per_1000, given)


def worth(saved_per_1000: float, given: Circumstances) -> bool:
    """Whether a million items save an hour of labour."""
    return saved_per_1000 > 0 and saved_per_1000 * A_MILLION >= given.prices.labour_hour


def strongest(contenders: Sequence[Contender]) -> Contender | None:
    """The nearest to any target; None: nobody is above chance.

    A tie goes to the one that stands alone, then to the cheaper.
    """
    real = [one for one in contenders if one.reach >= 0]
    return min(real, key=lambda one: (-one.reach, len(one.parts), *one.cost), default=None)


def _strongest(standing: Sequence[Contender], approach: Approach) -> Contender | None:
    ours = [one for one in standing if one.route == approach.value]
    return min(ours, key=lambda one: (-one.reach, *one.cost), default=None)


def _single(one: ArmResult) -> Contender:
    return Contender(
        route=Route(one.approach.value),
        name=arm_id(one),
        quality=one.quality,
        cost_per_1000=one.cost_per_1000,
        one_off_cost=one.one_off_cost,
        p50_ms=one.p50_ms,
        arm=one,
    )


def _cascade(one: CascadeResult, members: dict[str, ArmResult], prices: Prices) -> Contender:
    return Contender(
        route=Route.CASCADE,
        name=cascade_id(one),
        quality=one.quality,
        cost_per_1000=one.cost_per_1000,
        one_off_cost=one_off_cost_of_both(members[one.first], members[one.then], prices),
        p50_ms=one.p50_ms,
        cascade=one,
    )
