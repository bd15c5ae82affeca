"""How often the same item gets the same answer when it is asked otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ingest.errors import DataFault
from service.comparison.near_numbers import columns_turned, digit_changed
from service.comparison.nouns import Consistency, Item, Reply
from service.comparison.ports import Answerer
from service.comparison.rewording import reworded
from service.comparison.sampling import asked, drawn, guess, refuse_silence, unanswered
from service.comparison.typos import mistyped


def measured_consistency(
    answerer: Answerer, items: Sequence[Item], *, seed: int, at_most: int = 100
) -> Consistency:
    """The share of equal answers, of labelled or unlabelled items.

    An abstention is an answer too: equal to another one with the same best guess, unlike any
    label. Items of numbers are asked with their columns in another order in place of reworded, and
    with a last digit changed in place of typos; items that have both get both.

    Raises:
        DataFault: there is nothing to ask.
        ModelFault: the answerer has not one reply to each item, or no answer to too many.
    """
    few = drawn(items, at_most, seed=seed)
    if not few:
        raise DataFault("Consistency is measured on items of the test, and it has none.")
    first = asked(answerer, few)
    others = (
        asked(answerer, few),
        asked(answerer, _each(few, _said_otherwise, seed)),
        _in_another_order(answerer, few, seed),
        asked(answerer, _each(few, _with_slips, seed)),
    )
    for replies in (first, *others):
        refuse_silence(unanswered(replies), len(replies))
    again, otherwise, reordered, slips = (_equal(first, other) for other in others)
    return Consistency(again, otherwise, reordered, slips, n=len(few))


def _equal(first: Sequence[Reply], other: Sequence[Reply]) -> float:
    """The share of equal answers, of those that could be had both times."""
    pairs = [
        ((one.label, guess(one)), (two.label, guess(two)))
        for one, two in zip(first, other, strict=True)
        if not (one.failed or two.failed)
    ]
    return sum(one == two for one, two in pairs) / len(pairs)


def _in_another_order(answerer: Answerer, items: Sequence[Item], seed: int) -> list[Reply]:
    """Shuffled and in batches of 1, 2, 3 and so on, so that each has other neighbours."""
    order = np.random.default_rng(seed + 1).permutation(len(items)).tolist()
    found: dict[int, Reply] = {}
    begin, size = 0, 1
    while begin < len(order):
        batch = order[begin : begin + size]
        found.update(zip(batch, asked(answerer, [items[at] for at in batch]), strict=True))
        begin, size = begin + size, size + 1
    return [found[at] for at in range(len(items))]


def _each(items: Sequence[Item], change: Callable[[Item, int], Item], seed: int) -> list[Item]:
    """Every item changed by a seed of its own."""
    return [change(item, seed * 1009 + at) for at, item in enumerate(items)]


def _said_otherwise(item: Item, seed: int) -> Item:
    text = reworded(item.text, seed=seed) if item.text.strip() else item.text
    return replace(item, text=text, numbers=columns_turned(item.numbers, seed=seed))


def _with_slips(item: Item, seed: int) -> Item:
    text = mistyped(item.text, seed=seed) if item.text.strip() else item.text
    return replace(item, text=text, numbers=digit_changed(item.numbers, seed=seed))
