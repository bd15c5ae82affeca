"""Which rows belong together: by a column, by time, by wording or by their numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from finetune.examples import Examples, Floats, Rows
from finetune.feature_table import GROUP, is_numeric
from finetune.finding import Finding
from finetune.labelled import LabelledRow
from finetune.split import Bonds
from finetune.table import Table
from finetune.task import Task, TaskKind
from finetune.window_table import episodes, spans_of


def bonds_of(
    task: Task, table: Table, examples: Examples, *, people: Sequence[LabelledRow] = ()
) -> Bonds:
    """By group column, else by episode of a machine, else by time, else by wording or numbers.

    Args:
        task: names the columns.
        table: the rows of the file; those of people stand after them.
        examples: what the model reads, of all rows.
        people: the rows of people.
    """
    twins = _numbered(wordings(examples))
    from_people = np.arange(len(examples)) >= len(table)
    how, names = _names(task, table, examples)
    groups = _joined(names, twins, people)
    if how or task.time not in table.columns:
        kind = "by text with its numbers masked" if examples.texts else "by row, stratified"
        return Bonds(how or kind, groups, twins, from_people)
    moments = np.full(len(examples), np.inf)
    moments[: len(table)] = times(table.columns[task.time])
    groups = _numbered([str(moment) for moment in moments])
    return Bonds(f"by column {task.time}", groups, twins, from_people, moments)


def group_keys(task: Task, table: Table, examples: Examples) -> tuple[str, ...]:
    """A short hash for each row of the file that is the same in every file for the same group."""
    return tuple(hashed(name.encode()) for name in _names(task, table, examples)[1])


def _names(task: Task, table: Table, examples: Examples) -> tuple[str, list[str]]:
    """How rows are grouped, if not by what they say, and the name of each row's group."""
    said = wordings(examples)[: len(table)]
    column = next((name for name in (task.group, GROUP) if name in table.columns), None)
    if column:
        cells = [cell.strip() for cell in table.columns[column]]
        pairs = zip(cells, said, strict=True)
        return f"by column {column}", [f"group {cell}" if cell else own for cell, own in pairs]
    if task.kind is TaskKind.WINDOW:
        spans, _ = spans_of(task, table)
        return "by episode of a machine", episodes(spans, table.columns[task.target])
    return "", said


def wordings(examples: Examples) -> list[str]:
    """What a row says to a model, without the numbers of a text."""
    if examples.texts:
        return [text.casefold() for text in examples.texts]
    return [row.tobytes().hex() for row in examples.table]


def hashed(content: bytes) -> str:
    """Short, and without the words of the plant."""
    return hashlib.sha256(content).hexdigest()[:16]


def time_findings(task: Task, table: Table) -> Iterator[Finding]:
    """Cells that are no times, where the rows are to be split by time."""
    others = {task.group, GROUP} & set(table.columns)
    if task.kind is TaskKind.WINDOW or others or task.time not in table.columns:
        return
    cells = table.columns[task.time]
    bad = tuple(np.flatnonzero(np.isnan(times(cells))).tolist())
    if bad:
        message = f"has no time in column {task.time}"
        yield Finding("bad_time", message, bad, task.time, cells[bad[0]])


def times(cells: Sequence[str]) -> Floats:
    """When each row was, as numbers that grow with time; NaN where the cell is no time."""
    return np.array([_moment(cell) for cell in cells], dtype=np.float64)


def _moment(cell: str) -> float:
    """Seconds; a time without a zone is taken as UTC, which only has to hold within one file."""
    try:
        if is_numeric([cell]):
            return float(cell)
        read = datetime.fromisoformat(cell.strip())
    except ValueError:
        return float("nan")
    return read.replace(tzinfo=read.tzinfo or UTC).timestamp()


def _joined(names: Sequence[str], twins: Rows, people: Sequence[LabelledRow]) -> Rows:
    """Groups by name; a row of a person goes with a row that says the same, else with its case."""
    of_twin: dict[int, str] = {}
    for name, twin in zip(names, twins.tolist(), strict=False):
        of_twin.setdefault(twin, name)
    rest = [
        of_twin.setdefault(twin, f"person {row.provenance.subject}")
        for twin, row in zip(twins[len(names) :].tolist(), people, strict=True)
    ]
    return _numbered([*names, *rest])


def _numbered(names: Sequence[str]) -> Rows:
    index = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([index[name] for name in names], dtype=np.int64)
