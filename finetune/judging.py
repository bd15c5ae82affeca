"""The chosen candidate fitted on the rows to develop on, and judged once on the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from finetune.course import JUDGING, Course
from finetune.examples import Fitted, Floats, Rows, softmax
from finetune.frozen import Judgement, judgements
from finetune.ladder import Rung
from finetune.limits import Limits, Outcomes, limits_of, outcomes
from finetune.neighbours import Neighbours
from finetune.score import LabelFigures, Score, label_figures, score


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the test said of the chosen candidate."""

    rung: Rung
    temperatures: Mapping[str, float]
    """Of the chosen one and of its members."""
    test: Score
    labels: tuple[LabelFigures, ...]
    probabilities: Floats
    """On the test."""
    truth: Rows
    """Labels of the test."""
    limits: Limits
    """That the held rows of the folds gave."""
    outcomes: Outcomes
    """What becomes of the test under them."""
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
    probabilities, truth = softmax(scores / chosen.temperature), course.data.labels[rows]
    limits = _limits(course, chosen)
    near = _familiar(course, course.split.develop, rows)
    return Verdict(
        chosen,
        temperatures,
        score(probabilities, truth),
        label_figures(probabilities, truth, course.data.task.label_names),
        probabilities,
        truth,
        limits,
        outcomes(probabilities, truth, near, limits=limits),
        _on_frozen(course, fitted, chosen.temperature),
    )


def _limits(course: Course, chosen: Rung) -> Limits:
    """What the held rows of the folds give, as far as the chosen one was scored on them."""
    scored = len(chosen.probabilities)
    near = np.concatenate(
        [_familiar(course, fold.train, fold.held) for fold in course.contest.folds]
    )
    return limits_of(
        chosen.probabilities, course.contest.truth[:scored], near[:scored], asked=course.wish.asked
    )


def _familiar(course: Course, learnt: Rows, rows: Rows) -> Floats:
    """Familiarity of rows with those that they were held back from."""
    known = Neighbours.of(course.examples.take(learnt), seed=course.wish.seed)
    return known.familiarity(course.examples.take(rows))


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
