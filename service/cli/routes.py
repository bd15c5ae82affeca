"""andon routes: by which way each task is answered, set from a comparison, and set back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.errors import AndonFault, NotKnown, SettingsFault
from service.cli.models import ReasonOption, TaskArgument, store_of
from service.cli.options import DEFAULT_HOME, HomeOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from service.task_routes import RouteStore, TaskRoute

routes = typer.Typer(no_args_is_help=True, help="By which way each task is answered.")

WAYS = ("prompt", "rag", "finetune", "cascade")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(routes, name="routes")


@routes.command("list")
def list_routes(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Every task that follows a route; the others are answered by their classifier."""
    store = _store(home)
    found = [_told(store, task) for task in store.tasks()]
    told = [one for one in found if one]
    if as_json:
        print_json(told)
        return
    for one in told:
        console.print(_line(one), markup=False, highlight=False, soft_wrap=True)
    if not told:
        words = "No task follows a route: each is answered by its classifier."
        console.print(words, markup=False)


@routes.command("set")
def set_route(
    task: TaskArgument,
    route: Annotated[
        str, typer.Argument(help="prompt, rag, finetune or cascade; nothing: as recommended.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    comparison: Annotated[
        str | None, typer.Option("--comparison", help="Its id; without: the newest of the task.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Its model, whatever the gate says; needs --reason.")
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Answer a task by a way that a comparison measured; a running service does so at once.

    By finetune, without a comparison, the model in use is meant.
    """
    from service.comparison.applying import Wish, followed
    from service.comparison.nouns import Route

    if route and route not in WAYS:
        raise SettingsFault(f"{route!r} is no route: {', '.join(WAYS)}.")
    if force and not reason.strip():
        raise SettingsFault("Whoever forces a model into use says why: --reason WHY.")
    wish = Wish(Route(route) if route else None, force, reason=reason, task=task)
    done = followed(home, wish, comparison=comparison, store=store_of(home)[0])
    if as_json:
        print_json(_as_dict(done.route))
    else:
        console.print(done.words, markup=False, highlight=False, soft_wrap=True)


@routes.command("reset")
def reset_route(
    task: TaskArgument,
    home: HomeOption = DEFAULT_HOME,
    *,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let the classifier of a task answer again; a running service does so at once."""
    if not _store(home).reset(task, reason=reason):
        raise NotKnown(f"Task {task} follows no route.", remedy="See: andon routes list.")
    if as_json:
        print_json({"task": task, "route": None})
    else:
        console.print(f"{task} is answered by its classifier again.", markup=False, highlight=False)


def _store(home: Path) -> RouteStore:
    from service.task_routes import FOLDER, RouteStore

    return RouteStore(home / FOLDER)


def _told(store: RouteStore, task: str) -> dict[str, Any]:
    """The route of a task; nothing where it follows none."""
    try:
        found = store.current(task)
    except AndonFault as fault:
        return {"task": task, "fault": str(fault)}
    return _as_dict(found) if found else {}


def _as_dict(route: TaskRoute) -> dict[str, Any]:
    from dataclasses import asdict

    plain = {name: getattr(route, name) for name in ("version", "revision", "set_at", "who")}
    return {
        "task": route.task,
        "route": str(route.route),
        "members": [asdict(member) for member in route.members],
        **asdict(route.measured),
        **plain,
        "reason": route.reason,
        "fault": "",
    }


def _line(told: dict[str, Any]) -> str:
    if told["fault"]:
        return f"{told['task']}  cannot be followed: {told['fault']}"
    arms = ", then ".join(f"{one['approach']}/{one['name']}" for one in told["members"])
    measured = f"macro-F1 {told['macro_f1']:.3f}" if told["macro_f1"] is not None else ""
    said = [
        *(told["task"], told["route"], f"({arms})", told["revision"]),
        *(told["comparison"], measured, told["version"], told["set_at"], told["who"]),
        told["reason"],
    ]
    return "  ".join(filter(None, said))
