"""andon train --check: what is wrong or odd with labelled data, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.cli.options import console, print_json, print_table

if TYPE_CHECKING:
    from finetune.features import Sight, Windows
    from finetune.finding import Finding, Inspection
    from finetune.task import Task


@contextmanager
def windows_at(home: Path, plant: Path) -> Iterator[Windows]:
    """The history of a home as a window task reads it; opened when the first window is asked for.

    Asking raises SettingsFault where there is no history or no plant description.
    """
    opened: list[Windows] = []
    with ExitStack() as stack:

        def look(machine: str, start: datetime, end: datetime) -> Sight:
            if not opened:
                from service.windows import home_windows

                opened.append(stack.enter_context(home_windows(home, plant)))
            return opened[0](machine, start, end)

        yield look


def check(task: Task, data: Path, *, windows: Windows, as_json: bool) -> None:
    """Print the report; exit 1 where there are faults."""
    from finetune.dataset import inspect_data

    found = inspect_data(task, data, windows=windows)
    if as_json:
        print_json({"task": task.name, **found.as_dict()})
    else:
        _show(found)
    if found.faults:
        raise typer.Exit(1)


def _show(found: Inspection) -> None:
    console.say(
        f"{found.path}: {found.rows} rows, {len(found.labels)} labels, "
        f"{len(found.faults)} faults, {len(found.warnings)} warnings."
    )
    if found.labels:
        print_table(("label", "rows"), ([name, str(count)] for name, count in found.labels.items()))
    if found.findings:
        print_table(("", "what", "the file ..."), (_row(one) for one in found.findings))
    if found.unused:
        console.say(f"Columns that are not read: {', '.join(found.unused)}.")


def _row(one: Finding) -> list[str]:
    return ["fault" if one.fault else "warning", one.code, f"{one.words} {one.remedy}".rstrip()]
