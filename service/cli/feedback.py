"""andon models feedback: what people labelled, as the next training takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from service.cli.models import TaskArgument, models
from service.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finetune.labelled import LabelledRow
    from finetune.task import Task


def register(_: typer.Typer) -> None:
    """Add the command to those about models."""
    models.command("feedback")(feedback)


def feedback(
    task: TaskArgument, home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False
) -> None:
    """The rows that people labelled: who, when, about what; and what is left out, and why."""
    from dataclasses import asdict

    from service.labelled import feedback_rows

    found = feedback_rows(home / "history.db", _task(task, home))
    if as_json:
        print_json({"task": task, **asdict(found)})
        return
    print_table(("label", "input", "who", "when", "subject", "against"), map(_cells, found.rows))
    for one in found.left_out:
        console.print(f"left out: {one.subject} ({one.who}): {one.reason}", markup=False)


def _cells(row: LabelledRow) -> tuple[str, ...]:
    said = row.provenance
    numbers = f"{len(row.features)} features" if row.features else ""
    when = said.when.strftime("%Y-%m-%d %H:%M")
    given = " + ".join(filter(None, (row.text[:80], numbers)))
    return row.label, given, said.who, when, said.subject, said.model_version


def _task(name: str, home: Path) -> Task:
    """The task with the labels of the version in use, else of the shipped file, else any."""
    from finetune.models import ModelStore
    from finetune.stored import described
    from finetune.task import Task, TaskKind, shipped_task, shipped_tasks, task_from
    from ingest.errors import NotKnown

    store = ModelStore(home / "models")
    try:
        return task_from(described(store.folder(name, store.current(name)))["task"])
    except NotKnown:
        return shipped_task(name) if name in shipped_tasks() else Task(name, TaskKind.TEXT)
