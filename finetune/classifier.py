"""The classifier that is in use: texts or numbers to a diagnosis, or an honest abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from finetune.answering import REMEMBERED, Answering
from finetune.encoder import Encoder
from finetune.engine import Engine
from finetune.examples import Examples, Floats
from finetune.explanation import Columns, weights
from finetune.inputs import Input, Prepared, TextAndNumbers, prepared
from finetune.limits import Reference
from finetune.task import Task
from finetune.together import combined
from finetune.wording import tidy
from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import Alternative, Diagnosis, Outcome, Weight

__all__ = ["Classifier", "Input", "TextAndNumbers", "restricted"]

MOST_ALTERNATIVES = 4
LEAST_KNOWN = 0.25
"""Share of an issue's texts that must be like something learnt."""
LEAST_POSSIBLE = 0.1
"""Probability that one of an issue's texts at least must give to the allowed labels together."""

UNKNOWN = "Nothing like it was in the training."
IMPOSSIBLE = "No text speaks of any of the faults that are possible here."


class Classifier:
    """One version of one task; safe to call from several threads.

    What several threads ask at the same time goes through the model together, and what was asked
    before is not asked again; neither changes an answer.
    """

    def __init__(
        self,
        engine: Engine,
        encoder: Encoder | None,
        *,
        version: str,
        about: Mapping[str, Any],
        remembered: int = REMEMBERED,
    ) -> None:
        self._engine = engine
        self._answering = Answering(engine, encoder, remembered=remembered)
        self._columns = Columns(engine.columns, about.get("usual", ()))
        self.version = version
        self.about = about
        """The description that was stored with the model."""
        self.runtime = "" if encoder is None else encoder.forward.name
        """What runs its transformer; empty where it has none."""
        self.encoder_name = "" if encoder is None else encoder.name
        """Of the frozen transformer; empty where it has none."""

    @property
    def task(self) -> Task:
        """With its labels, their descriptions and machine kinds."""
        return self._engine.task

    @property
    def engine(self) -> Engine:
        """The fitted candidate and its limits."""
        return self._engine

    @property
    def reference(self) -> Reference:
        """How it answered rows that it had not learnt from."""
        return self._engine.limits.reference

    def classify(
        self, inputs: Sequence[Any], *, labels: Sequence[str] | None = None, explain: bool = False
    ) -> list[Diagnosis]:
        """One diagnosis an input, each as if it were alone.

        Args:
            inputs: texts, features by column name, or `TextAndNumbers`.
            labels: the ones that are possible, for instance for a machine kind; None: all.
            explain: say what weighed most; costs about as much as sixteen more inputs.

        Raises:
            NotKnown: a label that the task does not have.
            DataFault: inputs of the wrong kind.
        """
        allowed = self._allowed(labels)
        if not len(inputs):
            return []
        given, flaws, probabilities = self._examined(inputs)
        within = restricted(probabilities, allowed)
        found = [
            self._diagnosis(row, allowed, flaw=flaw, basis=stands_on)
            for row, flaw, stands_on in zip(within, flaws, given.basis, strict=True)
        ]
        if not explain:
            return found
        return [
            self._with_reasons(one, given.examples.take([at]), allowed, text=_words_of(inputs[at]))
            for at, one in enumerate(found)
        ]

    def classify_together(
        self,
        texts: Sequence[str],
        *,
        labels: Sequence[str] | None = None,
        explain: bool = False,
    ) -> Diagnosis:
        """One diagnosis from all texts of one issue.

        Texts that say nothing about a fault do not drown those that do; a text that stands there
        twice counts once; texts unlike anything learnt are left out where enough others are
        known: among very many foreign texts a few always resemble something by chance. An
        explanation is of the text that spoke most for the answer.

        Raises:
            NotKnown: a label that the task does not have.
            DataFault: no texts, or a task that reads numbers.
        """
        allowed = self._allowed(labels)
        distinct = list({tidy(text).casefold(): text for text in texts}.values())
        if not distinct:
            raise DataFault("There is no text to classify.")
        given, flaws, every = self._examined(distinct)
        usable = [row for row, flaw in enumerate(flaws) if not flaw]
        if len(usable) < LEAST_KNOWN * len(distinct):
            usable = []
        rows = usable or list(range(len(distinct)))
        probabilities = every[rows]
        within = restricted(probabilities, allowed)
        stands_on = tuple(part for row in rows for part in given.basis[row])
        flaw = "" if usable else next(filter(None, flaws))
        if not flaw and probabilities[:, allowed].sum(axis=1).max() < LEAST_POSSIBLE:
            flaw = IMPOSSIBLE
        row = combined(within, self._quiet(allowed))
        found = self._diagnosis(row, allowed, flaw=flaw, basis=stands_on)
        if not explain:
            return found
        loudest = rows[int(within[:, int(row.argmax())].argmax())]
        example = given.examples.take([loudest])
        return self._with_reasons(found, example, allowed, text=distinct[loudest])

    def with_vectors(self, examples: Examples) -> Examples:
        """The same examples with the encoder's vectors of their texts."""
        return self._answering.with_vectors(examples)

    def _examined(self, inputs: Sequence[Any]) -> tuple[Prepared, list[str], Floats]:
        """What the model reads, why an input cannot be answered, and what the model says."""
        given = prepared(self.task, self._engine.columns, inputs)
        answered = self._answering(given.examples)
        flaws = [
            flaw or (UNKNOWN if away else "")
            for flaw, away in zip(given.flaws, answered.unknown, strict=True)
        ]
        return given, flaws, answered.probabilities

    def _with_reasons(
        self, found: Diagnosis, example: Examples, allowed: Sequence[int], *, text: str
    ) -> Diagnosis:
        """The same diagnosis with what weighed most; nothing weighed in what is unknown."""
        leading = found.label or next((other.label for other in found.alternatives), None)
        if leading is None:
            return found
        reasons: tuple[Weight, ...] = weights(
            text,
            example,
            lambda examples: restricted(self._answering.afresh(examples), allowed),
            label=[self.task.label_names[at] for at in allowed].index(leading),
            columns=self._columns,
        )
        return replace(found, explanation=reasons)

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
        limits, names = self._engine.limits, self.task.label_names
        order = np.argsort(-row, kind="stable")
        ranked = tuple(
            Alternative(names[allowed[at]], round(float(row[at]), 4))
            for at in order[: MOST_ALTERNATIVES + 1]
        )
        confidence = 0.0 if flaw else ranked[0].confidence
        reason = flaw or (_unsure(limits.asked) if confidence < limits.threshold else "")
        guessed = flaw in ("", UNKNOWN, IMPOSSIBLE)
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
            label_set=() if flaw else tuple(names[allowed[at]] for at in limits.label_set(row)),
            likeliest=ranked[0].label if guessed else "",
        )


def restricted(probabilities: Floats, allowed: Sequence[int]) -> Floats:
    """Probabilities given that one of the allowed labels is right."""
    within = probabilities[:, list(allowed)] + 1e-12
    found: Floats = within / within.sum(axis=1, keepdims=True)
    return found


def _unsure(asked: float) -> str:
    share = f"{100 * asked:g} %"
    return f"Not sure enough: the confidence is below what {share} right answers need."


def _words_of(one: Any) -> str:
    """What a person wrote; empty where an input has only numbers."""
    if isinstance(one, TextAndNumbers):
        return one.text
    return one if isinstance(one, str) else ""
