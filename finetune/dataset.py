"""Labelled rows of a task, checked as a whole before anything is trained."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from finetune.bonds import bonds_of, group_keys
from finetune.examples import Examples, Rows
from finetune.feature_table import feature_columns, feature_table
from finetune.split import Bonds, Fold, Frozen, Split, folds_of, split_rows
from finetune.table import Table, read_table, rows_named
from finetune.task import Label, Task, TaskKind, shipped_task, shipped_tasks
from finetune.wording import tidy
from ingest.errors import DataFault, SettingsFault

log = logging.getLogger(__name__)

LEAST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows that can be trained on; the task now has its labels."""

    task: Task
    examples: Examples
    """Without vectors."""
    labels: Rows
    columns: tuple[str, ...]
    """Names of the features of a tabular task."""
    table: Table
    sha256: str

    def split(self, *, seed: int, frozen: Frozen | None = None) -> Split:
        """Two sides by group, else by time, else by masked text, else by row.

        Rows whose fingerprint or group is in the frozen test are in the test; rows of people are
        in the development.

        Raises:
            DataFault: the rows cannot be split.
        """
        bonds = self._bonds()
        develop, test = split_rows(self.labels, bonds, seed=seed, frozen=self._in(frozen))
        first = folds_of(develop, self.labels, bonds, count=4, seed=seed)[0]
        return Split(develop, test, bonds.how, train=first.train, validation=first.held)

    def folds(self, develop: Rows, *, count: int, seed: int) -> tuple[Fold, ...]:
        """Parts of these rows held back in turn, by the same rule; by time not all are.

        Raises:
            DataFault: nothing can be held back.
        """
        return folds_of(develop, self.labels, self._bonds(), count=count, seed=seed)

    def group_keys(self) -> tuple[str, ...]:
        """A short hash of each row's group, the same in every file."""
        return group_keys(self.task, self.table, self.examples)

    def _bonds(self) -> Bonds:
        from_people = np.zeros(len(self.labels), dtype=np.bool_)
        return bonds_of(self.task, self.table, self.examples, from_people)

    def _in(self, frozen: Frozen | None) -> Rows:
        known = frozenset[str]() if frozen is None else frozen.fingerprints | frozen.groups
        pairs = zip(self.fingerprints(), self.group_keys(), strict=True)
        return np.array([row for row, keys in enumerate(pairs) if known & {*keys}], dtype=np.int64)

    def fingerprints(self) -> tuple[str, ...]:
        """A short content hash of every input, to know a row again that was trained on."""
        if self.task.kind is TaskKind.TEXT:
            contents = [text.casefold().encode() for text in self.examples.texts]
        else:
            contents = [row.tobytes() for row in self.examples.table]
        return tuple(hashlib.sha256(content).hexdigest()[:16] for content in contents)


def task_for(name: str, *, declared: Task | None, data: Path | None) -> Task:
    """The task that a name means: its file, the one that ships with us, or what the data says.

    A shipped name with data of wholly other labels is taken as a plain file.

    Raises:
        SettingsFault: neither a task file nor data.
    """
    if declared is not None:
        return replace(declared, name=name)
    if name in shipped_tasks():
        shipped = shipped_task(name)
        if data is None or not _foreign(shipped, read_table(data)):
            return shipped
        log.warning("labels are not of the shipped task, file read as it is", extra={"task": name})
    if data is None:
        raise SettingsFault(
            f"Task {name} does not ship with us: name its data with --data.",
            remedy=f"Shipped are {', '.join(shipped_tasks())}.",
        )
    return Task(name, TaskKind.TEXT if "text" in read_table(data).columns else TaskKind.TABULAR)


def read_dataset(task: Task, path: Path, *, columns: tuple[str, ...] = ()) -> Dataset:
    """Read and check the rows of a task; `columns` are the features, found out if empty.

    Raises:
        SettingsFault: the file is not there.
        DataFault: rows or columns that cannot be used, by name.
    """
    table = read_table(path)
    table.need(task.target)
    task = _with_labels(task, table)
    labels = _labels(task, table)
    _refuse_too_little(task, labels, path)
    if task.kind is TaskKind.TEXT:
        examples = Examples(texts=_texts(task, table))
    else:
        columns = columns or feature_columns(task, table)
        examples = Examples(table=feature_table(task, table, columns))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Dataset(task, examples, labels, columns, table, sha256)


def _foreign(task: Task, table: Table) -> bool:
    given = table.columns.get(task.target, ())
    return not {cell.strip() for cell in given} & set(task.label_names)


def _with_labels(task: Task, table: Table) -> Task:
    if task.labels:
        return task
    names = sorted({cell.strip() for cell in table.columns[task.target]} - {""})
    _refuse_lookalikes(names, table, task.target)
    return replace(task, labels=tuple(Label(name) for name in names))


def _labels(task: Task, table: Table) -> Rows:
    cells = [cell.strip() for cell in table.columns[task.target]]
    empty = [row for row, cell in enumerate(cells) if not cell]
    if empty:
        raise DataFault(f"{table.path} has no label in column {task.target}: {rows_named(empty)}.")
    _refuse_lookalikes([*task.label_names, *cells], table, task.target)
    index = {name: at for at, name in enumerate(task.label_names)}
    strange = [row for row, cell in enumerate(cells) if cell not in index]
    if strange:
        raise DataFault(
            f"{table.path} has labels that task {task.name} does not have, "
            f"{cells[strange[0]]} among them: {rows_named(strange)}."
        )
    return np.array([index[cell] for cell in cells], dtype=np.int64)


def _refuse_lookalikes(names: Sequence[str], table: Table, target: str) -> None:
    """Labels that differ only by case or spacing are one label written twice."""
    cells = [cell.strip() for cell in table.columns[target]]
    spellings: dict[str, str] = {}
    for name in names:
        other = spellings.setdefault(" ".join(name.casefold().split()), name)
        if other != name:
            usual, odd = sorted((name, other), key=cells.count, reverse=True)
            rows = [row for row, cell in enumerate(cells) if cell == odd]
            raise DataFault(
                f"{table.path} writes one label in two ways, {usual} and {odd}: "
                f"{rows_named(rows)}.",
                remedy="Write it in one way.",
            )


def _refuse_too_little(task: Task, labels: Rows, path: Path) -> None:
    if len(labels) < LEAST_ROWS:
        raise DataFault(f"{path} has only {len(labels)} rows; at least {LEAST_ROWS} are needed.")
    seen = Counter(labels.tolist())
    if len(seen) < 2:
        only = task.label_names[next(iter(seen))]
        raise DataFault(f"{path} has only one label, {only}: there is nothing to tell apart.")


def _texts(task: Task, table: Table) -> tuple[str, ...]:
    table.need(task.text)
    texts = tuple(tidy(cell) for cell in table.columns[task.text])
    empty = [row for row, text in enumerate(texts) if not text]
    if empty:
        raise DataFault(f"{table.path} has no text in column {task.text}: {rows_named(empty)}.")
    return texts
