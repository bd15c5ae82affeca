"""The chosen candidate fitted on the rows to develop on, and judged once on the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from finetune.card import LabelFigures
from finetune.course import JUDGING, Course
from finetune.examples import Fitted, Floats, Rows, softmax
from finetune.frozen import Judgement, judgements
from finetune.ladder import Rung
from finetune.neighbours import Neighbours
from finetune.score import Score, label_f1, score
from finetune.task import Task


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the test said of the chosen candidate."""

    rung: Rung
    temperatures: Mapping[str, float]
    """Of the chosen one and of its members."""
    test: Score
    labels: tuple[LabelFigures, ...]
    frozen: tuple[Judgement, ...]
    """What the same model said to every row of the frozen test."""


def judged(course: Course, rungs: Sequence[Rung], chosen: Rung) -> Verdict:
    """The one look at the test."""
    temperatures = {
        rung.name: rung.temperature
        for rung in rungs
        if rung.name in {chosen.name, *chosen.recipe.members}
    }
    fitted = fit(course, chosen, course.split.develop, temperatures, step=JUDGING)
    rows = course.split.test
    scores = fitted.scores(course.examples.take(rows))
    probabilities, labels = softmax(scores / chosen.temperature), course.data.labels[rows]
    return Verdict(
        chosen,
        temperatures,
        score(probabilities, labels),
        _label_figures(course.data.task, probabilities, labels),
        _on_frozen(course, fitted, chosen.temperature),
    )


def _on_frozen(course: Course, fitted: Fitted, divisor: float) -> tuple[Judgement, ...]:
    """From the inputs that are kept there: the data at hand need not hold those rows."""
    rows = course.frozen.examples(course.data.columns)
    if course.encoder is not None:
        rows = replace(rows, vectors=course.encoder.encode(rows.texts))
    probabilities = softmax(fitted.scores(rows) / divisor)
    return judgements(course.frozen, probabilities, course.data.task.label_names)


def fit(
    course: Course, rung: Rung, rows: Rows, temperatures: Mapping[str, float], *, step: str
) -> Fitted:
    """The recipe of a rung on these rows, as many epochs as were best over the folds."""
    making = course.contest.making()
    making = replace(
        making,
        known=replace(making.known, temperatures=temperatures),
        epochs=rung.epochs,
        advance=course.steps.begin(step),
        checkpoint=course.checkpoint.folder(step),
    )
    return rung.recipe.fit(course.contest.part(rows), making)


def nearness(course: Course) -> Floats:
    """Familiarity of each held row with the rows that it was held back from."""
    examples, seed = course.examples, course.wish.seed
    return np.concatenate(
        [
            Neighbours.of(examples.take(fold.train), seed=seed).familiarity(
                examples.take(fold.held)
            )
            for fold in course.contest.folds
        ]
    )


def _label_figures(task: Task, probabilities: Floats, labels: Rows) -> tuple[LabelFigures, ...]:
    figures = label_f1(probabilities.argmax(axis=1), labels, classes=len(task.labels))
    counts = np.bincount(labels, minlength=len(task.labels))
    return tuple(
        LabelFigures(label.name, int(count), float(f1))
        for label, count, f1 in zip(task.labels, counts, figures, strict=True)
    )
