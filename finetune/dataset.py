"""Labelled rows of a task that can be trained on, checked as a whole before."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from finetune.bonds import group_keys, hashed
from finetune.examples import Examples, Rows
from finetune.features import Windows
from finetune.finding import Inspection
from finetune.frozen import FrozenRow
from finetune.labelled import LabelledRow
from finetune.reading import Read, read_rows
from finetune.split import Bonds, Fold, Frozen, Split, folds_of, split_rows
from finetune.table import Table, open_table
from finetune.task import Task, TaskKind, shipped_task, shipped_tasks
from ingest.errors import DataFault, SettingsFault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows that can be trained on; the task now has its labels."""

    task: Task
    examples: Examples
    """Without vectors; the rows of people stand last."""
    labels: Rows
    columns: tuple[str, ...]
    """Names of the numbers, the derived ones last."""
    table: Table
    """The rows of the file, without those that a person has corrected."""
    sha256: str
    """Of everything that was learnt from."""
    bonds: Bonds
    inspection: Inspection
    people: tuple[LabelledRow, ...] = ()
    """Rows that people labelled while the plant ran."""

    def split(self, *, seed: int, frozen: Frozen | None = None) -> Split:
        """Two sides by group, else by time, else by masked text, else by row.

        Rows whose fingerprint or group is in the frozen test are in the test; rows of people are
        in the development.

        Raises:
            DataFault: the rows cannot be split.
        """
        develop, test = split_rows(self.labels, self.bonds, seed=seed, frozen=self._in(frozen))
        return Split(develop, test, self.bonds.how, tuple(self._notes(develop, test)))

    def folds(self, develop: Rows, *, count: int, seed: int) -> tuple[Fold, ...]:
        """Parts of these rows held back in turn, by the same rule; by time not all are.

        Raises:
            DataFault: nothing can be held back.
        """
        return folds_of(develop, self.labels, self.bonds, count=count, seed=seed)

    def fingerprints(self) -> tuple[str, ...]:
        """A short content hash of every input, to know a row again that was trained on."""
        return self.examples.fingerprints()

    def group_keys(self) -> tuple[str, ...]:
        """A short hash of each row's group, the same in every file."""
        own = group_keys(self.task, self.table, self.examples)
        return (*own, *(hashed(f"person {row.provenance.subject}".encode()) for row in self.people))

    def frozen_rows(self, rows: Rows, *, added: str) -> tuple[FrozenRow, ...]:
        """Those rows as a frozen test keeps them."""
        prints, keys, examples = self.fingerprints(), self.group_keys(), self.examples
        return tuple(
            FrozenRow(
                fingerprint=prints[row],
                group=keys[row],
                label=self.task.label_names[self.labels[row]],
                text=examples.texts[row] if examples.texts else "",
                features=dict(zip(self.columns, examples.table[row].tolist(), strict=True))
                if len(examples.table)
                else {},
                added=added,
            )
            for row in rows.tolist()
        )

    def _in(self, frozen: Frozen | None) -> Rows:
        if frozen is None:
            return np.zeros(0, dtype=np.int64)
        known = frozen.fingerprints | frozen.groups
        pairs = zip(self.fingerprints(), self.group_keys(), strict=True)
        return np.array([row for row, keys in enumerate(pairs) if known & {*keys}], dtype=np.int64)

    def _notes(self, develop: Rows, test: Rows) -> list[str]:
        names, learnt = self.task.label_names, set(self.labels[develop].tolist())
        unlearnt = sorted(set(self.labels[test].tolist()) - learnt)
        unjudged = sorted(learnt - set(self.labels[test].tolist()))
        aside = len(self.labels) - len(develop) - len(test)
        told = (
            ("Only the test has rows of: ", [names[label] for label in unlearnt]),
            ("The test has no rows of: ", [names[label] for label in unjudged]),
            (
                "Rows that a person has answered since, judged by nobody: ",
                [str(aside)] * (aside > 0),
            ),
        )
        return [f"{what}{', '.join(which)}." for what, which in told if which]


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
        if data is None or not _foreign(shipped, open_table(data)):
            return shipped
        log.warning("labels are not of the shipped task, file read as it is", extra={"task": name})
    if data is None:
        raise SettingsFault(
            f"Task {name} does not ship with us: name its data with --data.",
            remedy=f"Shipped are {', '.join(shipped_tasks())}.",
        )
    return Task(name, _kind_of(open_table(data)))


def read_dataset(
    task: Task,
    path: Path,
    *,
    columns: tuple[str, ...] = (),
    extra: Sequence[LabelledRow] = (),
    windows: Windows | None = None,
    for_training: bool = True,
) -> Dataset:
    """Read and check the rows of a task.

    Args:
        task: what is decided; one without labels gets those of the file.
        path: the file.
        columns: names of the numbers that a model reads; found out if empty.
        extra: rows that people labelled while the plant ran; one of them takes the place of older
            rows with the same input and another label.
        windows: the history, for a window task.
        for_training: else a few rows of one label will do, to judge a model by.

    Raises:
        SettingsFault: the file is not there.
        DataFault: every fault of the data at once, with rows and columns.
    """
    read = read_rows(
        task, path, columns=columns, extra=extra, windows=windows, for_training=for_training
    )
    read.inspection.refuse()
    if read.examples is None or read.bonds is None:
        raise DataFault(f"{path} cannot be read.")
    return Dataset(
        task=read.task,
        examples=read.examples,
        labels=read.labels,
        columns=read.numbers.columns,
        table=read.table,
        sha256=_content(path, read),
        bonds=read.bonds,
        inspection=read.inspection,
        people=read.people,
    )


def inspect_data(
    task: Task,
    path: Path,
    *,
    extra: Sequence[LabelledRow] = (),
    windows: Windows | None = None,
) -> Inspection:
    """What is wrong or odd with the data of a task, as a report.

    Raises:
        SettingsFault: the file is not there or of no kind that we read.
        DataFault: nothing of it can be read.
    """
    return read_rows(task, path, extra=extra, windows=windows).inspection


def _content(path: Path, read: Read) -> str:
    content = hashlib.sha256(path.read_bytes())
    if read.people or read.task.kind is TaskKind.WINDOW:  # the history is part of the data
        content.update(read.labels.tobytes())
        content.update("".join(read.examples.fingerprints() if read.examples else ()).encode())
    return content.hexdigest()


def _foreign(task: Task, table: Table) -> bool:
    given = table.columns.get(task.target, ())
    return not {cell.strip() for cell in given} & set(task.label_names)


def _kind_of(table: Table) -> TaskKind:
    """By its columns; time spans beside numbers of their own are rows of numbers."""
    names = set(table.columns)
    if "text" in names:
        return TaskKind.TEXT
    spans = {"machine", "start", "end"}
    only = spans <= names <= {*spans, "label", "group", "time"}
    return TaskKind.WINDOW if only else TaskKind.TABULAR
