"""What holds of every decision, whatever the figures."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.comparison.contenders import by_chance
from service.comparison.nouns import (
    Approach,
    ArmResult,
    CascadeResult,
    Decision,
    Quality,
    Route,
)
from service.comparison.tree import decide
from tests.unit.service.comparison.deciding import arm, cascade, quality
from tests.unit.service.comparison.deciding import given as circumstances

WALK = [Route.PROMPT, Route.RAG, Route.FINETUNE, Route.NONE]
SHARES = st.integers(0, 1000).map(lambda value: value / 1000)
COSTS = st.sampled_from([0.0, 0.0001, 0.1, 1.0, 3.0])


@st.composite
def qualities(draw: st.DrawFn) -> Quality:
    """Of three labels, some of them luck, some silent."""
    return quality(
        draw(SHARES),
        half=draw(st.sampled_from([0.0, 0.02, 0.1, 0.4])),
        chance_p=draw(st.sampled_from([0.0025, 0.0025, 0.3])),
        answered=draw(st.sampled_from([0.0, 0.5, 1.0])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[ArmResult], list[CascadeResult]]:
    """At most one for each approach, and every two of them in turn."""
    ways = draw(st.sets(st.sampled_from(["prompt", "rag", "finetune"])))
    arms = [arm(way, draw(qualities()), cost=draw(COSTS)) for way in sorted(ways)]
    names = [f"{one.approach}/{one.name}" for one in arms]
    pairs = [
        cascade(first, then, draw(qualities()), cost=draw(COSTS))
        for first, then in permutations(names, 2)
        if draw(st.booleans())
    ]
    return arms, pairs


World = tuple[list[ArmResult], list[CascadeResult]]
TARGETS = st.integers(1, 1000).map(lambda value: value / 1000)
FEW = settings(max_examples=40, deadline=None)


def _of(found: Decision, world: World) -> Quality | None:
    for one in world[0]:
        if found.arm == f"{one.approach}/{one.name}":
            return one.quality
    for pair in world[1]:
        if found.arm == f"{pair.first} + {pair.then}":
            return pair.quality
    return None


@FEW
@given(worlds(), TARGETS, st.randoms(use_true_random=False))
def test_the_order_of_the_figures_does_not_matter(
    world: World, target: float, chance: object
) -> None:
    """Neither for the route nor for a word of what is said."""
    arms, pairs = list(world[0]), list(world[1])
    chance.shuffle(arms)  # type: ignore[attr-defined]
    chance.shuffle(pairs)  # type: ignore[attr-defined]
    given_ = circumstances(target)
    assert decide(arms, pairs, given_) == decide(*world, given_)


@FEW
@given(worlds(), TARGETS)
def test_what_is_recommended_reaches_the_target_and_is_no_guessing(
    world: World, target: float
) -> None:
    """And answers something; whatever else is recommended is nothing."""
    found = decide(*world, circumstances(target))
    of = _of(found, world)
    assert (of is None) == (found.approach is Route.NONE)
    if of is not None:
        assert of.macro_f1 >= target
        assert of.answered > 0
        assert not by_chance(of)


@FEW
@given(worlds(), TARGETS, TARGETS)
def test_a_higher_target_never_leads_back_in_the_walk(
    world: World, one: float, other: float
) -> None:
    """What suffices for more suffices for less."""
    low, high = sorted((one, other))
    arms, _ = world
    below, above = (decide(arms, [], circumstances(target)) for target in (low, high))
    assert WALK.index(below.approach) <= WALK.index(above.approach)
    with_pairs = [decide(*world, circumstances(target)).approach for target in (low, high)]
    if with_pairs[1] is not Route.NONE:
        assert with_pairs[0] is not Route.NONE


@FEW
@given(worlds(), TARGETS)
def test_two_in_turn_take_nobodys_place_unless_they_are_cheaper(
    world: World, target: float
) -> None:
    """Against the walk without cascades."""
    found, alone = (
        decide(*world, circumstances(target)),
        decide(world[0], [], circumstances(target)),
    )
    if alone.approach is Route.NONE or found.approach is not Route.CASCADE:
        assert alone.approach is Route.NONE or found.arm == alone.arm
        return
    costs = {f"{one.approach}/{one.name}": one.cost_per_1000 for one in world[0]}
    pairs = {f"{one.first} + {one.then}": one.cost_per_1000 for one in world[1]}
    assert pairs[found.arm] <= costs[alone.arm] / 2
    assert costs[alone.arm] > pairs[found.arm]


@FEW
@given(worlds(), TARGETS, st.sampled_from(list(Approach)))
def test_the_dearer_of_two_alike_is_never_chosen(
    world: World, target: float, approach: Approach
) -> None:
    """A twin that costs more to run changes nothing, wherever it stands."""
    arms, pairs = world
    ours = [one for one in arms if one.approach is approach]
    assume(ours)
    twin = replace(ours[0], name="twin", cost_per_1000=ours[0].cost_per_1000 + 1)
    before = decide(arms, pairs, circumstances(target))
    assert decide([twin, *arms], pairs, circumstances(target)).arm == before.arm


@settings(max_examples=60, deadline=None)
@given(worlds(), TARGETS)
def test_what_is_said_of_other_targets_is_true(world: World, target: float) -> None:
    """Asked again with the figures in the sentence, the decision is the one in the sentence."""
    for said in decide(*world, circumstances(target)).would_change:
        if not said.startswith("A target of "):
            continue
        figures = [float(one) for one in re.findall(r"(?<![\w.])\d\.\d+", said.split(":")[0])]
        name = re.search(r"\((.*)\)\.$", said)
        for figure in figures:
            again = decide(*world, circumstances(figure))
            assert again.arm == (name.group(1) if name else ""), (said, figure)


@FEW
@given(worlds(), TARGETS)
def test_every_branch_reads_as_a_sentence(world: World, target: float) -> None:
    """A question, an answer, a reason that ends; nothing is said twice."""
    found = decide(*world, circumstances(target))
    assert all(one.question.endswith("?") and one.reason.endswith(".") for one in found.branches)
    assert all(one.endswith(".") and "None" not in one for one in found.would_change)
    assert len(set(found.would_change)) == len(found.would_change)
    assert "nan" not in " ".join([*found.reasons, *found.would_change])
