"""andon prompts: the prompts that a model is given, and a text through one of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import (
    JsonOption,
    LanguageOption,
    complaints,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from prompting.library import PromptLibrary
    from prompting.prompt_file import Defect, Prompt

prompts = typer.Typer(no_args_is_help=True, help="The prompts that a model is given.")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    from service.cli.prompts_run import run_prompt

    prompts.command("run")(run_prompt)
    app.add_typer(prompts, name="prompts")


@prompts.command("list")
def list_prompts(*, as_json: JsonOption = False) -> None:
    """Every prompt with version, language and hash; exit 1 if a file has faults."""
    logging.getLogger("prompting.library").addHandler(logging.NullHandler())  # it is said below
    shelf = shelf_of_prompts()
    found, faults = shelf.list(), shelf.faults()
    if as_json:
        print_json([*map(_entry, found), *_broken(faults)])
    else:
        rows = (
            [p.front.id, p.front.language, p.front.version, p.hash, _whose(p), p.front.title]
            for p in found
        )
        names = ("id", "language", "version", "hash", "from", "title")
        print_table(names, rows, wrapped=("title",))
        for fault in faults:
            complaints.say(f"Not taken over: {fault}")
    if faults:
        raise typer.Exit(1)


@prompts.command("show")
def show_prompt(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Prompt id.")],
    language: LanguageOption = "en",
    *,
    filled: Annotated[
        bool, typer.Option("--filled", help="As a model is given it, over sample values.")
    ] = False,
) -> None:
    """One prompt as its file stands."""
    from ingest.text_file import read_text

    prompt = shelf_of_prompts().get(identity, language)
    if not filled:
        console.say(read_text(prompt.path))
        return
    system, user = prompt.fill(prompt.front.kind.sample)
    console.say(f"# System\n{system}\n\n# User\n{user}")
    complaints.say(f"{prompt.reference}, about {_tokens(system, user)} tokens with these values")


def shelf_of_prompts() -> PromptLibrary:
    """The shipped prompts and the plant's own."""
    from prompting.library import PromptLibrary
    from prompting.settings import PromptingSettings
    from service.settings import read_settings

    return PromptLibrary(read_settings(PromptingSettings).prompts_folder)


def _entry(prompt: Prompt) -> dict[str, Any]:
    front = prompt.front.model_dump(by_alias=True)
    place = {"hash": prompt.hash, "path": str(prompt.path), "shipped": _whose(prompt) == "shipped"}
    return {**front, **place, "faults": []}


def _broken(faults: Sequence[Defect]) -> Iterator[dict[str, Any]]:
    """Files that are not taken over, each with what is wrong with it."""
    for path in dict.fromkeys(fault.path for fault in faults):
        words = [str(fault) for fault in faults if fault.path == path]
        yield {"id": None, "hash": None, "path": str(path), "faults": words}


def _whose(prompt: Prompt) -> str:
    from prompting.library import SHIPPED

    return "shipped" if prompt.path.parent == SHIPPED else prompt.path.name


def _tokens(system: str, user: str) -> int:
    from prompting.pack import estimate

    return estimate(f"{system}\n{user}")
