"""What would change a decision, in sentences: each is walked or reckoned with the figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.comparison.class_labels import more_of_a_label, taken_for_another
from service.comparison.contenders import (
    Contender,
    Field,
    alone_at,
    choose,
    passed_by,
    strongest,
    worth,
)
from service.comparison.nouns import Approach, ArmResult, Circumstances, Route
from service.comparison.other_targets import other_targets
from service.comparison.report_words import count, milliseconds, money, plain, seconds
from service.comparison.required import more_labels, not_by_more

MOST = 6
"""Sentences: longer lists are not read."""
NOTICED_MS = 50.0
"""A person or a machine notices an answer that takes longer."""
MOST_TIMES = 50.0
"""As many times the test: nobody labels more to be sure."""


def would_change(field: Field, arms: Sequence[ArmResult], given: Circumstances) -> tuple[str, ...]:
    """What did not run, labels, what is missing, targets, a larger test, use: the first few."""
    winner = choose(field, given.target, given)
    targets = [*other_targets(field, given)]
    sentences = [
        *_failed(field, arms, given),
        *_labels(field, arms, given),
        *_missing(field, given),
        *targets[:1],
        *_unsure(field, winner, given),
        *(_in_use(field, winner, given) if winner else ()),
        *targets[1:],
    ]
    return tuple(dict.fromkeys(sentences))[:MOST]


def _labels(field: Field, arms: Sequence[ArmResult], given: Circumstances) -> Iterator[str]:
    """More examples for the best of those that the walk passed by and that learn."""
    passed = passed_by(field, given.target)
    nearest = strongest([one for one in passed if one.arm is not None and one.arm.labels])
    if nearest is not None:
        yield from more_of_a_label(nearest, given)
        yield from more_labels(nearest, arms, given)
        if choose(field, given.target, given) is None and not_by_more(nearest, arms, given):
            yield from taken_for_another(nearest, given)
    if strongest(field.everyone) is None:
        yield (
            "Other inputs: no answers that were measured follow the labels, so the first question "
            "is whether the inputs hold what the labels say."
        )


def _missing(field: Field, given: Circumstances) -> Iterator[str]:
    """What was not there, and might have been chosen before the winner."""
    alone = alone_at(field, given.target)
    if not given.model and (alone is None or alone.route is not Route.PROMPT):
        yield (
            "A language model (`ANDON_LLM_URL` and `ANDON_LLM_MODEL`, or `ANDON_LLM_FOLDER`): "
            "none is set, so no prompt was put to one, and what a prompt reaches is asked first."
        )
    none_cheaper = alone is None or alone.route is Route.FINETUNE
    if given.reads_texts and not given.code_rows and none_cheaper:
        yield (
            "A table of codes or a document that has one (`--codes`, `--documents`): none was "
            "given, so retrieval had the labelled examples alone."
        )


def _failed(field: Field, arms: Sequence[ArmResult], given: Circumstances) -> Iterator[str]:
    """Those that could not be measured, where the walk would have come to them."""
    alone = alone_at(field, given.target)
    order = [approach.value for approach in Approach]
    last = len(order) if alone is None else order.index(alone.route.value)
    measured = {(arm.approach, arm.name) for arm in arms}
    reasons = {
        f"{one.approach}/{one.name}": one.reason
        for one in given.failed
        if order.index(one.approach.value) <= last and (one.approach, one.name) not in measured
    }
    for name, reason in reasons.items():
        yield (
            f"{name} could not be measured ({plain(reason, 200).rstrip('.')}): once it can, "
            "compare again."
        )


def _unsure(field: Field, winner: Contender | None, given: Circumstances) -> Iterator[str]:
    """Where the interval leaves open on which side of the target one is: the winner, or a miss."""
    if winner is not None and winner.quality.ci95[0] < given.target:
        yield f"A larger test: {_times(winner, given)}."
        yield from _surer(field, given)
        return
    missed = [one for one in passed_by(field, given.target) if 0 <= one.reach < given.target]
    nearest = strongest(missed)
    if nearest is not None and nearest.quality.ci95[1] >= given.target:
        yield f"A larger test: {_times(nearest, given)}."


def _surer(field: Field, given: Circumstances) -> Iterator[str]:
    """The first whose whole interval is above the target."""
    for one in field.everyone:
        if one.reach >= 0 and one.quality.ci95[0] >= given.target:
            yield (
                f"If the whole interval has to lie above the target, {one.name} is the first that "
                f"does (from {one.quality.ci95[0]:.2f})."
            )
            return


def _times(one: Contender, given: Circumstances) -> str:
    """How many more items would tell; an interval shrinks with the root of their number."""
    low, high = one.quality.ci95
    macro_f1 = one.quality.macro_f1
    half = macro_f1 - low if macro_f1 >= given.target else high - macro_f1
    away = abs(macro_f1 - given.target)
    side = "reaches" if macro_f1 >= given.target else "misses"
    said = f"{one.name} {side} {given.target:.2f} within its interval"
    if away == 0 or (half / away) ** 2 > MOST_TIMES:
        return f"{said}, so close that no number of items that can be labelled would tell"
    items = one.quality.n * (half / away) ** 2
    return f"{said}, and about {count(items)} test items in place of {one.quality.n} would tell"


def _in_use(field: Field, winner: Contender, given: Circumstances) -> Iterator[str]:
    """What others that reach the target too do better than the winner."""
    for one in field.singles:
        if one is winner or one.reach < given.target or one.name in winner.name.split(" + "):
            continue
        yield from _from_how_many(one, winner, given)
        if winner.p50_ms >= max(NOTICED_MS, 2 * one.p50_ms):
            yield (
                f"If an answer has to come in less than {milliseconds(winner.p50_ms)}: {one.name} "
                f"reaches the target too ({one.quality.macro_f1:.2f}), in "
                f"{milliseconds(one.p50_ms)}."
            )
        yield from _new_class(one, winner)


def _from_how_many(one: Contender, winner: Contender, given: Circumstances) -> Iterator[str]:
    """From how many items on the other is the cheaper in all."""
    saved = winner.cost_per_1000 - one.cost_per_1000
    if not worth(saved, given):
        return
    extra = max(one.one_off_cost - winner.one_off_cost, 0.0)
    currency = given.prices.currency
    since = f"about {count(1000 * extra / saved)} items" if extra else "the first item"
    yield (
        f"From {since} on {one.name} is the cheaper: it reaches the target too "
        f"({one.quality.macro_f1:.2f}) and costs {money(one.cost_per_1000, currency)} per 1,000 "
        f"items in place of {money(winner.cost_per_1000, currency)}, and "
        f"{money(extra, currency)} more once."
    )


def _new_class(one: Contender, winner: Contender) -> Iterator[str]:
    """Where the winner could not take a new label and the other could."""
    if one.arm is None or winner.arm is None:
        return
    theirs, ours = one.arm.flexibility, winner.arm.flexibility
    if theirs is None or ours is None or ours.seconds is not None or theirs.seconds is None:
        return
    yield (
        f"If new labels come: {winner.name} did not take one, {one.name} did in "
        f"{seconds(theirs.seconds)}."
    )
