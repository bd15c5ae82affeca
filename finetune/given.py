"""Labelled rows that are at hand and in no file: a data set whose test is kept elsewhere."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from finetune.dataset import Dataset
from finetune.derived import derive
from finetune.examples import Examples, Floats, Rows
from finetune.features import as_row
from finetune.finding import Inspection
from finetune.split import Bonds
from finetune.table import Table
from finetune.task import Task
from finetune.wording import tidy
from ingest.errors import DataFault

AT_HAND = Path("rows at hand")
"""Stands where the name of a file would."""
LEAST_ROWS = 4


class Given(Protocol):
    """One labelled row."""

    @property
    def text(self) -> str:
        """Empty where the task reads none."""
        ...

    @property
    def numbers(self) -> Mapping[str, float]:
        """By column, with those that others are derived from; without those that are missing."""
        ...

    @property
    def label(self) -> str:
        """One of the task's."""
        ...

    @property
    def group(self) -> str:
        """What it must not be parted from; empty: it stands by itself."""
        ...

    @property
    def moment(self) -> float | None:
        """Of rows that are split by time; a greater number is newer."""
        ...


def dataset_of(task: Task, rows: Sequence[Given]) -> Dataset:
    """These rows as training reads them; none of them is to be held back as a test.

    Raises:
        DataFault: too few rows or labels, or a label that the task does not have.
    """
    labels = _labels(task, rows)
    numbers = [derive(task, row.numbers) for row in rows] if task.reads_numbers else []
    columns = _columns(task, numbers)
    texts = tuple(tidy(row.text) for row in rows) if task.reads_texts else ()
    table = _table(numbers, columns) if columns else np.zeros((0, 0))
    examples = Examples(texts, table=table)
    own = examples.fingerprints()
    groups = tuple(row.group or says for row, says in zip(rows, own, strict=True))
    return Dataset(
        task=task,
        examples=examples,
        labels=labels,
        columns=columns,
        table=Table(AT_HAND, {"group": groups}),
        sha256=_content(examples, labels, groups),
        bonds=_bonds(rows, groups, examples),
        inspection=Inspection(AT_HAND, rows=len(rows), features=columns),
    )


def _labels(task: Task, rows: Sequence[Given]) -> Rows:
    index = {name: at for at, name in enumerate(task.label_names)}
    foreign = sorted({row.label for row in rows} - index.keys())
    if foreign:
        raise DataFault(f"Task {task.name} has no label {', '.join(map(repr, foreign[:5]))}.")
    if len(rows) < LEAST_ROWS or len({row.label for row in rows}) < 2:
        raise DataFault(
            f"{len(rows)} labelled rows of {len({row.label for row in rows})} labels are too few "
            f"to learn from: at least {LEAST_ROWS} of two labels are needed."
        )
    return np.array([index[row.label] for row in rows], dtype=np.int64)


def _columns(task: Task, numbers: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """Those that the task reads, sorted: in which order a row names them does not matter."""
    made = {one.name for one in task.derived}
    named = {name for row in numbers for name in row}
    return tuple(sorted(name for name in named if name in made or task.takes(name)))


def _table(numbers: Sequence[Mapping[str, float]], columns: Sequence[str]) -> Floats:
    return np.array([as_row(row, columns) for row in numbers])


def _bonds(rows: Sequence[Given], groups: Sequence[str], examples: Examples) -> Bonds:
    moments = np.array([math.inf if row.moment is None else row.moment for row in rows])
    timed = bool(np.isfinite(moments).any())
    return Bonds(
        "by time" if timed else "by group",
        _numbered(groups),
        _numbered(examples.fingerprints()),
        np.zeros(len(rows), dtype=np.bool_),
        moments if timed else None,
    )


def _numbered(names: Sequence[str]) -> Rows:
    index = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([index[name] for name in names], dtype=np.int64)


def _content(examples: Examples, labels: Rows, groups: Sequence[str]) -> str:
    content = hashlib.sha256("\n".join([*examples.fingerprints(), *groups]).encode())
    content.update(labels.tobytes())
    return content.hexdigest()
