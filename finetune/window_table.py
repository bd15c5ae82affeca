"""Labelled time spans of machines as rows of numbers, read from the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from finetune.derived import derive
from finetune.feature_table import Numbers
from finetune.features import Windows, absent, sight_features
from finetune.finding import Finding
from finetune.table import Table
from finetune.task import Task
from ingest.errors import NotKnown

Span = tuple[str, datetime, datetime]
"""Machine, start, end."""

_EPISODE = 6
"""Windows in a row of one machine and label that are one episode; longer ones are cut."""
YEARS = range(1971, 9000)
"""So that there is room for the time before and after."""
_ZONE = "Write it as 2026-11-22T10:00:00Z or with +01:00."


def spans_of(task: Task, table: Table) -> tuple[list[Span | None], list[Finding]]:
    """The span of every row, None where it is none."""
    columns = (task.machine, task.start, task.end)
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        there = ", ".join(list(table.columns)[:20])
        message = f"has no column {', '.join(lacking)}; there are {there}"
        return [None] * len(table), [Finding("missing_column", message, (), lacking[0])]
    machines = [cell.strip() for cell in table.columns[task.machine]]
    starts, ends = (_instants(table.columns[name]) for name in (task.start, task.end))
    findings = [
        *_bad_instants(table, task.start, starts),
        *_bad_instants(table, task.end, ends),
        *_empty("no_machine", f"names no machine in column {task.machine}", machines),
    ]
    spans: list[Span | None] = []
    upside_down = []
    for row, (machine, start, end) in enumerate(zip(machines, starts, ends, strict=True)):
        whole = bool(machine) and start is not None and end is not None
        if start is not None and end is not None and not start < end:
            upside_down.append(row)
            whole = False
        spans.append((machine, start, end) if whole and start and end else None)
    if upside_down:
        message = f"has windows that end before they start ({task.start}, {task.end})"
        findings.append(Finding("empty_window", message, tuple(upside_down), task.end))
    return spans, findings


def window_numbers(
    task: Task, table: Table, windows: Windows | None, *, columns: Sequence[str] = ()
) -> Numbers:
    """Statistics and evidence of every span; `columns` are those of a model, if there is one."""
    spans, findings = spans_of(task, table)
    if windows is None:
        message = f"holds time spans, and no history was given to task {task.name}"
        return Numbers((), np.zeros((len(table), 0)), (*findings, Finding("no_history", message)))
    rows: list[Mapping[str, float]] = []
    unknown, silent = [], []
    for row, span in enumerate(spans):
        try:
            found = sight_features(windows(*span)) if span else {}
        except NotKnown:
            unknown.append(row)
            found = {}
        else:
            silent += [row] if span and not found else []
        rows.append(derive(task, found))
    for code, message, where in (
        ("unknown_machine", "names machines that the plant does not have", unknown),
        ("no_readings", "has windows without a reading in the history", silent),
    ):
        if where:
            findings.append(Finding(code, message, tuple(where), task.machine))
    names = tuple(columns) or _names(task, rows)
    filled = [[row.get(name, absent(name)) for name in names] for row in rows]
    return Numbers(names, np.array(filled).reshape(len(rows), len(names)), tuple(findings))


def episodes(spans: Sequence[Span | None], labels: Sequence[str]) -> list[str]:
    """One name for windows of a machine that overlap, or follow each other under one label."""
    names = [f"row {row}" for row in range(len(spans))]
    known = sorted((span, row) for row, span in enumerate(spans) if span is not None)
    group: list[tuple[Span, int]] = []
    reach = datetime.min.replace(tzinfo=UTC)
    for span, row in known:
        machine, start, end = span
        same = bool(group) and group[0][0][0] == machine
        near = start - reach < end - start and len(group) < _EPISODE if same else False
        if not same or not (start < reach or (near and labels[group[-1][1]] == labels[row])):
            group, reach = [], end
        group.append((span, row))
        reach = max(reach, end)
        names[row] = f"{machine} {group[0][0][1].isoformat()}"
    return names


def _names(task: Task, rows: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    made = [one.name for one in task.derived]
    found = sorted({name for row in rows for name in row} - set(made))
    kept = [name for name in found if task.takes(name)]
    return (*kept, *(name for name in made if any(name in row for row in rows)))


def _instants(cells: Sequence[str]) -> list[datetime | None]:
    return [_instant(cell) for cell in cells]


def _instant(cell: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return read if read.tzinfo and read.year in YEARS else None


def _bad_instants(table: Table, column: str, read: Sequence[datetime | None]) -> Iterator[Finding]:
    bad = tuple(row for row, one in enumerate(read) if one is None)
    if bad:
        message = f"has no time with a zone in column {column}"
        sample = table.columns[column][bad[0]]
        yield Finding("bad_time", message, bad, column, sample, remedy=_ZONE)


def _empty(code: str, message: str, cells: Sequence[str]) -> Iterator[Finding]:
    rows = tuple(row for row, cell in enumerate(cells) if not cell)
    if rows:
        yield Finding(code, message, rows)
