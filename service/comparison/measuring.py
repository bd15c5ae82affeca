"""One arm measured: how long its set-up takes, what it answers, and how fast."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.comparison.nouns import Item, Known, Reply
from service.comparison.ports import Answerer, Arm

MOST_ALONE = 200
"""Items that are asked one at a time, for the latency."""
MOST_OF_MODEL = 300
"""Items that a language model is asked, unless more are wished."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An arm that is set up."""

    answerer: Answerer
    seconds: float
    """From nothing to the first answer."""
    cpu_s: float
    asks_model: bool
    """Whether its first answer took tokens."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answerer said, and how long it took."""

    items: tuple[Item, ...]
    replies: tuple[Reply, ...]
    p50_ms: float
    p95_ms: float
    cpu_s_per_1000: float
    alone: int
    """Items that were asked one at a time."""


def set_up(arm: Arm, known: Known, first: Item) -> Standing:
    """Set an arm up and ask it once, so that what it loads late counts as well.

    Raises:
        AndonFault: it cannot be set up.
    """
    began, cpu = time.perf_counter(), time.process_time()
    answerer = arm.ready(known)
    reply = answerer.answer([first])[0]
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return Standing(answerer, seconds, spent, reply.tokens_in > 0)


def ask(answerer: Answerer, items: Sequence[Item], *, alone: int = MOST_ALONE) -> Asked:
    """The first of the items one at a time, the others together.

    Whoever calls draws the items, so that the first are as good as any.
    """
    replies: list[Reply] = []
    took: list[float] = []
    cpu = time.process_time()
    for item in items[:alone]:
        began = time.perf_counter()
        replies += answerer.answer([item])
        took.append((time.perf_counter() - began) * 1000)
    spent = time.process_time() - cpu
    if len(items) > alone:
        replies += answerer.answer(items[alone:])
    return Asked(
        items=tuple(items),
        replies=tuple(replies),
        p50_ms=float(np.quantile(took, 0.5)),
        p95_ms=float(np.quantile(took, 0.95)),
        cpu_s_per_1000=spent / len(took) * 1000,
        alone=len(took),
    )


def drawn(items: Sequence[Item], *, seed: int) -> tuple[Item, ...]:
    """All of them in an order of chance, the same for the same seed."""
    order = np.random.default_rng(seed).permutation(len(items))
    return tuple(items[at] for at in order)
