"""How right the replies are, and how far that would swing with other groups of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from finetune.examples import Floats, Rows
from service.comparison.chance import chance_share
from service.comparison.nouns import ClassQuality, Item, Quality, Reply
from service.comparison.sampling import guess, right

RESAMPLES = 2000
CHUNK = 200
"""Resamples at a time: bounds the memory."""
LEAST_GROUPS = 10
"""With fewer, groups drawn anew say nothing, and the rows are drawn instead."""


def quality(
    items: Sequence[Item],
    replies: Sequence[Reply],
    *,
    order: Sequence[str] = (),
    seed: int = 0,
) -> Quality:
    """Figures of the replies to labelled items; the same seed, the same interval.

    Args:
        items: with their right labels.
        replies: one an item.
        order: of the labels, for the figures of each; others follow by name.
        seed: of the resamples.
    """
    answered = [reply.label is not None for reply in replies]
    given = [
        reply.label == item.label
        for item, reply in zip(items, replies, strict=True)
        if reply.label is not None
    ]
    return Quality(
        n=len(items),
        accuracy=float(np.mean(right(items, replies))),
        macro_f1=macro_f1(items, replies),
        ci95=_interval(items, replies, seed=seed),
        answered=float(np.mean(answered)),
        accuracy_answered=float(np.mean(given)) if given else None,
        chance_macro_f1=1 / len({item.label for item in items}),
        chance_p=chance_share(*numbered(items, replies), seed=seed),
        groups=0 if by_rows(items) else len({item.group for item in items}),
        classes=_classes(items, replies, order),
    )


def macro_f1(items: Sequence[Item], replies: Sequence[Reply]) -> float:
    """Mean F1 of the likeliest answers over the labels that are right or guessed somewhere.

    An item without a guess counts as one that was not found.
    """
    every = np.zeros(len(items), dtype=np.int64)
    return float(_means(np.ones((1, 1)), _counts(items, replies, every))[0])


def numbered(items: Sequence[Item], replies: Sequence[Reply]) -> tuple[Rows, Rows]:
    """The right labels and the likeliest ones as numbers; -1 where there is no guess."""
    names = dict.fromkeys([*(one.label for one in items), *map(guess, replies)])
    index = {name: at for at, name in enumerate(name for name in names if name)}
    truth = np.array([index[item.label] for item in items], dtype=np.int64)
    said = np.array([index.get(guess(reply), -1) for reply in replies], dtype=np.int64)
    return truth, said


def by_rows(items: Sequence[Item]) -> bool:
    """Whether there are too few groups to draw them anew."""
    return len({item.group for item in items}) < LEAST_GROUPS


def _classes(
    items: Sequence[Item], replies: Sequence[Reply], order: Sequence[str]
) -> tuple[ClassQuality, ...]:
    """Of each label that is right somewhere."""
    counted = Counter(
        (item.label, guess(reply)) for item, reply in zip(items, replies, strict=True)
    )
    there = Counter(item.label for item in items)
    guessed = Counter(map(guess, replies))
    rank = {name: at for at, name in enumerate(order)}
    names = sorted(there, key=lambda name: (rank.get(name, len(rank)), name))
    return tuple(
        ClassQuality(
            name,
            there[name],
            2 * counted[name, name] / (there[name] + guessed[name]),
            _mistaken(name, counted),
        )
        for name in names
    )


def _mistaken(label: str, counted: Counter[tuple[str, str]]) -> str:
    wrong = {said: n for (truth, said), n in counted.items() if truth == label and said}
    wrong.pop(label, None)
    return min(wrong, key=lambda said: (-wrong[said], said), default="")


def share_ahead(
    items: Sequence[Item], one: Sequence[Reply], other: Sequence[Reply], *, seed: int = 0
) -> float:
    """In which share of resamples of the groups the macro-F1 of the one is above the other's."""
    ahead = _resampled(items, one, seed=seed) > _resampled(items, other, seed=seed)
    return float(ahead.mean())


def _interval(items: Sequence[Item], replies: Sequence[Reply], *, seed: int) -> tuple[float, float]:
    """Of the macro-F1 in 95 % of resamples of the groups.

    Where all is right, resamples are too; then as much may be wrong as would not have shown in so
    many groups in 97.5 % of tests.
    """
    low, high = np.quantile(_resampled(items, replies, seed=seed), [0.025, 0.975])
    if macro_f1(items, replies) == 1.0:
        pieces = len(items) if by_rows(items) else len({item.group for item in items})
        low = 0.025 ** (1 / pieces)
    return float(low), float(high)


def _resampled(items: Sequence[Item], replies: Sequence[Reply], *, seed: int) -> Floats:
    """Macro-F1 in each resample; the same seed draws the same groups of the same items."""
    names = [str(at) if by_rows(items) else item.group for at, item in enumerate(items)]
    _, group = np.unique(names, return_inverse=True)
    counts = _counts(items, replies, group)
    chance, groups = np.random.default_rng(seed), len(counts[0])
    shares = np.full(groups, 1 / groups)
    draws = (chance.multinomial(groups, shares, size=CHUNK) for _ in range(0, RESAMPLES, CHUNK))
    return np.concatenate([_means(draw, counts) for draw in draws])


def _counts(
    items: Sequence[Item], replies: Sequence[Reply], group: Rows
) -> tuple[Floats, Floats, Floats]:
    """By group and label: right guesses, items of it, guesses of it."""
    truth, said = numbered(items, replies)
    size = int(max(truth.max(), said.max())) + 1
    shape = int(group.max()) + 1, size
    hits, there, guessed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(there, (group, truth), 1)
    np.add.at(guessed, (group[said >= 0], said[said >= 0]), 1)
    np.add.at(hits, (group[truth == said], truth[truth == said]), 1)
    return hits, there, guessed


def _means(draw: Floats | Rows, counts: tuple[Floats, Floats, Floats]) -> Floats:
    """Macro-F1 of each row of `draw`, which says how often each group is in it.

    Over the labels with items in the draw, and those that are guessed and have none in the test: a
    label whose items were not drawn says nothing, though a wrong guess of it was drawn.
    """
    hits, there, guessed = (draw @ count for count in counts)
    counted = np.where(counts[1].any(axis=0), there, guessed) > 0
    f1 = np.where(counted, 2 * hits / np.maximum(there + guessed, 1), 0)
    found: Floats = f1.sum(axis=1) / counted.sum(axis=1)
    return found
