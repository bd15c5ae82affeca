"""Rows of a file and rows that people labelled since, as one: the newer word counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.derived import derive
from finetune.examples import Examples, Rows
from finetune.features import as_row
from finetune.finding import Finding
from finetune.labelled import LabelledRow
from finetune.task import Task
from finetune.wording import tidy


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of the file that still count, then those of people."""

    examples: Examples
    labels: Rows
    kept: list[int]
    """Rows of the file."""
    people: tuple[LabelledRow, ...] = ()
    findings: tuple[Finding, ...] = ()


def joined(
    task: Task,
    own: Examples,
    labels: Rows,
    *,
    columns: Sequence[str],
    extra: Sequence[LabelledRow],
) -> Joined:
    """One that cannot be used is left out and said; of several on one input the newest counts."""
    usable = [row for row in extra if _usable(task, row, columns)]
    newest = {
        _input(task, row, columns).fingerprints()[0]: row
        for row in sorted(usable, key=lambda row: row.provenance.when)
    }
    index = {name: at for at, name in enumerate(task.label_names)}
    said = {print_: index[row.label] for print_, row in newest.items()}
    kept = [
        row
        for row, print_ in enumerate(own.fingerprints())
        if said.get(print_, labels[row]) == labels[row]
    ]
    people = tuple(newest.values())
    added = [_input(task, row, columns) for row in people]
    still = own.take(kept)
    numbers = [still.table, *(one.table for one in added)] if task.reads_numbers else [own.table]
    return Joined(
        Examples(
            (*still.texts, *(text for one in added for text in one.texts)), table=np.vstack(numbers)
        ),
        np.array([*labels[kept].tolist(), *said.values()], dtype=np.int64),
        kept,
        people,
        tuple(_said(len(extra) - len(usable), len(labels) - len(kept))),
    )


def _usable(task: Task, row: LabelledRow, columns: Sequence[str]) -> bool:
    if row.label not in task.label_names or (task.reads_texts and not tidy(row.text)):
        return False
    if not task.reads_numbers:
        return True
    numbers = _input(task, row, columns).table
    missing = np.isnan(numbers)
    return not (np.isinf(numbers).any() or missing.all() or (missing.any() and not task.may_miss))


def _input(task: Task, row: LabelledRow, columns: Sequence[str]) -> Examples:
    texts = (tidy(row.text),) if task.reads_texts else ()
    if not task.reads_numbers:
        return Examples(texts)
    return Examples(texts, table=as_row(derive(task, row.features or {}), columns)[None, :])


def _said(unusable: int, replaced: int) -> list[Finding]:
    found = []
    if unusable:
        message = f"leaves out {unusable} labelled by people that do not fit the task"
        found.append(Finding("feedback_left_out", message, fault=False))
    if replaced:
        message = f"gives way in {replaced} rows to what people said since"
        found.append(Finding("feedback_wins", message, fault=False))
    return found
