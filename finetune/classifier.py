"""The classifier that is in use: texts or numbers to a diagnosis, or an honest abstention."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from finetune.encoder import Encoder
from finetune.engine import Engine
from finetune.examples import Examples, Floats
from finetune.task import Task, TaskKind
from finetune.together import combined
from finetune.wording import tidy
from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import Alternative, Diagnosis, Outcome

MOST_ALTERNATIVES = 4
LEAST_KNOWN = 0.25
"""Share of an issue's texts that must be like something learnt."""
LEAST_POSSIBLE = 0.1
"""Probability that one of an issue's texts at least must give to the allowed labels together."""
QUOTED = 200
"""Characters of a text that a diagnosis says it stands on."""

EMPTY = "The text is empty."
UNKNOWN = "Nothing like it was in the training."
UNSURE = "Not sure enough: the confidence is below what 90 % right answers need."
IMPOSSIBLE = "No text speaks of any of the faults that are possible here."
UNUSABLE = "A number is missing or not finite."


class Classifier:
    """One version of one task; safe to call from several threads."""

    def __init__(
        self, engine: Engine, encoder: Encoder | None, *, version: str, about: Mapping[str, Any]
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self.version = version
        self.about = about
        """The description that was stored with the model."""

    @property
    def task(self) -> Task:
        """With its labels, their descriptions and machine kinds."""
        return self._engine.task

    @property
    def engine(self) -> Engine:
        """The fitted candidate and its limits."""
        return self._engine

    def classify(
        self,
        inputs: Sequence[str] | Sequence[Mapping[str, float]],
        *,
        labels: Sequence[str] | None = None,
    ) -> list[Diagnosis]:
        """One diagnosis an input, each as if it were alone.

        Args:
            inputs: texts, or features by column name.
            labels: the ones that are possible, for instance for a machine kind; None: all.

        Raises:
            NotKnown: a label that the task does not have.
            DataFault: inputs of the wrong kind, or without a feature that the task needs.
        """
        allowed = self._allowed(labels)
        if not len(inputs):
            return []
        examples, flaws, basis = self.prepared(inputs)
        within = restricted(self._engine.probabilities(examples), allowed)
        return [
            self._diagnosis(row, allowed, flaw=flaw, basis=stands_on)
            for row, flaw, stands_on in zip(within, flaws, basis, strict=True)
        ]

    def classify_together(
        self, texts: Sequence[str], *, labels: Sequence[str] | None = None
    ) -> Diagnosis:
        """One diagnosis from all texts of one issue.

        Texts that say nothing about a fault do not drown those that do; a text that stands there
        twice counts once; texts unlike anything learnt are left out where enough others are
        known: among very many foreign texts a few always resemble something by chance.

        Raises:
            NotKnown: a label that the task does not have.
            DataFault: no texts, or a task that reads numbers.
        """
        allowed = self._allowed(labels)
        distinct = list({tidy(text).casefold(): text for text in texts}.values())
        if not distinct:
            raise DataFault("There is no text to classify.")
        examples, flaws, basis = self.prepared(distinct)
        usable = [row for row, flaw in enumerate(flaws) if not flaw]
        if len(usable) < LEAST_KNOWN * len(distinct):
            usable = []
        rows = usable or list(range(len(distinct)))
        probabilities = self._engine.probabilities(examples.take(rows))
        within = restricted(probabilities, allowed)
        quiet = self._quiet(allowed)
        stands_on = tuple(part for row in rows for part in basis[row])
        flaw = "" if usable else next(filter(None, flaws))
        if not flaw and probabilities[:, allowed].sum(axis=1).max() < LEAST_POSSIBLE:
            flaw = IMPOSSIBLE
        return self._diagnosis(combined(within, quiet), allowed, flaw=flaw, basis=stands_on)

    def prepared(
        self, inputs: Sequence[str] | Sequence[Mapping[str, float]]
    ) -> tuple[Examples, list[str], list[tuple[str, ...]]]:
        """What the model reads; for each input why it cannot be answered, and what it stands on."""
        if self.task.kind is TaskKind.TEXT:
            return self._prepared_texts(inputs)
        return self._prepared_table(inputs)

    def with_vectors(self, examples: Examples) -> Examples:
        """The same examples with the encoder's vectors of their texts."""
        if self._encoder is None:
            return examples
        return Examples(examples.texts, self._encoder.encode(examples.texts))

    def _prepared_texts(
        self, inputs: Sequence[object]
    ) -> tuple[Examples, list[str], list[tuple[str, ...]]]:
        given = [text for text in inputs if isinstance(text, str)]
        if len(given) != len(inputs):
            raise DataFault(f"Task {self.task.name} reads texts.")
        texts = tuple(tidy(text) for text in given)
        examples = self.with_vectors(Examples(texts))
        flaws = ["" if text else EMPTY for text in texts]
        below = self._engine.limits.unknown_below
        if self._engine.neighbours is not None and below is not None:
            near = self._engine.neighbours.nearest(examples.vectors)
            far = near < below
            flaws = [
                flaw or (UNKNOWN if away else "") for flaw, away in zip(flaws, far, strict=True)
            ]
        return examples, flaws, [(text[:QUOTED],) for text in given]

    def _prepared_table(
        self, inputs: Sequence[object]
    ) -> tuple[Examples, list[str], list[tuple[str, ...]]]:
        given = [row for row in inputs if isinstance(row, Mapping)]
        if len(given) != len(inputs):
            raise DataFault(f"Task {self.task.name} reads features by name.")
        columns = self._engine.columns
        lacking = sorted({name for row in given for name in columns if name not in row})
        if lacking and not self.task.missing_allowed:
            raise DataFault(f"Task {self.task.name} needs the features {', '.join(lacking[:5])}.")
        table = np.array([[float(row.get(name, math.nan)) for name in columns] for row in given])
        refused = np.isinf(table).any(axis=1) | np.isnan(table).all(axis=1)
        if not self.task.missing_allowed:
            refused |= np.isnan(table).any(axis=1)
        table[refused] = np.nan_to_num(table[refused], nan=0.0, posinf=0.0, neginf=0.0)
        return (
            Examples(table=table),
            [UNUSABLE if bad else "" for bad in refused],
            [()] * len(given),
        )

    def _allowed(self, labels: Sequence[str] | None) -> list[int]:
        names = self.task.label_names
        if labels is None:
            return list(range(len(names)))
        for name in labels:
            self.task.label(name)
        if not labels:
            raise NotKnown(f"No label of task {self.task.name} is possible.")
        return [at for at, name in enumerate(names) if name in labels]

    def _quiet(self, allowed: Sequence[int]) -> int | None:
        """Where the label without a fault stands among the allowed ones."""
        names = [self.task.label_names[at] for at in allowed]
        return names.index(self.task.quiet) if self.task.quiet in names else None

    def _diagnosis(
        self, row: Floats, allowed: Sequence[int], *, flaw: str, basis: tuple[str, ...]
    ) -> Diagnosis:
        order = np.argsort(-row, kind="stable")
        ranked = tuple(
            Alternative(self.task.label_names[allowed[at]], round(float(row[at]), 4))
            for at in order[: MOST_ALTERNATIVES + 1]
        )
        confidence = 0.0 if flaw else ranked[0].confidence
        reason = flaw or (UNSURE if confidence < self._engine.limits.threshold else "")
        return Diagnosis(
            task=self.task.name,
            label=None if reason else ranked[0].label,
            confidence=confidence,
            alternatives=() if flaw else (ranked[:MOST_ALTERNATIVES] if reason else ranked[1:]),
            abstained=bool(reason),
            engine="classifier",
            model_version=self.version,
            reason=reason or f"Chosen between {len(allowed)} labels by {self._engine.name}.",
            basis=basis,
            outcome=Outcome.UNKNOWN if flaw else (Outcome.REVIEW if reason else Outcome.LABEL),
        )


def restricted(probabilities: Floats, allowed: Sequence[int]) -> Floats:
    """Probabilities given that one of the allowed labels is right."""
    within = probabilities[:, list(allowed)] + 1e-12
    found: Floats = within / within.sum(axis=1, keepdims=True)
    return found
