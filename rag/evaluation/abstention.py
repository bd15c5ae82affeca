"""When to decline: what share is still answered at each share of false answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a threshold of support does; shares are of 1."""

    support_min: float
    answered: float
    """Of the questions that have an answer."""
    false_answers: float
    """Of those that have none."""


def curve(answerable: Values, unanswerable: Values) -> list[CurvePoint]:
    """From answering everything to full support alone, a point for each support that occurs."""
    have, lack = np.sort(answerable), np.sort(unanswerable)
    thresholds = np.unique(np.concatenate([[0.0], have, lack, [1.0]]))
    answered = 1.0 - np.searchsorted(have, thresholds, side="left") / max(len(have), 1)
    false = 1.0 - np.searchsorted(lack, thresholds, side="left") / max(len(lack), 1)
    return [
        CurvePoint(float(t), float(a), float(f))
        for t, a, f in zip(thresholds, answered, false, strict=True)
    ]


def auroc(answerable: Values, unanswerable: Values) -> float | None:
    """How often a question with an answer has more support than one without; ties count half.

    None without questions of both sorts.
    """
    if not len(answerable) or not len(unanswerable):
        return None
    have, lack = np.asarray(answerable), np.sort(unanswerable)
    below = np.searchsorted(lack, have, side="left")
    level = np.searchsorted(lack, have, side="right") - below
    return float((below + level / 2).sum() / (len(have) * len(lack)))


def threshold(answerable: Values, unanswerable: Values, *, false_answers: float) -> CurvePoint:
    """The lowest threshold with at most that share of false answers, else the highest.

    Half way to the next support that occurs, so that it does not stand on the edge of a single
    question.
    """
    points = curve(answerable, unanswerable)
    few = (n for n, point in enumerate(points) if point.false_answers <= false_answers)
    number = next(few, len(points) - 1)
    chosen = points[number]
    lower = points[number - 1].support_min if number else chosen.support_min
    return CurvePoint((lower + chosen.support_min) / 2, chosen.answered, chosen.false_answers)


def shares_at(support_min: float, answerable: Values, unanswerable: Values) -> CurvePoint:
    """What a threshold that was chosen elsewhere does here; 0 of nothing."""
    return CurvePoint(
        support_min, _at_least(support_min, answerable), _at_least(support_min, unanswerable)
    )


def _at_least(support_min: float, values: Values) -> float:
    return float(np.mean(np.asarray(values) >= support_min)) if len(values) else 0.0
