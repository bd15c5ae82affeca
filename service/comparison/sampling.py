"""Which items are asked anew: few, the same ones every time, every label among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from ingest.errors import ModelFault
from service.comparison.nouns import Item, Reply
from service.comparison.ports import Answerer

FAILED = 0.05
"""Share of what is asked for which no answer may be had; a single one always may."""


def drawn(items: Sequence[Item], at_most: int, *, seed: int) -> list[Item]:
    """At most so many, a label's turn after the other's, so that rare ones are among them."""
    by_label: dict[str, list[Item]] = defaultdict(list)
    order = np.random.default_rng(seed).permutation(len(items)).tolist()
    for at in order:
        by_label[items[at].label].append(items[at])
    turns = zip_longest(*(by_label[label] for label in sorted(by_label)))
    return [item for turn in turns for item in turn if item is not None][:at_most]


def asked(answerer: Answerer, items: Sequence[Item]) -> list[Reply]:
    """What it says to the items, of which it does not see the right answers.

    Raises:
        ModelFault: it has not one reply to each.
    """
    replies = answerer.answer([replace(item, label="", group="") for item in items])
    if len(replies) != len(items):
        raise ModelFault(f"{len(items)} items were asked and {len(replies)} replies came.")
    return replies


def refuse_silence(failed: Sequence[str], asked: int, *, of: int | None = None) -> None:
    """A model that is away says nothing about the items, and so nothing about the arm.

    Args:
        failed: why no answer could be had, of each for which none could.
        asked: so far.
        of: how many are to be asked in all; None: no more.

    Raises:
        ModelFault: for more than one in twenty no answer could be had.
    """
    allowed = max(1, int(FAILED * (of or asked)))
    if len(failed) > allowed or len(failed) == asked >= allowed:
        said = f"For {len(failed)} of {asked} that were asked no answer could be had"
        raise ModelFault(f"{said}: {failed[0]}")


def unanswered(replies: Sequence[Reply]) -> list[str]:
    """Why there is no answer, of those for which none could be had."""
    return [reply.reason for reply in replies if reply.failed]


def right(items: Sequence[Item], replies: Sequence[Reply]) -> list[bool]:
    """Whether the likeliest answer is the right one, as the quality is reckoned."""
    pairs = zip(items, replies, strict=True)
    return [item.label == guess(reply) for item, reply in pairs]


def guess(reply: Reply) -> str:
    """The likeliest answer; empty where there is none."""
    return reply.likeliest or reply.label or ""
