"""andon train and evaluate: from labelled rows to a classifier, and how good one is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import NotKnown, SettingsFault
from service.cli.models import TaskArgument, say_current, store_of
from service.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    complaints,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from finetune.ladder import Progress
    from finetune.report import TrainReport

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
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Put the new version into use.")
    ] = True,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when a version is in use.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train every candidate, choose one, judge it on rows that nobody has seen, store it."""
    if if_missing and (version := _in_use(home, task)):
        say_current(task, version, as_json=as_json)
        return
    from finetune.dataset import task_for
    from finetune.task import load_task
    from finetune.training import train as train_model

    declared = load_task(task_file) if task_file else None
    wanted = task_for(task, declared=declared, data=data)
    rows = data or wanted.data
    if rows is None:
        raise SettingsFault(f"Task {task} needs its data: --data FILE.")
    store, threads = store_of(home)
    with _progress() as progress:
        report = train_model(
            wanted, rows, store, seed=seed, progress=progress, threads=threads, promote=promote
        )
    _show(report, as_json=as_json)


def evaluate(
    task: TaskArgument,
    data: DataOption = None,
    version: VersionOption = None,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """How good a trained model is on labelled rows."""
    from finetune.evaluation import evaluate as evaluate_model

    store, _ = store_of(home)
    rows = data or _shipped_data(task)
    _show(evaluate_model(task, rows, store, version=version), as_json=as_json)


def _in_use(home: Path, task: str) -> str:
    """The version that serves a task; empty if there is none."""
    from finetune.models import ModelStore

    try:
        return ModelStore(home / "models").current(task)
    except NotKnown:
        return ""


def _shipped_data(task: str) -> Path:
    from finetune.task import shipped_task, shipped_tasks

    data = shipped_task(task).data if task in shipped_tasks() else None
    if data is None:
        raise SettingsFault(f"Task {task} needs its data: --data FILE.")
    return data


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each step on standard error, with the time that is left."""
    from rich.progress import (
        BarColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=complaints) as bars:
        known: dict[str, TaskID] = {}

        def show(what: str, share: float) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=1.0)
            bars.update(known[what], completed=share)

        yield show


def _show(report: TrainReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.as_dict())
        return
    rows = (
        [
            f"{one.name} *" if one.name == report.chosen else one.name,
            *(f"{one.accuracy:.3f}", f"{one.macro_f1:.3f}", f"{one.seconds:.1f}"),
        ]
        for one in report.candidates
    )
    print_table(("candidate", "accuracy", "macro-F1", "seconds"), rows)
    test = report.test
    console.print(
        f"{report.task} {report.version}, {report.split}. On {test.n} rows: accuracy "
        f"{test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f}, calibration error {test.ece:.3f}, "
        f"answered at 90 % accuracy {test.coverage_at_90:.0%}.",
        markup=False,
        highlight=False,
    )
