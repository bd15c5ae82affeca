"""andon train and evaluate: from labelled rows to a classifier, and how good one is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.inspection import check as inspected
from service.cli.inspection import windows_at
from service.cli.leading import leading
from service.cli.models import TaskArgument, say_current, settings_of_finetune, store_of
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
)
from service.cli.training_progress import shown
from service.cli.training_report import show

if TYPE_CHECKING:
    from finetune.labelled import LabelledRow
    from finetune.task import Task

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Labelled rows: CSV, JSON lines or Parquet. Shipped tasks: ours."),
]
VersionOption = Annotated[
    str | None, typer.Option("--version", help="Which version; the one in use if not given.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(train)
    app.command()(evaluate)


def train(
    task: TaskArgument,
    data: DataOption = None,
    task_file: Annotated[
        Path | None, typer.Option("--task-file", help="Labels and columns, declared in TOML.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same model.")] = 0,
    home: HomeOption = DEFAULT_HOME,
    *,
    up_to: Annotated[
        str | None,
        typer.Option("--up-to", help="The dearest candidate to try, such as hybrid: quicker."),
    ] = None,
    accuracy: Annotated[
        float,
        typer.Option("--accuracy", min=0.5, max=0.999, help="Of the answers that it dares give."),
    ] = 0.9,
    feedback: Annotated[
        bool,
        typer.Option("--feedback/--no-feedback", help="Learn from what people corrected, too."),
    ] = True,
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Put the new version into use.")
    ] = True,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when a version is in use.")
    ] = False,
    progress_lines: Annotated[
        bool, typer.Option("--progress-lines", help="Progress as JSON lines, for programs.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is wrong or odd with the data.")
    ] = False,
    plant: PlantOption = DEFAULT_PLANT,
    as_json: JsonOption = False,
) -> None:
    """Train every candidate, choose one, judge it on rows that nobody has seen, store it.

    A training that was killed goes on where it stopped when the same is asked for again.
    """
    if if_missing and (version := _in_use(home, task)):
        say_current(task, version, as_json=as_json)
        return
    from finetune.training import train as train_model

    wanted, rows = asked_for(task, data, task_file)
    if check:
        with windows_at(home, plant) as windows:
            inspected(wanted, rows, windows=windows, as_json=as_json)
        return
    store, threads = store_of(home)
    with leading(store) as lora:
        if lora is None:
            return
        with shown(lines=progress_lines) as progress, windows_at(home, plant) as windows:
            report = train_model(
                wanted,
                rows,
                store,
                seed=seed,
                progress=progress,
                threads=threads,
                promote=promote,
                lora=lora,
                up_to=up_to,
                asked=accuracy,
                extra=_corrected(home, wanted) if feedback else (),
                windows=windows,
            )
    store.prune(task, keep=settings_of_finetune().models_kept)
    show(report, as_json=as_json)
    if not report.notes.get("gate", {"passed": True})["passed"]:
        raise typer.Exit(1)


def evaluate(
    task: TaskArgument,
    data: DataOption = None,
    version: VersionOption = None,
    home: HomeOption = DEFAULT_HOME,
    plant: PlantOption = DEFAULT_PLANT,
    *,
    as_json: JsonOption = False,
) -> None:
    """How good a trained model is on labelled rows."""
    from finetune.evaluation import evaluate as evaluate_model

    store, _ = store_of(home)
    rows = data or _shipped_data(task)
    with windows_at(home, plant) as windows:
        report = evaluate_model(task, rows, store, version=version, windows=windows)
    show(report, as_json=as_json)


def _corrected(home: Path, task: Task) -> Sequence[LabelledRow]:
    """Rows that people labelled while the plant ran."""
    from service.labelled import feedback_rows

    return feedback_rows(home / "history.db", task).rows


def _in_use(home: Path, task: str) -> str:
    """The version that serves a task; empty if there is none, or none that can be used."""
    from finetune.models import ModelStore

    found = ModelStore(home / "models").list(task)
    return next((model.version for model in found if model.current and not model.fault), "")


def _shipped_data(task: str) -> Path:
    from finetune.task import shipped_task, shipped_tasks

    data = shipped_task(task).data if task in shipped_tasks() else None
    if data is None:
        raise SettingsFault(f"Task {task} needs its data: --data FILE.")
    return data


def asked_for(task: str, data: Path | None, task_file: Path | None) -> tuple[Task, Path]:
    """The task that is meant, and where its rows are.

    Raises:
        SettingsFault: there is no such file, or a task without data.
    """
    from finetune.dataset import task_for
    from finetune.task import load_task

    declared = load_task(task_file) if task_file else None
    wanted = task_for(task, declared=declared, data=data)
    rows = data or wanted.data
    if rows is None:
        raise SettingsFault(f"Task {task} needs its data: --data FILE.")
    return wanted, rows
