"""How scores are weighed and when to decline, chosen for one collection and judged on the rest.

What is reported is cross-validated: each question is judged by settings that were chosen without
it, and questions about one document stay in one fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.abstention import CurvePoint, auroc, shares_at, threshold
from rag.evaluation.asking import Progress
from rag.evaluation.case import PASSAGES, Case, fusion_name
from rag.library import Library
from rag.settings import RagSettings
from rag.support import support

Floats = NDArray[np.float64]
FOLDS = 5
LEAST = 10
"""Questions without an answer that a threshold needs."""
_DENSE_WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_COSINE_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_CLEARLY = 0.01
"""Of AUROC: less is no reason to weigh otherwise."""
_SURELY = 2.0
"""Standard errors by which a fusion must be ahead."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What settings do to questions that they were not chosen on."""

    ndcg_at_10: float
    auroc: float | None
    answered: float
    false_answers: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The settings that were chosen on all questions, and cross-validated figures."""

    settings: RagSettings
    answerable: int
    unanswerable: int
    before: Quality
    """With the settings as they were."""
    after: Quality
    tried: Mapping[str, float]
    """nDCG@10 of each fusion over all questions."""

    @property
    def is_better(self) -> bool:
        """Whether a plant gains by it: no worse a ranking, and no more false answers than meant."""
        return self.after.ndcg_at_10 >= self.before.ndcg_at_10 - 1e-9


@dataclass(frozen=True, slots=True)
class _Trial:
    """All questions under one fusion."""

    settings: RagSettings
    gains: Floats
    cosines: Floats
    covered: Floats
    given: Floats
    """Support that does not depend on the weights; not a number elsewhere."""

    def support(self, share: float) -> Floats:
        weighed = share * np.maximum(self.cosines, 0.0) + (1.0 - share) * self.covered
        return np.where(np.isnan(self.given), weighed, self.given)


@dataclass(frozen=True, slots=True)
class _Choice:
    trial: _Trial
    share: float
    support_min: float

    def settings(self) -> RagSettings:
        return self.trial.settings.model_copy(
            update={
                "support_cosine_weight": self.share,
                "support_min": round(self.support_min, 4),
            }
        )


def calibrate(
    library: Library,
    cases: Sequence[Case],
    *,
    false_answers: float = 0.02,
    progress: Progress | None = None,
) -> Calibration:
    """Try every fusion on every question, choose, and judge the choice on held-out questions.

    The settings of the library are what they were afterwards.

    Args:
        false_answers: the share of unanswerable questions that may be answered.
    """
    base = library.settings
    chooser = _Chooser(cases, false_answers)
    try:
        trials = list(_trials(library, cases, base, progress))
    finally:
        library.weigh(base)
    have = chooser.have
    return Calibration(
        settings=chooser.choose(trials, np.arange(len(cases))).settings(),
        answerable=int(have.sum()),
        unanswerable=int((~have).sum()),
        before=chooser.quality([(_as_it_is(trials[0]), np.arange(len(cases)))]),
        after=chooser.quality(list(chooser.cross_validated(trials))),
        tried={
            fusion_name(trial.settings): round(float(trial.gains[have].mean()), 4)
            for trial in trials
        },
    )


def candidates(base: RagSettings) -> list[RagSettings]:
    """Fusions that are tried; the one in force first."""
    weighed = [("min-max", weight) for weight in _DENSE_WEIGHTS] + [("rrf", 0.5)]
    pairs = [*weighed, ("sparse", base.fusion_dense_weight), ("dense", base.fusion_dense_weight)]
    others = [
        base.model_copy(update={"fusion": fusion, "fusion_dense_weight": weight})
        for fusion, weight in pairs
    ]
    return [base, *(one for one in others if fusion_name(one) != fusion_name(base))]


class _Chooser:
    """Chooses on some questions; knows nothing of the others."""

    def __init__(self, cases: Sequence[Case], false_answers: float) -> None:
        self.have = np.array([case.gain is not None for case in cases])
        self._folds = _folds([case.group for case in cases])
        self._false_answers = false_answers

    def choose(self, trials: Sequence[_Trial], rows: NDArray[np.int64]) -> _Choice:
        """The fusion, the weight of the cosine and the threshold that are best on these rows."""
        trial = _best(trials, rows[self.have[rows]])
        have, lack = self._sides(rows)
        base = trial.settings
        if len(lack) < LEAST or not len(have):
            return _as_it_is(trial)
        areas = {
            share: auroc(trial.support(share)[have], trial.support(share)[lack]) or 0.0
            for share in (base.support_cosine_weight, *_COSINE_WEIGHTS)
        }
        best = max(areas, key=lambda share: areas[share])
        clearly = areas[best] > areas[base.support_cosine_weight] + _CLEARLY
        share = best if clearly else base.support_cosine_weight
        values = trial.support(share)
        point = threshold(values[have], values[lack], false_answers=self._false_answers)
        return _Choice(trial, share, point.support_min)

    def cross_validated(
        self, trials: Sequence[_Trial]
    ) -> Iterator[tuple[_Choice, NDArray[np.int64]]]:
        """A choice for each fold, made on the other folds."""
        for fold in range(FOLDS):
            held = np.flatnonzero(self._folds == fold)
            if len(held):
                yield self.choose(trials, np.flatnonzero(self._folds != fold)), held

    def quality(self, judged: Sequence[tuple[_Choice, NDArray[np.int64]]]) -> Quality:
        """Figures over the rows of all folds, each under its own choice."""
        gains: list[float] = []
        points: list[tuple[int, int, CurvePoint]] = []
        areas: list[tuple[int, float]] = []
        for choice, rows in judged:
            have, lack = self._sides(rows)
            values = choice.trial.support(choice.share)
            gains.extend(choice.trial.gains[have])
            points.append(
                (len(have), len(lack), shares_at(choice.support_min, values[have], values[lack]))
            )
            if (area := auroc(values[have], values[lack])) is not None:
                areas.append((len(rows), area))
        return Quality(
            ndcg_at_10=round(float(np.mean(gains)), 4),
            auroc=_mean(areas),
            answered=_mean([(n, point.answered) for n, _, point in points]) or 0.0,
            false_answers=_mean([(n, point.false_answers) for _, n, point in points]) or 0.0,
        )

    def _sides(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return rows[self.have[rows]], rows[~self.have[rows]]


def _trials(
    library: Library, cases: Sequence[Case], base: RagSettings, progress: Progress | None
) -> Iterator[_Trial]:
    tried = candidates(base)
    for number, settings in enumerate(tried):
        library.weigh(settings)
        if progress:
            progress(number, len(tried), fusion_name(settings))
        yield _try(library, cases, settings)


def _try(library: Library, cases: Sequence[Case], settings: RagSettings) -> _Trial:
    rows = [_row(library, case, settings) for case in cases]
    gains, cosines, covered, given = np.array(rows, dtype=float).reshape(-1, 4).T
    return _Trial(settings, gains, cosines, covered, given)


def _row(library: Library, case: Case, settings: RagSettings) -> tuple[float, ...]:
    found = library.retrieve(
        case.question, machine=case.machine, machine_kind=case.machine_kind, limit=PASSAGES
    )
    weighed = support(found.cosine, found.coverage, settings.support_cosine_weight)
    given = float("nan") if abs(weighed - found.support) < 1e-6 else found.support
    return (case.gain(found) if case.gain else 0.0), found.cosine, found.coverage, given


def _best(trials: Sequence[_Trial], rows: NDArray[np.int64]) -> _Trial:
    """The best ranking; the one in force unless another is ahead by more than chance."""
    if not len(rows):
        return trials[0]
    best = max(trials, key=lambda trial: float(trial.gains[rows].mean()))
    ahead = best.gains[rows] - trials[0].gains[rows]
    chance = float(ahead.std()) / len(rows) ** 0.5
    return best if float(ahead.mean()) > _SURELY * chance else trials[0]


def _as_it_is(trial: _Trial) -> _Choice:
    return _Choice(trial, trial.settings.support_cosine_weight, trial.settings.support_min)


def _folds(groups: Sequence[str]) -> NDArray[np.int64]:
    """A fold for each question; large groups are dealt out first, so that folds are level."""
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    load = [0] * FOLDS
    fold: dict[str, int] = {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fold[group] = load.index(min(load))
        load[fold[group]] += sizes[group]
    return np.array([fold[group] for group in groups], dtype=np.int64)


def _mean(weighed: Sequence[tuple[int, float]]) -> float | None:
    whole = sum(weight for weight, _ in weighed)
    return round(sum(w * value for w, value in weighed) / whole, 4) if whole else None
