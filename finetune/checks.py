"""What can be wrong with labels and texts of a file, each with the rows it is about."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from finetune.finding import Finding
from finetune.table import Table
from finetune.task import Task
from finetune.task_check import MOST_LABEL, folded
from finetune.wording import MAX_CHARACTERS, tidy

LEAST_ROWS = 12
TINY = 5
"""Rows of a label under which it can hardly be learnt."""
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_MOJIBAKE = ("Ã", "Â", "â€", "ð\x9f")
"""What UTF-8 becomes when it is read as Windows-1252."""


def label_cells(task: Task, table: Table) -> list[str]:
    """The labels as they are compared; empty where the file has none."""
    return [cell.strip() for cell in table.columns.get(task.target, ())]


def label_findings(task: Task, table: Table) -> Iterator[Finding]:
    """Labels that are missing, unknown, written in two ways, or that are none."""
    cells = label_cells(task, table)
    if task.target not in table.columns:
        yield missing_column(table, task.target)
        return
    empty = _rows(cells, lambda cell: not cell)
    if empty:
        message = f"has no label in column {task.target}"
        yield Finding("missing_label", message, empty, task.target)
    odd = _rows(cells, lambda cell: not cell.isprintable() or len(cell) > MOST_LABEL)
    if odd:
        message = (
            f"has labels in column {task.target} with a line end or an invisible character, or of "
            f"more than {MOST_LABEL} characters"
        )
        yield Finding("odd_label", message, odd, task.target, cells[odd[0]])
    yield from _lookalikes(task, [cell if cell.isprintable() else "" for cell in cells])
    yield from _strange(task, cells)
    yield from _amounts(task, [cell for cell in cells if cell])


def missing_column(table: Table, name: str) -> Finding:
    """With those that are there."""
    there = ", ".join(list(table.columns)[:20])
    return Finding("missing_column", f"has no column {name}; there are {there}", (), name)


def text_findings(task: Task, table: Table) -> Iterator[Finding]:
    """Texts that are empty, too long, or were broken by a wrong encoding."""
    if task.text not in table.columns:
        yield missing_column(table, task.text)
        return
    cells = table.columns[task.text]
    for code, message, bad, fault in (
        ("empty_text", f"has no text in column {task.text}", lambda cell: not tidy(cell), True),
        (
            "long_text",
            f"has texts of which only the first {MAX_CHARACTERS} characters are read",
            lambda cell: len(cell) > MAX_CHARACTERS,
            False,
        ),
        ("mojibake", "has texts that were read in a wrong encoding", _is_mojibake, False),
        (
            "lost_characters",
            "has texts with characters that got lost in an encoding",
            lambda cell: _BROKEN in cell,
            False,
        ),
        ("control", "has texts with control characters", _has_control, False),
        (
            "normalisation",
            "writes accents as separate characters, which is put right",
            lambda cell: not unicodedata.is_normalized("NFC", cell),
            False,
        ),
    ):
        rows = _rows(cells, bad)
        if rows:
            sample = "" if code == "empty_text" else cells[rows[0]]
            yield Finding(code, message, rows, task.text, sample, fault=fault)


def _lookalikes(task: Task, cells: Sequence[str]) -> Iterator[Finding]:
    """Labels that differ only by case, spacing or kind of character: one label in two ways."""
    counted = Counter(cell for cell in cells if cell)
    spellings: dict[str, str] = {folded(name): name for name in task.label_names}
    for name, _ in sorted(counted.items(), key=lambda item: -item[1]):
        usual = spellings.setdefault(folded(name), name)
        if usual != name:
            yield Finding(
                "label_in_two_ways",
                f"writes one label in two ways, {usual} and {name}",
                _rows(cells, lambda cell, name=name: cell == name),  # type: ignore[misc]
                task.target,
                remedy="Write it in one way.",
            )


def _strange(task: Task, cells: Sequence[str]) -> Iterator[Finding]:
    spelt = {folded(name) for name in (*task.label_names, "")}
    rows = _rows(cells, lambda cell: folded(cell) not in spelt)
    if task.labels and rows:
        message = f"has labels that task {task.name} does not have"
        yield Finding("unknown_label", message, rows, task.target, cells[rows[0]])


def _amounts(task: Task, cells: Sequence[str]) -> Iterator[Finding]:
    counted = Counter(cells)
    if len(cells) < LEAST_ROWS:
        message = f"has only {len(cells)} rows; at least {LEAST_ROWS} are needed"
        yield Finding("few_rows", message)
    if len(counted) == 1:
        message = f"has only one label, {next(iter(counted))}: there is nothing to tell apart"
        yield Finding("one_label", message, (), task.target)
    elif len(counted) > max(len(cells) / 2, 2):
        message = f"has {len(counted)} different labels in {len(cells)} rows"
        remedy = "Name the column of the labels with target = in a task file."
        yield Finding("many_labels", message, (), task.target, remedy=remedy)


def _rows(cells: Sequence[str], bad: Callable[[str], bool]) -> tuple[int, ...]:
    return tuple(row for row, cell in enumerate(cells) if bad(cell))


def _is_mojibake(cell: str) -> bool:
    """Whether it becomes other, readable text when its bytes are read as UTF-8."""
    if not any(mark in cell for mark in _MOJIBAKE):
        return False
    try:
        return cell.encode("cp1252").decode("utf-8") != cell
    except UnicodeError:
        return False


def _has_control(cell: str) -> bool:
    """Control characters and marks of direction; a tab or the end of a line is none."""
    return any(
        unicodedata.category(one) in {"Cc", "Cf"} and one not in "\t\n\r\N{SOFT HYPHEN}"
        for one in cell
    )
