"""The rows of a comparison: checked as a whole, split once, and as every arm reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finetune.dataset import Dataset, read_dataset
from finetune.derived import sources
from finetune.examples import Rows
from finetune.feature_table import numbers
from finetune.features import Windows
from finetune.split import Fold, Frozen, Split
from finetune.task import Task, TaskKind
from service.comparison.nouns import Item

FOLDS = 3
"""Parts of the rows to develop on, by which a representative is chosen."""


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled items on the two sides of one split."""

    data: Dataset
    split: Split
    develop: tuple[Item, ...]
    """What arms may learn from and be chosen by."""
    test: tuple[Item, ...]
    """What they are reported on."""
    folds: tuple[Fold, ...]
    """Of the rows to develop on, by their place there."""
    notes: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """With its labels."""
        return self.data.task


def read_material(
    task: Task,
    path: Path,
    *,
    seed: int,
    frozen: Frozen | None = None,
    windows: Windows | None = None,
) -> Material:
    """Read, check and split the rows.

    Args:
        task: what is decided; one without labels gets those of the file.
        path: the file.
        seed: of the split.
        frozen: rows that stay in the test of this task whatever is compared.
        windows: the history, for a window task.

    Raises:
        SettingsFault: the file is not there or of no kind that we read.
        DataFault: the rows cannot be used or split; every fault at once.
    """
    data = read_dataset(task, path, windows=windows)
    split = data.split(seed=seed, frozen=frozen)
    folds = data.folds(split.develop, count=FOLDS, seed=seed)
    items = _items(data)
    warned = (finding.words for finding in data.inspection.findings if not finding.fault)
    return Material(
        data=data,
        split=split,
        develop=tuple(items[row] for row in split.develop),
        test=tuple(items[row] for row in split.test),
        folds=tuple(_placed(fold, split.develop) for fold in folds),
        notes=(*split.notes, *(f"The file {words}" for words in warned)),
    )


def _items(data: Dataset) -> list[Item]:
    names = data.task.label_names
    texts = _as_sent(data)
    columns, moments = _raw_numbers(data), data.bonds.moments
    return [
        Item(
            text,
            _known(columns, row),
            names[label],
            str(group),
            None if moments is None else float(moments[row]),
        )
        for row, (text, label, group) in enumerate(
            zip(texts, data.labels.tolist(), data.bonds.groups.tolist(), strict=True)
        )
    ]


def _as_sent(data: Dataset) -> Sequence[str]:
    """Texts as someone would send them, with their codes and numbers whole."""
    if not data.task.reads_texts:
        return ("",) * len(data.labels)
    return [cell.strip() for cell in data.table.columns[data.task.text]]


def _raw_numbers(data: Dataset) -> Mapping[str, Sequence[float]]:
    """Columns as someone would send them: what others are made of, and none that is made."""
    made = {one.name for one in data.task.derived}
    found = {
        name: data.examples.table[:, at].tolist()
        for at, name in enumerate(data.columns)
        if name not in made
    }
    if data.task.kind is not TaskKind.WINDOW:
        for name in sources(data.task):
            found.setdefault(name, numbers(data.table.columns[name]).tolist())
    return found


def _known(columns: Mapping[str, Sequence[float]], row: int) -> dict[str, float]:
    values = ((name, cells[row]) for name, cells in columns.items())
    return {name: value for name, value in values if not np.isnan(value)}


def _placed(fold: Fold, develop: Rows) -> Fold:
    """By place among the rows to develop on, which are in order."""
    return Fold(np.searchsorted(develop, fold.train), np.searchsorted(develop, fold.held))
