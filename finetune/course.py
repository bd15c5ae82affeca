"""One training before anything is fitted: its rows, its folds, its candidates and its name."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import Any

import numpy as np

from finetune.candidates.lora import LoraSettings
from finetune.candidates.recipe import Recipe
from finetune.candidates.recipes import tabular_recipes, text_recipes, up_to
from finetune.checkpoint import Checkpoint, key_of, open_checkpoint
from finetune.dataset import Dataset
from finetune.encoder import Encoder
from finetune.examples import Examples, Rows
from finetune.frozen import FrozenTest
from finetune.ladder import Contest
from finetune.models import ModelStore
from finetune.place import place_of
from finetune.progress import Progress, Steps
from finetune.score import ASKED_ACCURACY
from finetune.split import Fold, Split
from finetune.task import TaskKind, task_as_dict
from ingest.errors import DataFault

LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "skops", "safetensors"),
    *("torch", "transformers", "tokenizers", "peft"),
)
FOLDS = {TaskKind.TEXT: 3, TaskKind.TABULAR: 5, TaskKind.WINDOW: 5}
INNER = 5
"""One part of so many of a fold's rows is what a fit stops early by."""
COST = {True: 30.0, False: 1.0}
"""Of a fit that is dear and of one that is not, against each other, for the progress."""
READING, JUDGING, STORING = "reading", "judging", "storing"
FORMAT = 1
"""Of what a checkpoint holds; another one is of an earlier or a later version of ours."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asks of a training."""

    seed: int
    threads: int
    progress: Progress
    lora: LoraSettings | None = None
    up_to: str | None = None
    """The last rung of the ladder to climb; None: all."""
    asked: float = ASKED_ACCURACY
    """Share of the answers given that should be right."""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that one training works with."""

    data: Dataset
    split: Split
    contest: Contest
    recipes: tuple[Recipe, ...]
    steps: Steps
    key: str
    """Of everything that the outcome depends on."""
    wish: Wish
    frozen: FrozenTest
    """What the chosen candidate is judged on for the gate, the new rows of the test included."""

    @property
    def identity(self) -> dict[str, str]:
        """By which a stored version is known as the outcome of this very training."""
        run = self.checkpoint.run
        return {"key": self.key, "run": run, "up_to": self.wish.up_to or ""}

    @property
    def examples(self) -> Examples:
        """All rows, with their vectors."""
        return self.contest.examples

    @property
    def encoder(self) -> Encoder | None:
        """None where no texts are read."""
        return self.contest.encoder

    @property
    def device(self) -> str:
        """Where transformers are trained."""
        if self.encoder is None:
            return "cpu"
        asked = self.wish.lora or LoraSettings()
        return place_of(asked.device, asked.precision).device

    @property
    def checkpoint(self) -> Checkpoint:
        """What was done already."""
        return self.contest.checkpoint


def course_of(
    data: Dataset,
    store: ModelStore,
    wish: Wish,
    *,
    split: Split | None = None,
    checkpoint: Checkpoint | None = None,
) -> Course:
    """Split, encode and name the training; finds what an earlier one that was killed left.

    Args:
        data: all rows.
        store: knows the frozen test of the task.
        wish: what the caller asks.
        split: None: split here, by the frozen test.
        checkpoint: what is done already; None: what was left in the folder of the task.

    Raises:
        SettingsFault: there is no encoder.
        DataFault: the rows cannot be split.
    """
    recipes = text_recipes() if data.task.reads_texts else tabular_recipes()
    recipes = up_to(recipes, wish.up_to)
    known = store.frozen(data.task.name)
    split = split or data.split(seed=wish.seed, frozen=known)
    frozen = known.extended(data.frozen_rows(split.test, added=_now()))
    folds = data.folds(split.develop, count=FOLDS[data.task.kind], seed=wish.seed)
    steps = Steps(costs_of(recipes, folds), wish.progress)
    encoder = store.encoder() if data.task.reads_texts else None
    key = key_of(_named(data, split, folds, encoder=encoder, wish=wish, frozen=frozen))
    checkpoint = checkpoint or open_checkpoint(store.root / data.task.name, key)
    contest = Contest(
        _encoded(data.examples, encoder, steps),
        data.labels,
        folds,
        lambda rows: inner_of(data, rows, wish.seed),
        len(data.task.labels),
        wish.seed,
        steps.begin,
        checkpoint,
        encoder,
        wish.lora,
    )
    return Course(data, split, contest, recipes, steps, key, wish, frozen)


def every_row(data: Dataset) -> Rows:
    """Numbers of all rows."""
    return np.arange(len(data.labels), dtype=np.int64)


def libraries() -> dict[str, str]:
    """Versions of what the outcome depends on."""
    found = {name: installed_version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def order_sha256(data: Dataset) -> str:
    """Hash of the rows in their order."""
    return hashlib.sha256("\n".join(data.fingerprints()).encode()).hexdigest()


def _encoded(examples: Examples, encoder: Encoder | None, steps: Steps) -> Examples:
    advance = steps.begin(READING)
    if encoder is not None and not len(examples.vectors):
        examples = Examples(examples.texts, encoder.encode(examples.texts), examples.table)
    advance(1.0)
    return examples


def inner_of(data: Dataset, rows: Rows, seed: int) -> Fold:
    """A part of a fold's rows to stop early by; none where they cannot be split again."""
    try:
        return data.folds(rows, count=INNER, seed=seed)[0]
    except DataFault:
        return Fold(rows, rows[:0])


def costs_of(recipes: Sequence[Recipe], folds: Sequence[Fold]) -> dict[str, float]:
    """Of each step of a training, against each other."""
    climbed = {
        f"{recipe.name}, fold {at + 1} of {len(folds)}": COST[recipe.dear]
        for recipe in recipes
        for at in range(len(folds))
        if not recipe.members
    }
    dearest = max(COST[recipe.dear] for recipe in recipes)
    return {READING: 3.0, **climbed, JUDGING: 1.2 * dearest, STORING: 1.5 * dearest}


def _named(
    data: Dataset,
    split: Split,
    folds: Sequence[Fold],
    *,
    encoder: Encoder | None,
    wish: Wish,
    frozen: FrozenTest,
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "task": task_as_dict(data.task),
        "data": [data.sha256, order_sha256(data), data.labels.tolist()],
        "rows": [_digest(rows) for rows in (split.develop, split.test)],
        "folds": [[_digest(fold.train), _digest(fold.held)] for fold in folds],
        "frozen": [[row.fingerprint, row.label] for row in frozen.rows],
        "seed": wish.seed,
        "asked": wish.asked,
        "threads": wish.threads,
        "lora": asdict(wish.lora or LoraSettings()),
        "encoder": "" if encoder is None else encoder.sha256,
        "libraries": libraries(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _digest(rows: Rows) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()
