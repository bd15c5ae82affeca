"""How votes are weighed: chosen on what was learnt, each part judged by the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from rag.voting.ballot import counted
from rag.voting.confidence import Confidence, measured
from rag.voting.electorate import Candidates, Electorate, Flags, Floats, Rows, Weighing

JUDGED = 400
"""Examples at most by which the weighing is chosen."""
LEAST = 8
"""Examples from which there is something to choose by."""
_DENSE = (0.5, 0.25, 0.75, 0.0, 1.0)
_NEAREST = (5, 1, 3, 9, 15, 25)
_WARMTH = (0.1, 0.03, 1.0)
_EVEN = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was found best, and how it did on what had no part in it."""

    weighing: Weighing
    confidence: Confidence
    macro_f1: float
    signal: Floats
    right: Flags
    """Of each example that it was judged by."""


def judged_by(voters: Electorate, seed: int) -> list[int]:
    """Numbers of the examples that the choice is judged by: all, or some of every label."""
    examples = voters.examples
    if len(examples) <= JUDGED:
        return list(examples)
    order = np.random.default_rng(seed).permutation(np.asarray(examples))
    labels = voters.label_of[order]
    turn = np.zeros(len(order), dtype=np.int64)
    for label in np.unique(labels):
        mine = labels == label
        turn[mine] = np.arange(mine.sum()) * len(order) // mine.sum()
    kept = order[np.argsort(turn, kind="stable")[:JUDGED]]
    return sorted(kept.tolist())


def chosen(
    candidates: Candidates, truth: Rows, voters: Electorate, *, ways: Sequence[Weighing]
) -> Chosen:
    """The first of the best ways by macro-F1 over examples that their own part had no say in."""
    scores = [
        macro_f1(counted(candidates, voters, way).winner, truth, len(voters.labels)) for way in ways
    ]
    best = int(np.argmax(np.round(scores, 4)))
    count = counted(candidates, voters, ways[best])
    right = count.winner == truth
    confidence = measured(count.signal, right)
    return Chosen(ways[best], confidence, scores[best], count.signal, right)


def ways(
    voters: Electorate, candidates: Candidates, *, vectors: bool, words: bool
) -> list[Weighing]:
    """All that are tried, the plainest first; only what can make a difference here."""
    found = list(_plain(vectors=vectors, words=words))
    rows, there = voters.is_row, candidates.at >= 0
    exact = candidates.exact & there
    of_rows = exact & rows[candidates.at] if len(rows) else exact
    if (exact & ~of_rows).any():
        found = [replace(way, exact=bonus) for bonus in (1.0, 0.0) for way in found]
    if of_rows.any():
        found = [replace(way, defined=bonus) for bonus in (1.0, 2.0, 0.0) for way in found]
    if voters.is_guessed.any():
        found = [replace(way, guessed=part) for part in (1.0, 0.0) for way in found]
    return found


def plainest(*, vectors: bool, words: bool) -> Weighing:
    """Where there is nothing to choose by."""
    return next(_plain(vectors=vectors, words=words))


def _plain(*, vectors: bool, words: bool) -> Iterator[Weighing]:
    dense = _DENSE if vectors and words else ((1.0,) if vectors else (0.0,))
    for share, count, warmth, even in product(dense, _NEAREST, _WARMTH, _EVEN):
        if count > 1 or (warmth, even) == (_WARMTH[0], _EVEN[0]):
            yield Weighing(dense=share, nearest=count, warmth=warmth, even=even)


def macro_f1(said: Rows, truth: Rows, labels: int) -> float:
    """Mean F1 of the labels that are true or said somewhere; -1 is no label, and wrong."""
    hits = np.bincount(truth[said == truth], minlength=labels)
    both = np.bincount(truth, minlength=labels) + np.bincount(said[said >= 0], minlength=labels)
    seen = both > 0
    return float((2 * hits[seen] / both[seen]).mean()) if seen.any() else 0.0
