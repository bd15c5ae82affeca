"""From prepared inputs to probabilities and to whether they are known: together, and only once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.encoder import Encoder
from finetune.engine import Engine
from finetune.examples import Examples, Floats
from finetune.gathering import Gathered

CHUNK = 256
"""Inputs in one pass at most: bounds memory, and lets a short request in between a long one."""
REMEMBERED = 4096
"""Inputs whose answer is kept: alarms of a machine are worded alike, and repeat."""

Bools = NDArray[np.bool_]
Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Answered:
    """Of inputs in order."""

    probabilities: Floats
    """Calibrated, one column a label in the task's order."""
    unknown: Bools
    """Whether it is unlike everything that was learnt."""


class Answering:
    """The passes of one model; safe to call from several threads."""

    def __init__(
        self, engine: Engine, encoder: Encoder | None, *, remembered: int = REMEMBERED
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._memory = _Memory(remembered)
        self._gathered = Gathered(self._together, size=len, most=CHUNK)

    def __call__(self, examples: Examples) -> Answered:
        """Each input as if it were alone; one that was answered before costs nothing."""
        keys = _keys(examples)
        found = self._memory.known(keys)
        fresh = list({key: at for at, key in enumerate(keys) if key not in found}.values())
        for start in range(0, len(fresh), CHUNK):
            rows = fresh[start : start + CHUNK]
            answered = self._gathered(examples.take(rows))
            made = zip((keys[row] for row in rows), _rows(answered), strict=True)
            found.update(self._memory.keep(made))
        return _joined([found[key] for key in keys])

    def afresh(self, examples: Examples) -> Floats:
        """Probabilities of inputs that nobody will ask for again."""
        parts = [
            self._gathered(examples.take(range(start, min(start + CHUNK, len(examples)))))
            for start in range(0, len(examples), CHUNK)
        ]
        return np.concatenate([part.probabilities for part in parts])

    def with_vectors(self, examples: Examples) -> Examples:
        """The same examples with the encoder's vectors of their texts."""
        if self._encoder is None:
            return examples
        return Examples(examples.texts, self._encoder.encode(examples.texts), examples.table)

    def _together(self, asked: Sequence[Examples]) -> list[Answered]:
        """One pass over what several callers ask."""
        examples = self.with_vectors(_concatenated(asked))
        probabilities = self._engine.probabilities(examples)
        unknown = self._unknown(examples)
        ends = np.cumsum([len(part) for part in asked])[:-1]
        return [
            Answered(*part)
            for part in zip(np.split(probabilities, ends), np.split(unknown, ends), strict=True)
        ]

    def _unknown(self, examples: Examples) -> Bools:
        neighbours, below = self._engine.neighbours, self._engine.limits.unknown_below
        if neighbours is None or below is None:
            return np.zeros(len(examples), dtype=np.bool_)
        return np.asarray(neighbours.familiarity(examples) < below, dtype=np.bool_)


class _Memory:
    """The answers that were asked for last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Answered] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, keys: Sequence[Key]) -> dict[Key, Answered]:
        found = {}
        with self._lock:
            for key in keys:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found[key] = self._kept[key]
        return found

    def keep(self, made: zip[tuple[Key, Answered]]) -> dict[Key, Answered]:
        fresh = dict(made)
        with self._lock:
            self._kept.update(fresh)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return fresh


def _keys(examples: Examples) -> list[Key]:
    texts = examples.texts or ("",) * len(examples)
    numbers = [row.tobytes() for row in examples.table] or [b""] * len(examples)
    return list(zip(texts, numbers, strict=True))


def _rows(answered: Answered) -> list[Answered]:
    return [
        Answered(answered.probabilities[at : at + 1], answered.unknown[at : at + 1])
        for at in range(len(answered.unknown))
    ]


def _joined(parts: Sequence[Answered]) -> Answered:
    return Answered(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.unknown for part in parts]),
    )


def _concatenated(asked: Sequence[Examples]) -> Examples:
    if len(asked) == 1:
        return asked[0]
    return Examples(
        tuple(text for part in asked for text in part.texts),
        table=np.concatenate([part.table for part in asked]),
    )
