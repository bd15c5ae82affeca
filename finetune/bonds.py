"""Which rows belong together: by a column, by time, by wording or by their numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Examples, Rows
from finetune.feature_table import GROUP, is_numeric
from finetune.split import Bonds, Flags
from finetune.table import Table, rows_named
from finetune.task import Task
from ingest.errors import DataFault


def bonds_of(task: Task, table: Table, examples: Examples, from_people: Flags) -> Bonds:
    """By group column, else by time, else by wording or numbers.

    Args:
        task: names the columns.
        table: the rows of the file; rows of people stand after them.
        examples: what the model reads, of all rows.
        from_people: which of the examples are people's.

    Raises:
        DataFault: a time that is none.
    """
    twins = _numbered(wordings(examples))
    column = next((name for name in (task.group, GROUP) if name in table.columns), None)
    if column:
        groups = _joined(table.columns[column], twins)
        return Bonds(f"by column {column}", groups, twins, from_people)
    if task.time in table.columns:
        moments = np.full(len(examples), np.inf)
        moments[: len(table)] = times(table, task.time)
        groups = _numbered([str(moment) for moment in moments])
        return Bonds(f"by column {task.time}", groups, twins, from_people, moments)
    how = "by text with its numbers masked" if examples.texts else "by row, stratified"
    return Bonds(how, twins, twins, from_people)


def group_keys(task: Task, table: Table, examples: Examples) -> tuple[str, ...]:
    """A short hash for each row of the file that is the same in every file for the same group."""
    column = next((name for name in (task.group, GROUP) if name in table.columns), None)
    if column:
        names: Sequence[str] = [f"group {name.strip()}" for name in table.columns[column]]
    else:
        names = wordings(examples)[: len(table)]
    return tuple(hashed(name.encode()) for name in names)


def wordings(examples: Examples) -> list[str]:
    """What a row says to a model, without the numbers of a text."""
    if examples.texts:
        return [text.casefold() for text in examples.texts]
    return [row.tobytes().hex() for row in examples.table]


def hashed(content: bytes) -> str:
    """Short, and without the words of the plant."""
    return hashlib.sha256(content).hexdigest()[:16]


def times(table: Table, column: str) -> NDArray[np.float64]:
    """When each row was, as numbers that grow with time.

    Raises:
        DataFault: a cell that is no time.
    """
    when: list[float] = []
    for row, cell in enumerate(table.columns[column]):
        try:
            when.append(float(cell) if is_numeric([cell]) else _instant(cell))
        except ValueError as fault:
            raise DataFault(
                f"{table.path} has no time in column {column}: {rows_named([row])} ({cell!r})."
            ) from fault
    return np.asarray(when)


def _instant(cell: str) -> float:
    """Seconds; a time without a zone is taken as UTC, which only has to hold within one file."""
    read = datetime.fromisoformat(cell.strip())
    return read.replace(tzinfo=read.tzinfo or UTC).timestamp()


def _joined(names: Sequence[str], twins: Rows) -> Rows:
    """Groups by name; a row of a person goes with a row that says the same, or with its like."""
    of_twin: dict[int, str] = {}
    for name, twin in zip(names, twins.tolist(), strict=False):
        of_twin.setdefault(twin, f"group {name.strip()}")
    rest = [of_twin.get(twin, f"twin {twin}") for twin in twins[len(names) :].tolist()]
    return _numbered([*(f"group {name.strip()}" for name in names), *rest])


def _numbered(names: Sequence[str]) -> Rows:
    index = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([index[name] for name in names], dtype=np.int64)
