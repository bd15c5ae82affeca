"""andon compare: prompt, retrieval or fine-tuning, measured on labelled rows of one's own."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.compare_questions import QUESTIONS, compare_questions
from service.cli.compare_report import show
from service.cli.inspection import windows_at
from service.cli.models import store_of
from service.cli.options import DEFAULT_HOME, DEFAULT_PLANT, HomeOption, JsonOption, PlantOption
from service.cli.training import DataOption, asked_for
from service.cli.training_progress import shown

if TYPE_CHECKING:
    from service.comparison.applying import Applied
    from service.comparison.nouns import Prices


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(compare)


def compare(
    task: Annotated[
        str, typer.Argument(help="A task that ships with us, a name of yours, or `questions`.")
    ],
    data: DataOption = None,
    task_file: Annotated[
        Path | None, typer.Option("--task-file", help="Labels and columns, declared in TOML.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    plant: PlantOption = DEFAULT_PLANT,
    *,
    target: Annotated[
        float | None, typer.Option("--target", help="Macro-F1 that is wanted; else 0.80.")
    ] = None,
    codes: Annotated[
        Path | None, typer.Option("--codes", help="What the codes mean: a table in a file.")
    ] = None,
    documents: Annotated[
        Path | None, typer.Option("--documents", help="A folder with documents that hold tables.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="A folder for a copy of the report.")
    ] = None,
    up_to: Annotated[
        str | None,
        typer.Option("--up-to", help="The dearest candidate to train, such as hybrid: quicker."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same rows.")] = 0,
    minutes_per_label: Annotated[
        float, typer.Option("--minutes-per-label", min=0, help="That a person needs for one.")
    ] = 0.5,
    labour_hour: Annotated[
        float, typer.Option("--labour-hour", min=0, help="Price of an hour of that person.")
    ] = 40.0,
    cpu_hour: Annotated[
        float, typer.Option("--cpu-hour", min=0, help="Price of an hour of one CPU core.")
    ] = 0.05,
    apply: Annotated[
        bool, typer.Option("--apply", help="Answer the task from now on as the report decides.")
    ] = False,
    identity: Annotated[str | None, typer.Option("--id", hidden=True)] = None,
    progress_lines: Annotated[
        bool, typer.Option("--progress-lines", help="Progress as JSON lines, for programs.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Prompt, retrieval or fine-tuning: all three on your own rows, and which of them it takes.

    The report, as a page and as JSON, is kept below the home folder; the last line says where.
    """
    from service.comparison.conducting import Order, conducted

    identity, prices = _id(identity, task), _prices(cpu_hour, labour_hour, minutes_per_label)
    if task == QUESTIONS:
        _refuse(apply=apply, codes=codes, task_file=task_file, up_to=up_to)
        with shown(lines=progress_lines) as progress:
            asked = compare_questions(
                identity,
                data,
                home=home,
                plant=plant,
                documents=documents,
                target=target,
                seed=seed,
                prices=prices,
                report=report,
                progress=progress,
            )
        show(asked, home, done=None, as_json=as_json)
        return
    wanted, rows = asked_for(task, data, task_file)
    order = Order(
        id=identity,
        task=wanted,
        data=rows,
        home=home,
        target=target,
        codes=codes,
        documents=documents,
        up_to=up_to,
        seed=seed,
        prices=prices,
        copy_to=report,
    )
    with shown(lines=progress_lines) as progress, windows_at(home, plant) as windows:
        found = conducted(order, windows=windows, progress=progress)
    done: Applied | None = None
    try:
        done = _applied(home, found.id) if apply else None
    finally:  # the report is there, whatever keeps it from being followed
        show(found, home, done=done, as_json=as_json)


def _id(given: str | None, task: str) -> str:
    """The one that is given, or a new one."""
    from finetune.models import TASK_NAME
    from service.comparison.kept import ID, new_id

    if not TASK_NAME.fullmatch(task):
        remedy = "Letters, digits, '.', '_' and '-', up to 64."
        raise SettingsFault(f"{task!r} is no name of a task.", remedy=remedy)
    if given is not None and not ID.fullmatch(given):
        raise SettingsFault(f"{given!r} is no id of a comparison.")
    return given or new_id(task, datetime.now(UTC))


def _refuse(**given: object) -> None:
    """Options that go with a task, where questions are compared."""
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if names:
        raise SettingsFault(f"{', '.join(names)} goes with a task, not with questions.")


def _applied(home: Path, identity: str) -> Applied:
    from service.comparison.applying import applied

    return applied(home, identity, store=store_of(home)[0])


def _prices(cpu_hour: float, labour_hour: float, label_minutes: float) -> Prices:
    from service.comparison.nouns import Prices

    if not all(map(math.isfinite, (cpu_hour, labour_hour, label_minutes))):
        raise SettingsFault("Prices and minutes are finite numbers.")
    return Prices(cpu_hour=cpu_hour, labour_hour=labour_hour, label_minutes=label_minutes)
