"""The candidates of a task from cheap to dear, each scored on rows that it was not fitted on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from finetune.calibration import cross_fitted
from finetune.candidates.average import mean_scores
from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import Part
from finetune.candidates.recipe import Known, Making, Recipe
from finetune.checkpoint import Checkpoint, Piece
from finetune.encoder import Encoder
from finetune.examples import Examples, Floats, Rows
from finetune.progress import Advance
from finetune.score import gain_is_real, macro_f1, share_ahead
from finetune.split import Fold

log = logging.getLogger(__name__)

HOPELESS = 0.05
"""A dear candidate that is ahead in a smaller share of resamples is fitted no further."""

Step = Callable[[str], Advance]
"""Begins a step of that name and gives what is called with the share of it that is done."""


class Inner(Protocol):
    """Gives a part of rows to stop early by, and the rest."""

    def __call__(self, rows: Rows) -> Fold:
        """Of these row numbers."""
        ...


@dataclass(frozen=True, slots=True)
class Contest:
    """What every candidate is judged on before one is chosen."""

    examples: Examples
    """Of the whole data."""
    labels: Rows
    folds: tuple[Fold, ...]
    inner: Inner
    classes: int
    seed: int
    step: Step
    checkpoint: Checkpoint
    encoder: Encoder | None = None
    lora: LoraSettings | None = None

    @property
    def held(self) -> Rows:
        """Numbers of the rows that are scored, fold after fold."""
        return np.concatenate([fold.held for fold in self.folds])

    @property
    def which(self) -> Rows:
        """The fold of each of them."""
        return np.repeat(np.arange(len(self.folds)), [len(fold.held) for fold in self.folds])

    @property
    def truth(self) -> Rows:
        """The label of each of them."""
        found: Rows = self.labels[self.held]
        return found

    def part(self, rows: Rows) -> Part:
        """Those rows with their labels."""
        return Part(self.examples.take(rows), self.labels[rows])

    def making(self) -> Making:
        """What every fit here is given."""
        return Making(Known(self.classes, self.encoder), seed=self.seed, lora=self.lora)


@dataclass(frozen=True, slots=True)
class Rung:
    """A candidate with its calibrated answers on rows that it was not fitted on."""

    recipe: Recipe
    temperature: float
    probabilities: Floats
    """One row for each held row; where it was ended early only of the first folds."""
    seconds: float
    epochs: int = 0
    """Median over the folds of the epoch that was best."""
    ended: str = ""
    """Why it was not fitted on every fold; empty: it was."""

    @property
    def name(self) -> str:
        """Of the candidate."""
        return self.recipe.name

    @property
    def predicted(self) -> Rows:
        """Likeliest labels."""
        found: Rows = self.probabilities.argmax(axis=1)
        return found

    def accuracy(self, labels: Rows) -> float:
        """On the held rows, of which these are the labels."""
        return float((self.predicted == labels[: len(self.predicted)]).mean())

    def macro_f1(self, labels: Rows) -> float:
        """On the held rows, of which these are the labels."""
        return macro_f1(self.predicted, labels[: len(self.predicted)])


def climb(contest: Contest, recipes: Sequence[Recipe]) -> list[Rung]:
    """Every candidate in turn; a dear one only as long as it, or an average of it, may win."""
    rungs: list[Rung] = []
    for recipe in recipes:
        if recipe.members:
            rungs.append(_averaged(contest, recipe, rungs))
        else:
            users = [other for other in recipes if recipe.name in other.members]
            rungs.append(_Race(contest, recipe, rungs, users).run())
    return rungs


def choose(rungs: Sequence[Rung], labels: Rows, *, seed: int) -> Rung:
    """The cheapest candidate that no dearer one beats beyond the noise of the held rows."""
    chosen = rungs[0]
    for rung in rungs[1:]:
        if not rung.ended and gain_is_real(rung.predicted, chosen.predicted, labels, seed=seed):
            chosen = rung
    return chosen


class _Race:
    """One candidate over the folds; a dear one stops where it has no chance."""

    def __init__(
        self, contest: Contest, recipe: Recipe, before: Sequence[Rung], users: Sequence[Recipe]
    ) -> None:
        self.contest = contest
        self.recipe = recipe
        self.before = before
        self.users = users
        self.pieces: list[Piece] = []

    def run(self) -> Rung:
        """The candidate on all folds, or on those that showed that it is hopeless."""
        for at, fold in enumerate(self.contest.folds):
            self.pieces.append(self._piece(at, fold))
            if self.recipe.dear and at + 1 < len(self.contest.folds) and self._hopeless():
                return replace(self._rung(), ended=self._why_ended())
        return self._rung()

    def _piece(self, at: int, fold: Fold) -> Piece:
        name = f"{self.recipe.name}-fold-{at + 1}"
        advance = self.contest.step(
            f"{self.recipe.name}, fold {at + 1} of {len(self.contest.folds)}"
        )
        kept = self.contest.checkpoint.read(name, (len(fold.held), self.contest.classes))
        if kept is None:
            kept = self._fitted(fold, name, advance)
            self.contest.checkpoint.write(name, kept)
        advance(1.0)
        return kept

    def _fitted(self, fold: Fold, name: str, advance: Advance) -> Piece:
        contest, recipe = self.contest, self.recipe
        making = replace(
            contest.making(), advance=advance, checkpoint=contest.checkpoint.folder(name)
        )
        inner = contest.inner(fold.train) if recipe.dear else Fold(fold.train, fold.train[:0])
        if len(inner.held):
            making = replace(making, validation=contest.part(inner.held))
        started = time.monotonic()
        fitted = recipe.fit(contest.part(inner.train), making)
        seconds = time.monotonic() - started
        scores = fitted.scores(contest.examples.take(fold.held))
        return Piece(scores, seconds, recipe.epochs(fitted))

    def _rung(self) -> Rung:
        scores = np.concatenate([piece.scores for piece in self.pieces])
        divisor, probabilities = _calibrated(self.contest, scores)
        return Rung(
            self.recipe,
            divisor,
            probabilities,
            sum(piece.seconds for piece in self.pieces),
            int(np.median([piece.epochs for piece in self.pieces])),
        )

    def _hopeless(self) -> bool:
        """Neither the candidate nor an average that it is a member of can still be expected."""
        mine = self._rung()
        known = [*self.before, mine]
        hopes = [mine, *(_averaged(self.contest, user, known) for user in self.users)]
        return all(self._behind(hope) for hope in hopes)

    def _behind(self, hope: Rung) -> bool:
        seen = len(hope.predicted)
        truth = self.contest.truth[:seen]
        best = max(self.before, key=lambda rung: macro_f1(rung.predicted[:seen], truth))
        ahead = share_ahead(hope.predicted, best.predicted[:seen], truth, seed=self.contest.seed)
        return ahead < HOPELESS

    def _why_ended(self) -> str:
        return (
            f"ahead in fewer than {HOPELESS:.0%} of resamples after fold {len(self.pieces)} of "
            f"{len(self.contest.folds)}, fitted no further"
        )


def _averaged(contest: Contest, recipe: Recipe, rungs: Sequence[Rung]) -> Rung:
    """The mean of what the members said, on the rows that all of them were scored on."""
    members = [rung for rung in rungs if rung.name in recipe.members]
    seen = min(len(rung.probabilities) for rung in members)
    scores = mean_scores([rung.probabilities[:seen] for rung in members])
    divisor, probabilities = _calibrated(contest, scores)
    return Rung(
        recipe,
        divisor,
        probabilities,
        sum(rung.seconds for rung in members),
        max(rung.epochs for rung in members),
        next((f"{rung.name} was ended" for rung in members if rung.ended), ""),
    )


def _calibrated(contest: Contest, scores: Floats) -> tuple[float, Floats]:
    seen = len(scores)
    found = cross_fitted(scores, contest.truth[:seen], contest.which[:seen])
    return found.divisor, found.probabilities
