"""The gate of a runtime: it may serve a model only if it gives the answers that torch gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from finetune.answering import Answering
from finetune.encoder import Encoder
from finetune.engine import Engine
from finetune.examples import Examples, Floats, Rows

LEAST_LABELS = 0.99
"""Share of texts whose likeliest label is the one that torch gives."""
LEAST_OUTCOMES = 0.98
"""Share of texts that end as label, review or unknown as they do with torch."""
MOST_LOST = 0.005
"""Accuracy that may be lost."""
TEXTS = 192
"""Labelled texts that are compared; each is looked at with half of its words as well."""
ALONE = 48
"""Of them, asked one by one."""
LABEL, REVIEW, UNKNOWN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """A runtime against torch at full precision, on one model."""

    kind: str
    texts: int
    labels: float
    outcomes: float
    accuracy: float
    accuracy_exact: float
    flips: int
    """Texts whose label or outcome is another one alone or among other neighbours."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it may not serve; none: it may."""
        found = []
        if self.flips:
            found.append(f"{self.flips} answers depend on the neighbours")
        if self.labels < LEAST_LABELS:
            found.append(f"only {self.labels:.1%} of the labels are those of torch")
        if self.outcomes < LEAST_OUTCOMES:
            found.append(f"only {self.outcomes:.1%} end as with torch")
        if self.accuracy < self.accuracy_exact - MOST_LOST:
            found.append(f"accuracy {self.accuracy:.3f} against {self.accuracy_exact:.3f}")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": not self.faults, "faults": list(self.faults)}


@dataclass(frozen=True, slots=True)
class Compared:
    """Inputs on which runtimes are compared, and what torch says to them."""

    examples: Examples
    labels: Rows
    """Of the first inputs; the others are the same with words left out."""
    chosen: Rows
    outcomes: Rows


def compared(engine: Engine, encoder: Encoder, examples: Examples, labels: Rows) -> Compared:
    """Some labelled inputs, whole and with half of their words, with what torch answers.

    A model knows the texts that it was fitted on by heart; without half of their words they are
    as near to its limits as new ones are.
    """
    rows = np.random.default_rng(0).permutation(len(labels))[:TEXTS]
    whole = examples.take(rows)
    inputs = Examples(
        (*whole.texts, *(_half(text) for text in whole.texts)),
        table=np.concatenate([whole.table, whole.table]),
    )
    return Compared(inputs, labels[rows], *_answers(engine, encoder, inputs))


def agreement(engine: Engine, encoder: Encoder, against: Compared) -> Agreement:
    """The same inputs through an engine and an encoder whose passes another runtime makes."""
    chosen, outcomes = _answers(engine, encoder, against.examples)
    right = len(against.labels)
    return Agreement(
        encoder.forward.name,
        len(chosen),
        float((chosen == against.chosen).mean()),
        float((outcomes == against.outcomes).mean()),
        float((chosen[:right] == against.labels).mean()),
        float((against.chosen[:right] == against.labels).mean()),
        _flips(engine, encoder, against.examples, np.stack([chosen, outcomes])),
    )


def _flips(engine: Engine, encoder: Encoder, examples: Examples, together: Rows) -> int:
    """Answers that change when a text is asked alone, or in another order among other ones."""
    chance = np.random.default_rng(1)
    order = chance.permutation(len(examples))
    mixed = np.empty_like(together)
    parts = np.array_split(order, max(1, len(order) // 7))
    for part in parts:
        mixed[:, part] = _answers(engine, encoder, examples.take(part))
    some = order[:ALONE]
    alone = np.concatenate(
        [np.stack(_answers(engine, encoder, examples.take([at]))) for at in some], axis=1
    )
    moved = (mixed != together).any(axis=0)
    moved[some] |= (alone != together[:, some]).any(axis=0)
    return int(moved.sum())


def _answers(engine: Engine, encoder: Encoder, examples: Examples) -> tuple[Rows, Rows]:
    """The likeliest label of each input, and how it ends."""
    found = Answering(engine, encoder, remembered=0)(examples)
    confidence: Floats = found.probabilities.max(axis=1)
    outcomes = np.where(confidence < engine.limits.threshold, REVIEW, LABEL)
    return found.probabilities.argmax(axis=1), np.where(found.unknown, UNKNOWN, outcomes)


def _half(text: str) -> str:
    words: Sequence[str] = text.split()
    return " ".join(words[::2])
