"""The training of given rows, and each of its candidates whatever the others are worth.

What two of them both need (vectors, folds, a member of an average) is made once. What it took is
remembered, so that each can be told what it would have taken alone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from finetune.candidates.average import Average
from finetune.candidates.recipe import Recipe
from finetune.candidates.recipes import recipe
from finetune.checkpoint import Checkpoint, Piece
from finetune.course import FOLDS, READING, STORING, Wish, costs_of, every_row, inner_of
from finetune.dataset import Dataset
from finetune.encoder import Encoder
from finetune.engine import Engine
from finetune.examples import Examples, Fitted
from finetune.judging import near_of, temperatures_of
from finetune.ladder import Contest, Rung, climb
from finetune.limits import limits_of
from finetune.models import ModelStore
from finetune.neighbours import Neighbours
from finetune.progress import Steps
from finetune.report import TrainReport
from finetune.threads import bounded
from finetune.training import train_apart

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Spent:
    """What something took."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.seconds - other.seconds, self.cpu_seconds - other.cpu_seconds)

    @classmethod
    def now(cls) -> Spent:
        """Of this process; two of them have a difference that means something."""
        return cls(time.monotonic(), time.process_time())


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate that can answer."""

    engine: Engine
    spared: Spent
    """What was found made for another candidate of the same rows, as it took then."""
    macro_f1: float
    """On rows of the folds that it was not fitted on."""
    folds: int
    """That it was calibrated over."""


class Trial:
    """The training and the candidates of one data set, one after the other."""

    def __init__(self, data: Dataset, encoder: Encoder | None, wish: Wish) -> None:
        """The encoder is needed where texts are read."""
        self.data = data
        self._encoder = encoder if data.task.reads_texts else None
        self._wish = wish
        self._kept = _Kept()

    def train(self, store: ModelStore, *, up_to: str | None = None) -> tuple[TrainReport, Spent]:
        """Climb the ladder, choose, and store what was chosen, fitted on all rows.

        Raises:
            SettingsFault: the folder of the store cannot be written to.
            DataFault: the rows cannot be folded.
            ModelFault: the stored model does not answer as the fitted one.
        """
        before = self._kept.spared
        rows = replace(self.data, examples=self._kept.made("vectors", self._encoded))
        wish = replace(self._wish, up_to=up_to)
        report = train_apart(rows, store, wish, checkpoint=_Pieces(self._kept))
        return report, self._kept.spared - before

    def run(self, name: str) -> Tried:
        """Fit the candidate of that name on all rows, calibrate it and find its limits.

        A cheap one is calibrated over every fold, a dear one on the first fold alone: one of its
        fits takes longer than all of the others together.

        Raises:
            DataFault: the rows cannot be folded, or have nothing to learn from.
        """
        wanted = recipe(name)
        recipes = (*map(recipe, wanted.members), wanted)
        before = self._kept.spared
        with bounded(self._wish.threads):
            contest = self._contest(recipes)
            rungs = climb(contest, recipes)
            engine = self._engine(contest, rungs)
        found = rungs[-1].macro_f1(contest.truth)
        return Tried(engine, self._kept.spared - before, found, len(contest.folds))

    def _contest(self, recipes: Sequence[Recipe]) -> Contest:
        data, seed = self.data, self._wish.seed
        folds = data.folds(every_row(data), count=FOLDS[data.task.kind], seed=seed)
        if any(one.dear for one in recipes):
            folds = folds[:1]
        steps = Steps(costs_of(recipes, folds), self._wish.progress)
        steps.begin(READING)
        return Contest(
            self._kept.made("vectors", self._encoded),
            data.labels,
            folds,
            lambda rows: inner_of(data, rows, seed),
            len(data.task.labels),
            seed,
            steps.begin,
            _Pieces(self._kept),
            self._encoder,
            self._wish.lora,
        )

    def _encoded(self) -> Examples:
        found = self.data.examples
        if self._encoder is None:
            return found
        return replace(found, vectors=self._encoder.encode(found.texts))

    def _engine(self, contest: Contest, rungs: Sequence[Rung]) -> Engine:
        chosen = rungs[-1]
        temperatures = temperatures_of(rungs, chosen)
        held = near_of(contest, chosen)
        return Engine(
            self.data.task,
            chosen.name,
            self._fitted(contest, rungs, temperatures),
            temperatures,
            limits_of(chosen.probabilities, *held, asked=self._wish.asked),
            self.data.columns,
            Neighbours.of(contest.examples, seed=contest.seed),
        )

    def _fitted(
        self, contest: Contest, rungs: Sequence[Rung], temperatures: Mapping[str, float]
    ) -> Fitted:
        """On all rows; the members of an average may have been fitted already."""
        if not rungs[-1].recipe.members:
            return self._final(contest, rungs[-1])
        return Average(
            {
                rung.name: (self._final(contest, rung), temperatures[rung.name])
                for rung in rungs[:-1]
            }
        )

    def _final(self, contest: Contest, rung: Rung) -> Fitted:
        making = replace(contest.making(), epochs=rung.epochs, advance=contest.step(STORING))
        part = contest.part(every_row(self.data))
        return self._kept.made(rung.name, lambda: rung.recipe.fit(part, making))


class _Kept:
    """What was made, with what it took; taking it again counts as spared."""

    def __init__(self) -> None:
        self.spared = Spent()
        self._made: dict[str, tuple[object, Spent]] = {}

    def made(self, name: str, make: Callable[[], Made]) -> Made:
        found = self.found(name)
        if found is None:
            started = Spent.now()
            found = make()
            self.keep(name, found, Spent.now() - started)
        return cast("Made", found)

    def found(self, name: str) -> object | None:
        known = self._made.get(name)
        if known is None:
            return None
        self.spared += known[1]
        return known[0]

    def keep(self, name: str, what: object, took: Spent) -> None:
        self._made[name] = (what, took)


class _Pieces(Checkpoint):
    """The folds that were fitted, in memory: between a miss and what is then kept lies one fit."""

    def __init__(self, kept: _Kept) -> None:
        super().__init__(None, run=secrets.token_hex(8))
        self._kept = kept
        self._begun = Spent.now()

    def read(self, name: str, shape: tuple[int, int]) -> Piece | None:
        """A fold that another candidate's average, or its member, was scored on."""
        found = self._kept.found(name)
        self._begun = Spent.now()
        return found if isinstance(found, Piece) and found.scores.shape == shape else None

    def write(self, name: str, piece: Piece) -> None:
        """Keep it, with what it took since it was looked for."""
        self._kept.keep(name, piece, Spent.now() - self._begun)
