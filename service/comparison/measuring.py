"""One arm measured: how long its set-up takes, what it answers, and how fast."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ingest.errors import AndonFault
from service.comparison.nouns import Item, Known, Reply
from service.comparison.ports import Answerer, Arm
from service.comparison.sampling import asked, refuse_silence, unanswered

log = logging.getLogger(__name__)

Done = TypeVar("Done")

MOST_ALONE = 200
"""Items that are asked one at a time, for the latency."""
MOST_OF_MODEL = 300
"""Items that a language model is asked."""
TOGETHER = 50
"""Items in one call, where they are not asked one at a time."""

Watch = Callable[[float], None]
"""Called with the share of the items that are asked."""


def unwatched(_share: float) -> None:
    """Nobody watches."""


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
    reply = asked(answerer, [first])[0]
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return Standing(answerer, seconds, spent, reply.tokens_in > 0)


def ask(
    answerer: Answerer,
    items: Sequence[Item],
    *,
    alone: int = MOST_ALONE,
    watch: Watch = unwatched,
) -> Asked:
    """The first of the items one at a time, the others together; nobody sees the right answers.

    Whoever calls draws the items, so that the first are as good as any.

    Raises:
        ModelFault: for too many items no answer could be had, or an answer is missing.
    """
    replies: list[Reply] = []
    took: list[float] = []
    cpu = time.process_time()
    for at, item in enumerate(items[:alone]):
        began = time.perf_counter()
        replies += asked(answerer, [item])
        took.append((time.perf_counter() - began) * 1000)
        refuse_silence(unanswered(replies), len(replies), of=len(items))
        watch(at / len(items))
    spent = time.process_time() - cpu
    replies += told(answerer, items[alone:])
    refuse_silence(unanswered(replies), len(replies))
    return Asked(
        items=tuple(items),
        replies=tuple(replies),
        p50_ms=float(np.quantile(took, 0.5)),
        p95_ms=float(np.quantile(took, 0.95)),
        cpu_s_per_1000=spent / len(took) * 1000,
        alone=len(took),
    )


def told(answerer: Answerer, items: Sequence[Item]) -> list[Reply]:
    """What it says to the items together.

    Raises:
        ModelFault: for too many items no answer could be had, or an answer is missing.
    """
    replies: list[Reply] = []
    for at in range(0, len(items), TOGETHER):
        replies += asked(answerer, items[at : at + TOGETHER])
        refuse_silence(unanswered(replies), len(replies), of=len(items))
    return replies


def attempt(what: Callable[[], Done]) -> tuple[Done | None, str]:
    """What comes of it, or None and why: whatever one arm does, the others are measured."""
    try:
        return what(), ""
    except AndonFault as fault:
        return None, str(fault)
    except Exception as fault:
        log.exception("an arm of a comparison failed")
        return None, f"It failed unexpectedly: {type(fault).__name__}: {fault}"


def shuffled(items: Sequence[Item], *, seed: int) -> tuple[Item, ...]:
    """All of them in an order of chance, the same for the same seed."""
    order = np.random.default_rng(seed).permutation(len(items))
    return tuple(items[at] for at in order)
