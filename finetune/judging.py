"""The chosen candidate fitted on the rows to develop on, and judged once on the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from finetune.course import JUDGING, Course
from finetune.examples import Fitted, Floats, Rows, softmax
from finetune.frozen import Judgement, judgements
from finetune.ladder import Contest, Rung
from finetune.limits import Limits, Outcomes, limits_of, outcomes
from finetune.neighbours import Neighbours
from finetune.score import LabelFigures, Score, label_figures, score


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the test said of the chosen candidate; where there is none, what the folds said."""

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
    """The one look at the test; where it is kept elsewhere, what the folds said already."""
    temperatures = temperatures_of(rungs, chosen)
    contest, rows = course.contest, course.split.test
    held = near_of(contest, chosen)
    limits = limits_of(chosen.probabilities, *held, asked=course.wish.asked)
    if not len(rows):
        return _verdict(course, (chosen, temperatures), (chosen.probabilities, *held), limits)
    fitted = fit(course, chosen, course.split.develop, temperatures, step=JUDGING)
    scores = fitted.scores(contest.examples.take(rows))
    found = (
        softmax(scores / chosen.temperature),
        course.data.labels[rows],
        familiar(contest, course.split.develop, rows),
    )
    frozen = _on_frozen(course, fitted, chosen.temperature)
    return _verdict(course, (chosen, temperatures), found, limits, frozen=frozen)


def temperatures_of(rungs: Sequence[Rung], chosen: Rung) -> dict[str, float]:
    """Of a candidate and of the members that it averages."""
    wanted = {chosen.name, *chosen.recipe.members}
    return {rung.name: rung.temperature for rung in rungs if rung.name in wanted}


def near_of(contest: Contest, rung: Rung) -> tuple[Rows, Floats]:
    """Label and familiarity of the held rows of the folds, as far as a rung was scored on them."""
    scored = len(rung.probabilities)
    near = [familiar(contest, fold.train, fold.held) for fold in contest.folds]
    return contest.truth[:scored], np.concatenate(near)[:scored]


def familiar(contest: Contest, learnt: Rows, rows: Rows) -> Floats:
    """Familiarity of rows with those that they were held back from."""
    known = Neighbours.of(contest.examples.take(learnt), seed=contest.seed)
    return known.familiarity(contest.examples.take(rows))


def _verdict(
    course: Course,
    chosen: tuple[Rung, Mapping[str, float]],
    found: tuple[Floats, Rows, Floats],
    limits: Limits,
    *,
    frozen: tuple[Judgement, ...] = (),
) -> Verdict:
    probabilities, truth, near = found
    return Verdict(
        *chosen,
        score(probabilities, truth),
        label_figures(probabilities, truth, course.data.task.label_names),
        probabilities,
        truth,
        limits,
        outcomes(probabilities, truth, near, limits=limits),
        frozen,
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
