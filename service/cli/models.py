"""andon models: the versions of each classifier, which one serves, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.options import DEFAULT_HOME, HomeOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from finetune.models import ModelStore
    from finetune.promotion import GateReport
    from finetune.settings import FinetuneSettings
    from finetune.stored import StoredModel

models = typer.Typer(no_args_is_help=True, help="The versions of each trained model.")

TaskArgument = Annotated[str, typer.Argument(help="A task that ships with us, or a name of yours.")]
VersionArgument = Annotated[str, typer.Argument(help="Such as v0002.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with who did it.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(models, name="models")


@models.command("list")
def list_models(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Every version of every task: which one is in use, what its test and the gate said."""
    from dataclasses import asdict

    from finetune.models import ModelStore

    found = ModelStore(home / "models").list()
    if as_json:
        print_json([asdict(model) for model in found])
        return
    for model in found:
        console.print(_line(model), markup=False, highlight=False)
    if not found:
        console.print("No model is trained yet: andon train TASK.", markup=False)


@models.command("promote")
def promote_model(
    task: TaskArgument,
    version: VersionArgument,
    home: HomeOption = DEFAULT_HOME,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever the gate says; needs --reason.")
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put a version into use if the gate lets it; a running service takes it at its next request.

    The gate compares it with the version in use on rows that neither had learnt.
    """
    if force and not reason.strip():
        raise SettingsFault("Whoever forces a version into use says why: --reason WHY.")
    store, _ = store_of(home)
    report = store.promote(task, version, force=force, reason=reason)
    if as_json:
        print_json({"task": task, "version": version, "gate": report.as_dict()})
        return
    _say_gate(report)
    say_current(task, version, as_json=False)


@models.command("rollback")
def roll_back_model(
    task: TaskArgument,
    home: HomeOption = DEFAULT_HOME,
    *,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Go back to the version that was in use before."""
    store, _ = store_of(home)
    say_current(task, store.rollback(task, reason=reason), as_json=as_json)


@models.command("shadow")
def shadow_model(
    task: TaskArgument,
    version: Annotated[
        str, typer.Argument(help="Such as v0002; nothing: say which one it is.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    off: Annotated[bool, typer.Option("--off", help="No version any more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a version answer beside the one in use, seen by nobody who asks."""
    if off and version:
        raise SettingsFault("Name a version, or say --off, not both.")
    store, _ = store_of(home)
    if off or version:
        store.set_shadow(task, version or None)
    shadow = store.shadow(task)
    if as_json:
        print_json({"task": task, "shadow": shadow})
    else:
        words = f"{task} has {shadow} in its shadow." if shadow else f"{task} has no shadow."
        console.print(words, markup=False, highlight=False)


@models.command("prune")
def prune_models(
    task: TaskArgument,
    home: HomeOption = DEFAULT_HOME,
    *,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="So many of the newest; else as set.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove old versions, but none that is in use, was before, or is the shadow."""
    from finetune.models import ModelStore

    kept = settings_of_finetune().models_kept if keep is None else keep
    gone = ModelStore(home / "models").prune(task, keep=kept)
    if as_json:
        print_json({"task": task, "removed": list(gone)})
    else:
        words = f"Removed of {task}: {', '.join(gone)}." if gone else f"{task}: nothing to remove."
        console.print(words, markup=False, highlight=False)


@models.command("card")
def show_card(
    task: TaskArgument,
    version: Annotated[str, typer.Argument(help="Such as v0002; the one in use if none.")] = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """What is known of a version: its card, and where it lies with its plots."""
    from finetune.artefact import verify
    from finetune.engine import CARD
    from finetune.models import ModelStore

    store = ModelStore(home / "models")
    folder = store.folder(task, version or store.current(task))
    verify(folder)
    text, plots = (folder / CARD).read_text(encoding="utf-8"), sorted(folder.glob("*.png"))
    if as_json:
        said = {"task": task, "version": folder.name, "path": str(folder / CARD), "card": text}
        print_json({**said, "plots": [str(path) for path in plots]})
        return
    for path in (folder / CARD, *plots):
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{text}", markup=False, highlight=False, soft_wrap=True)


def store_of(home: Path) -> tuple[ModelStore, int]:
    """The models of that home, and how many threads they may use."""
    from finetune.models import ModelStore

    settings = settings_of_finetune()
    store = ModelStore(
        home / "models",
        encoder_spec=settings.encoder or None,
        threads=settings.threads,
        runtime=settings.runtime,
    )
    return store, settings.threads


def settings_of_finetune() -> FinetuneSettings:
    """Of the process."""
    from finetune.settings import FinetuneSettings
    from service.settings import read_settings

    return read_settings(FinetuneSettings)


def say_current(task: str, version: str, *, as_json: bool) -> None:
    """Which version serves a task."""
    if as_json:
        print_json({"task": task, "version": version})
    else:
        console.print(f"{task} is served by {version}.", markup=False, highlight=False)


def _line(model: StoredModel) -> str:
    if model.fault:
        return f"{model.task}  {model.version}  cannot be used: {model.fault}"
    marks = {"in use": model.current, "before": model.previous, "shadow": model.shadow}
    said = [
        *(model.task, model.version, model.chosen, model.trained_at),
        *(f"{model.rows} rows", f"accuracy {model.accuracy:.3f}"),
        *(f"macro-F1 {model.macro_f1:.3f}", f"gate {model.gate or 'not asked'}"),
        ", ".join(word for word, is_so in marks.items() if is_so),
    ]
    return "  ".join(said).rstrip()


def _say_gate(report: GateReport) -> None:
    """In words what the gate let through, or was made to let through."""
    if not report.against:
        words = f"The first version in use; judged on {report.rows} rows that it had not learnt."
    else:
        before, after = report.figures.get("before", {}), report.figures.get("after", {})
        words = (
            f"Against {report.against} on {report.rows} rows that neither had learnt: macro-F1 "
            f"{before.get('macro_f1', 0):.3f} before, {after.get('macro_f1', 0):.3f} now."
        )
    console.print(words, markup=False, highlight=False)
    if not report.passed:
        console.print(f"Forced, although: {' '.join(report.reasons)}", markup=False)
