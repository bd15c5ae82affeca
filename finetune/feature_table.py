"""The columns of a file that are numbers to learn from, and what is wrong with their cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from finetune.derived import derive, sources
from finetune.examples import Floats
from finetune.finding import Finding
from finetune.table import Table
from finetune.task import Task, TaskKind

GROUP, TIME = "group", "time"
MISSING = frozenset({"", "na", "nan", "null", "none"})
TRUTH = {"true": 1.0, "false": 0.0}
MOSTLY = 0.2
"""A column with fewer cells than this share that are no numbers was meant to be numbers."""

_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The features of a file; what is no number is NaN here and stands in the findings."""

    columns: tuple[str, ...]
    values: Floats
    """One row a row, one column a feature."""
    findings: tuple[Finding, ...] = ()


def numbers_of(task: Task, table: Table, *, columns: Sequence[str] = ()) -> Numbers:
    """The features that a task names, or that a model has; derived ones stand last.

    Args:
        task: its glob and its derived features.
        table: cells as text.
        columns: of a model; empty to find them out.
    """
    made = {one.name for one in task.derived}
    wanted = [name for name in columns if name not in made]
    findings = [] if wanted else list(_odd_columns(task, table))
    names = wanted or _feature_columns(task, table)
    needed = list(dict.fromkeys([*names, *sources(task)]))
    lacking = [name for name in needed if name not in table.columns]
    findings += [_lacking(name, task, table) for name in lacking]
    parsed = {name: numbers(table.columns[name]) for name in needed if name in table.columns}
    for name, values in parsed.items():
        findings += _bad_cells(task, name, table.columns[name], values)
    if not parsed:
        findings.append(_nothing(task, table))
    every = derive(task, parsed)
    kept = [*(name for name in names if name in every), *(n for n in made_in_order(task, every))]
    stacked = np.column_stack([every[name] for name in kept]) if kept else np.zeros((len(table), 0))
    return Numbers(tuple(kept), stacked, tuple(findings))


def made_in_order(task: Task, known: dict[str, Floats]) -> list[str]:
    """Derived features that could be made."""
    return [one.name for one in task.derived if one.name in known]


def numbers(cells: Sequence[str]) -> Floats:
    """NaN where a cell is empty or no number."""
    try:
        return np.array([_number(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        return np.array([_number_or_nan(cell) for cell in cells], dtype=np.float64)


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether every cell is a number or missing, and not all are missing."""
    try:
        return not np.isnan([_number(cell) for cell in cells]).all()
    except ValueError:
        return False


def _feature_columns(task: Task, table: Table) -> list[str]:
    """Columns of numbers that the task's glob names, but no count of rows."""
    return sorted(
        name
        for name in _candidates(task, table)
        if _meant_as_numbers(table.columns[name])
        and (name in task.trusted or not _counts_rows(table.columns[name]))
    )


def _candidates(task: Task, table: Table) -> list[str]:
    others = {task.target, task.group, task.time, GROUP, TIME}
    if task.kind is TaskKind.TEXT:
        others.add(task.text)
    return [name for name in table.columns if name not in others and task.takes(name)]


def _meant_as_numbers(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if not _missing(cell)]
    bad = sum(np.isnan(_number_or_nan(cell)) for cell in present)
    return bool(present) and (bad == 0 or bad < MOSTLY * len(present))


def _counts_rows(cells: Sequence[str]) -> bool:
    values = numbers(cells)
    if len(values) < 3 or not np.isfinite(values).all() or values[0] not in (0.0, 1.0):
        return False
    return bool((np.diff(values) == 1).all())


def _odd_columns(task: Task, table: Table) -> Iterator[Finding]:
    for name in _candidates(task, table):
        cells = table.columns[name]
        present = [cell for cell in cells if not _missing(cell)]
        commas = sum(bool(_COMMA.fullmatch(cell)) for cell in present)
        if present and commas > (1 - MOSTLY) * len(present):
            message = f"writes decimals with a comma in column {name}"
            remedy = "Write them with a point."
            yield Finding("decimal_comma", message, (), name, present[0], remedy=remedy)
        elif name not in task.trusted and _meant_as_numbers(cells) and _counts_rows(cells):
            message = f"counts its rows in column {name}, which is left out"
            yield Finding("row_number", message, (), name, fault=False)


def _bad_cells(task: Task, name: str, cells: Sequence[str], values: Floats) -> Iterator[Finding]:
    odd = np.flatnonzero(np.isnan(values)).tolist()
    missing = tuple(row for row in odd if _missing(cells[row]))
    strange = tuple(row for row in odd if not _missing(cells[row]))
    if strange:
        sample = cells[strange[0]]
        yield Finding("no_number", f"has no number in column {name}", strange, name, sample)
    infinite = tuple(np.flatnonzero(np.isinf(values)).tolist())
    if infinite:
        yield Finding("infinite", f"has infinite numbers in column {name}", infinite, name)
    if missing and not task.may_miss:
        remedy = "Fill them, or declare missing_allowed = true in a task file."
        message = f"has missing numbers in column {name}"
        yield Finding("missing_number", message, missing, name, remedy=remedy)


def _lacking(name: str, task: Task, table: Table) -> Finding:
    of = next((one.name for one in task.derived if name in one.of), "")
    why = f", of which {of} is made" if of else ""
    there = ", ".join(list(table.columns)[:20])
    return Finding("missing_column", f"has no column {name}{why}; there are {there}", (), name)


def _nothing(task: Task, table: Table) -> Finding:
    if task.features:
        message = f"has no column of numbers that features = {task.features!r} names"
    else:
        message = f"has neither a column {task.text} nor a column of numbers to learn from"
    return Finding("no_features", f"{message}; there are {', '.join(list(table.columns)[:20])}")


def _missing(cell: str) -> bool:
    return cell.strip().casefold() in MISSING


def _number(cell: str) -> float:
    if _missing(cell):
        return float("nan")
    known = TRUTH.get(cell.strip().casefold())
    return float(cell) if known is None else known


def _number_or_nan(cell: str) -> float:
    try:
        return _number(cell)
    except ValueError:
        return float("nan")
