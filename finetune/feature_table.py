"""The columns of a file that are numbers to learn from."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Floats
from finetune.table import Table, rows_named
from finetune.task import Task
from ingest.errors import DataFault

GROUP, TIME = "group", "time"
MISSING = frozenset({"", "na", "nan", "null", "none"})
MOSTLY = 0.2
"""A column with fewer cells than this share that are no numbers was meant to be numbers."""

Flags = NDArray[np.bool_]


def feature_columns(task: Task, table: Table) -> tuple[str, ...]:
    """Columns of numbers that the task's glob names.

    Raises:
        DataFault: there is none.
    """
    others = {task.target, task.group, task.time, GROUP, TIME}
    found = tuple(
        name
        for name, cells in table.columns.items()
        if name not in others
        and fnmatch.fnmatchcase(name, task.features or "*")
        and _is_feature(table, name, cells)
    )
    if not found:
        raise DataFault(
            f"{table.path} has neither a column {task.text} nor a column of numbers to learn from."
        )
    return tuple(sorted(found))


def feature_table(task: Task, table: Table, columns: Sequence[str]) -> Floats:
    """The features, NaN where a cell is empty and the task allows that.

    Raises:
        DataFault: a cell that is missing, infinite or no number.
    """
    table.need(*columns)
    found = np.column_stack([_column(table, name) for name in columns])
    for refused, word in ((np.isinf(found), "infinite"), (np.isnan(found), "missing")):
        if refused.any() and not (word == "missing" and task.missing_allowed):
            _refuse_cells(table, columns, refused, word)
    return found


def _refuse_cells(table: Table, columns: Sequence[str], refused: Flags, word: str) -> None:
    at = [columns[column] for column in np.flatnonzero(refused.any(axis=0)).tolist()]
    rows = np.flatnonzero(refused.any(axis=1)).tolist()
    raise DataFault(
        f"{table.path} has {word} numbers in column {', '.join(at[:5])}: {rows_named(rows)}.",
        remedy=""
        if word == "infinite"
        else "Fill them, or declare missing_allowed = true in a task file.",
    )


def _is_feature(table: Table, name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds numbers; one in which a few cells do not is refused."""
    if is_numeric(cells):
        return True
    present = [cell for cell in cells if not _missing(cell)]
    bad = [row for row, cell in enumerate(cells) if not _missing(cell) and not is_numeric([cell])]
    if bad and len(bad) < MOSTLY * len(present):
        raise DataFault(
            f"{table.path} has no number in column {name}: {rows_named(bad)} ({cells[bad[0]]!r})."
        )
    return False


def _column(table: Table, name: str) -> Floats:
    cells = table.columns[name]
    try:
        return np.array([_number(cell) for cell in cells])
    except ValueError as fault:
        bad = [
            row for row, cell in enumerate(cells) if not _missing(cell) and not is_numeric([cell])
        ]
        raise DataFault(
            f"{table.path} has no number in column {name}: {rows_named(bad)}."
        ) from fault


def _missing(cell: str) -> bool:
    return cell.strip().casefold() in MISSING


def _number(cell: str) -> float:
    return float("nan") if _missing(cell) else float(cell)


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether every cell is a number or missing, and not all are missing."""
    try:
        return not np.isnan([_number(cell) for cell in cells]).all()
    except ValueError:
        return False
