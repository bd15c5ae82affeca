"""Which words or signals weighed most: how far an answer moves when each of them is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from finetune.examples import Examples, Floats
from finetune.wording import MAX_CHARACTERS, tidy
from ingest.vocabulary import Weight

MOST_PARTS = 16
"""Parts of a text that are taken away one by one; a longer text is taken apart more coarsely."""
MOST_SIGNALS = 64
"""Signals that are put back to usual one by one, those that differ most from it first."""
SHOWN = 6
LEAST_WEIGHT = 0.005
LEAST = 1e-9

Judge = Callable[[Examples], Floats]
"""Probabilities of the possible labels, one row an input."""

_WORD = re.compile(r"\S+")


def weights(
    text: str, example: Examples, judge: Judge, *, label: int, columns: Columns
) -> tuple[Weight, ...]:
    """What weighed most in one answer, heaviest first.

    One batch is judged: the input itself, the text without each of at most sixteen parts, and the
    numbers with each of at most sixty-four signals as it usually is.

    Args:
        text: in the person's own words; empty where there is none.
        example: the same input as the model reads it.
        judge: what the model says.
        label: column of the answer that is explained.
        columns: names of the numbers, and what they usually are.
    """
    parts = parts_of(text)
    signals = columns.unusual(example.table)
    variants = [
        *(_example(tidy(without(text, part)), example) for part in parts),
        *(columns.usual(example, at) for at in signals),
    ]
    if not variants:
        return ()
    judged = judge(_together([example, *variants]))[:, label]
    logs = np.log(np.maximum(judged, LEAST))
    names = [*(text[start:end] for start, end in parts), *(columns.names[at] for at in signals)]
    found = [
        Weight(name, round(float(moved), 4))
        for name, moved in zip(names, logs[0] - logs[1:], strict=True)
        if abs(moved) >= LEAST_WEIGHT
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.weight))[:SHOWN])


class Columns:
    """The numbers that a model reads: names, and what each usually is."""

    def __init__(self, names: Sequence[str], usual: Sequence[float]) -> None:
        self.names = tuple(names)
        self._usual = np.array(usual, dtype=np.float64)

    def unusual(self, table: Floats) -> list[int]:
        """Those that are not as usual, the farthest from it first, as far as they are shown."""
        if not len(table) or not len(self._usual):
            return []
        away = np.abs(table[0] - self._usual) / np.maximum(np.abs(self._usual), LEAST)
        order = np.argsort(-np.nan_to_num(away), kind="stable")[:MOST_SIGNALS]
        return [int(at) for at in order if away[at] > 0]

    def usual(self, example: Examples, at: int) -> Examples:
        """The same input with one number as it usually is."""
        table = example.table.copy()
        table[0, at] = self._usual[at]
        return Examples(example.texts, table=table)


def parts_of(text: str) -> list[tuple[int, int]]:
    """Where the words stand; of a long text, where runs of about as many words each stand."""
    words = [match.span() for match in _WORD.finditer(text[:MAX_CHARACTERS])]
    if len(words) < 2:
        return words
    runs = np.array_split(np.arange(len(words)), min(len(words), MOST_PARTS))
    return [(words[run[0]][0], words[run[-1]][1]) for run in runs]


def without(text: str, part: tuple[int, int]) -> str:
    """The text without a part of it."""
    return f"{text[: part[0]]} {text[part[1] :]}"


def _example(text: str, like: Examples) -> Examples:
    return Examples((text,), table=like.table)


def _together(examples: Sequence[Examples]) -> Examples:
    return Examples(
        tuple(text for one in examples for text in one.texts),
        table=np.concatenate([one.table for one in examples]),
    )
