"""andon models: the versions of each classifier, which one serves, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import DEFAULT_HOME, HomeOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from finetune.models import ModelStore

models = typer.Typer(no_args_is_help=True, help="The versions of each trained model.")

TaskArgument = Annotated[str, typer.Argument(help="A task that ships with us, or a name of yours.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(models, name="models")


@models.command("list")
def list_models(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Every version of every task, and which one is in use."""
    from dataclasses import asdict

    from finetune.models import ModelStore

    found = ModelStore(home / "models").list()
    if as_json:
        print_json([asdict(model) for model in found])
        return
    for model in found:
        mark = "in use" if model.current else ""
        console.print(
            f"{model.task}  {model.version}  {model.chosen}  accuracy {model.accuracy:.3f}  "
            f"macro-F1 {model.macro_f1:.3f}  {mark}".rstrip(),
            markup=False,
            highlight=False,
        )
    if not found:
        console.print("No model is trained yet: andon train TASK.", markup=False)


@models.command("promote")
def promote_model(
    task: TaskArgument,
    version: Annotated[str, typer.Argument(help="Such as v0002.")],
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Put a version into use; a running service takes it at its next request."""
    store, _ = store_of(home)
    store.promote(task, version)
    say_current(task, version, as_json=as_json)


@models.command("rollback")
def roll_back_model(
    task: TaskArgument, home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False
) -> None:
    """Go back to the version that was in use before."""
    store, _ = store_of(home)
    say_current(task, store.rollback(task), as_json=as_json)


def store_of(home: Path) -> tuple[ModelStore, int]:
    """The models of that home, and how many threads they may use."""
    from finetune.models import ModelStore
    from finetune.settings import FinetuneSettings
    from service.settings import read_settings

    settings = read_settings(FinetuneSettings)
    store = ModelStore(
        home / "models", encoder_spec=settings.encoder or None, threads=settings.threads
    )
    return store, settings.threads


def say_current(task: str, version: str, *, as_json: bool) -> None:
    """Which version serves a task."""
    if as_json:
        print_json({"task": task, "version": version})
    else:
        console.print(f"{task} is served by {version}.", markup=False, highlight=False)
