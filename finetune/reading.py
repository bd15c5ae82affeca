"""From a file and what people said to rows of a task, with every finding on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from finetune.bonds import bonds_of, time_findings
from finetune.checks import label_cells, label_findings, text_findings
from finetune.checks_together import leak_findings, named_in_text, row_findings
from finetune.examples import Examples, Rows
from finetune.feature_table import Numbers, numbers_of
from finetune.features import Windows
from finetune.finding import Finding, Inspection
from finetune.joining import joined
from finetune.labelled import LabelledRow
from finetune.split import Bonds, folds_of, split_rows
from finetune.table import Table, open_table
from finetune.task import Label, Task, TaskKind
from finetune.window_table import window_numbers
from finetune.wording import tidy
from ingest.errors import DataFault

FOR_TRAINING = frozenset({"few_rows", "one_label", "many_labels"})
"""Faults of rows that are to be learnt from, not of rows to judge by."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a file."""

    task: Task
    table: Table
    numbers: Numbers
    labels: Rows
    inspection: Inspection
    examples: Examples | None = None
    """None where there are faults."""
    bonds: Bonds | None = None
    people: tuple[LabelledRow, ...] = ()


def read_rows(
    task: Task,
    path: Path,
    *,
    columns: tuple[str, ...] = (),
    extra: Sequence[LabelledRow] = (),
    windows: Windows | None = None,
    for_training: bool = True,
) -> Read:
    """Everything that the file and the rows of people say.

    Raises:
        SettingsFault: there is no such file.
        DataFault: nothing of it can be read.
    """
    table = open_table(path)
    numbers = _numbers(task, table, columns=columns, windows=windows)
    findings = [*_of_file(task, table), *label_findings(task, table), *numbers.findings]
    if task.reads_texts:
        findings += text_findings(task, table)
    findings += time_findings(task, table)
    cells = label_cells(task, table)
    task = _with_labels(task, cells)
    read = Read(task, table, numbers, _indices(task, cells), Inspection(path))
    if not for_training:
        findings = [one for one in findings if one.code not in FOR_TRAINING]
    if any(one.fault for one in findings):
        return _reported(read, [*findings, *_leaks(read)])
    return _whole(read, findings, extra=extra, for_training=for_training)


def _whole(
    read: Read,
    findings: list[Finding],
    *,
    extra: Sequence[LabelledRow],
    for_training: bool,
) -> Read:
    """The rows of a file without faults, with those of people, looked at beside each other."""
    task, table = read.task, read.table
    texts = tuple(tidy(cell) for cell in table.columns[task.text]) if task.reads_texts else ()
    own = Examples(texts, table=read.numbers.values) if task.reads_numbers else Examples(texts)
    together = joined(task, own, read.labels, columns=read.numbers.columns, extra=extra)
    findings += together.findings
    kept = table.take(together.kept) if len(together.kept) < len(table) else table
    read = replace(
        read,
        table=kept,
        labels=together.labels,
        examples=together.examples,
        people=together.people,
    )
    bonds = bonds_of(task, kept, together.examples, people=together.people)
    prints = together.examples.fingerprints()
    findings += row_findings(read.labels, task.label_names, prints=prints, bonds=bonds)
    findings += [*_leaks(read), *(_inseparable(read.labels, bonds) if for_training else ())]
    return _reported(replace(read, bonds=bonds), findings)


def _inseparable(labels: Rows, bonds: Bonds) -> list[Finding]:
    """Why nothing can be held back to choose and to judge by, if so."""
    try:
        develop, _ = split_rows(labels, bonds, seed=0)
        folds_of(develop, labels, bonds, count=3, seed=0)
    except DataFault as fault:
        return [Finding("no_split", f"cannot be split. {fault.message.rstrip('.')}")]
    return []


def _numbers(
    task: Task, table: Table, *, columns: tuple[str, ...], windows: Windows | None
) -> Numbers:
    if task.kind is TaskKind.WINDOW:
        return window_numbers(task, table, windows, columns=columns)
    if task.reads_numbers:
        return numbers_of(task, table, columns=columns)
    return Numbers((), np.zeros((len(table), 0)))


def _of_file(task: Task, table: Table) -> list[Finding]:
    """What is wrong with the file, where it matters to this task."""
    read = {task.target, task.group, task.time, task.text if task.reads_texts else ""}
    return [
        replace(one, fault=True) if one.code == "nested" and one.column in read else one
        for one in table.findings
    ]


def _with_labels(task: Task, cells: Sequence[str]) -> Task:
    if task.labels:
        return task
    return replace(task, labels=tuple(Label(name) for name in sorted({*cells} - {""})))


def _indices(task: Task, cells: Sequence[str]) -> Rows:
    """The label of each row, -1 for none."""
    index = {name: at for at, name in enumerate(task.label_names)}
    return np.array([index.get(cell, -1) for cell in cells], dtype=np.int64)


def _leaks(read: Read) -> list[Finding]:
    """Of the rows of the file, as far as they have labels."""
    task, table = read.task, read.table
    labels = read.labels[: len(table)]
    known = np.flatnonzero(labels >= 0)
    if len(known) < 2:
        return []
    found: list[Finding] = []
    if len(read.numbers.columns) and task.kind is not TaskKind.WINDOW:
        rows = read.examples.table if read.examples is not None else read.numbers.values
        some = replace(read.numbers, values=rows[known])
        found += leak_findings(task, labels[known], task.label_names, numbers=some)
    if task.reads_texts and task.text in table.columns:
        texts = [table.columns[task.text][row] for row in known.tolist()]
        found += named_in_text(texts, labels[known], task.label_names, task.text)
    return found


def _reported(read: Read, findings: Sequence[Finding]) -> Read:
    task, table = read.task, read.table
    counted = Counter(read.labels[read.labels >= 0].tolist())
    known = {task.target, task.group, task.time, *read.numbers.columns}
    known |= {task.text} if task.reads_texts else set()
    known |= {task.machine, task.start, task.end} if task.kind is TaskKind.WINDOW else set()
    inspection = Inspection(
        table.path,
        rows=len(read.labels),
        labels={name: counted.get(at, 0) for at, name in enumerate(task.label_names)},
        features=read.numbers.columns,
        unused=tuple(name for name in table.columns if name not in known),
        findings=tuple(findings),
    )
    return replace(read, inspection=inspection)
