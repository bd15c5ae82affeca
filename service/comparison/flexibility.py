"""What a new class takes: it is kept from an arm, then added, and both are measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from ingest.errors import DataFault, ModelFault
from service.comparison.nouns import Flexibility, Item, Known, Reply
from service.comparison.ports import Arm
from service.comparison.sampling import asked, drawn, guess, refuse_silence, right, unanswered

_ENOUGH = 5
"""Items of the test, for a recall that is more than luck."""


def label_to_keep_out(known: Known, test: Sequence[Item]) -> str:
    """The label of middling size; among those with enough items in the test, if there are any.

    Raises:
        DataFault: there are fewer than three labels, or the test has none that can be spared.
    """
    if len(known.labels) < 3:
        raise DataFault("A new class is measured by keeping one out, which takes three labels.")
    tested = Counter(item.label for item in test)
    spare = [name for name in known.labels if name != known.task.quiet and tested[name]]
    spare = [name for name in spare if tested[name] >= _ENOUGH] or spare
    if not spare or len(tested) < 2:
        raise DataFault("The test has no items of a label that could be kept out.")
    size = Counter(item.label for item in known.examples) or tested
    ranked = sorted(spare, key=lambda name: (-size[name], known.labels.index(name)))
    return ranked[len(ranked) // 2]


def without(known: Known, label: str) -> Known:
    """What is known without a label: not its name, its examples or its rows of the code table."""
    labels = tuple(one for one in known.task.labels if one.name != label)
    return replace(
        known,
        task=replace(known.task, labels=labels),
        examples=tuple(item for item in known.examples if item.label != label),
        codes=tuple(row for row in known.codes if row.label != label),
    )


def measured_flexibility(
    arm: Arm,
    known: Known,
    test: Sequence[Item],
    *,
    seed: int,
    at_most: int = 100,
    label: str | None = None,
) -> Flexibility:
    """Set an arm up without one class, then add it.

    It took the class when it names it on the items of that class more often than on others.

    Args:
        arm: is set up once and renewed once.
        known: with the class.
        test: items that the arm never learnt.
        seed: for the draw of the items.
        at_most: items, half of them of the new class where there are so many.
        label: the class; `label_to_keep_out` where it is not named.

    Raises:
        DataFault: the rows do not allow it.
        ModelFault: the arm named the class before it could know it, or had no answer to too many.
    """
    label = label or label_to_keep_out(known, test)
    new = drawn([item for item in test if item.label == label], at_most // 2, seed=seed)
    others = drawn([item for item in test if item.label != label], at_most // 2, seed=seed)
    if not new or not others:
        raise DataFault(f"The test has no items of {label} and of another label to compare.")
    answerer = arm.ready(without(known, label))
    before = asked(answerer, others)
    if any(label in (reply.label, reply.likeliest) for reply in before):
        raise ModelFault(f"{arm.name} named {label} before it was told of it.")
    began = perf_counter()
    answerer = arm.renewed(answerer, known)
    replies = asked(answerer, new[:1])
    seconds = perf_counter() - began
    replies += asked(answerer, new[1:])
    after = asked(answerer, others)
    every = [*before, *replies, *after]
    refuse_silence(unanswered(every), len(every))
    recall = sum(right(new, replies)) / len(new)
    taken = recall > sum(guess(reply) == label for reply in after) / len(others)
    return Flexibility(
        label=label,
        seconds=seconds if taken else None,
        recall=recall,
        others_kept=_kept(others, before, after),
        redone=arm.redone,
    )


def _kept(items: Sequence[Item], before: Sequence[Reply], after: Sequence[Reply]) -> float:
    """Of those that were right before, those that are right still; 1 where none was."""
    pairs = zip(right(items, before), right(items, after), strict=True)
    still = [later for earlier, later in pairs if earlier]
    return sum(still) / len(still) if still else 1.0
