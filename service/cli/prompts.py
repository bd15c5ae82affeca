"""andon prompts: the prompts that a model is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import JsonOption, LanguageOption, console, print_json, print_table

if TYPE_CHECKING:
    from prompting.library import PromptLibrary

prompts = typer.Typer(no_args_is_help=True, help="The prompts that a model is given.")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(prompts, name="prompts")


@prompts.command("list")
def list_prompts(*, as_json: JsonOption = False) -> None:
    """Every prompt with version, language and hash."""
    found = shelf_of_prompts().list()
    if as_json:
        print_json([{**p.front.model_dump(by_alias=True), "hash": p.hash} for p in found])
        return
    rows = ([p.front.id, p.front.language, p.front.version, p.hash, p.front.title] for p in found)
    print_table(("id", "language", "version", "hash", "title"), rows)


@prompts.command("show")
def show_prompt(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Prompt id.")],
    language: LanguageOption = "en",
) -> None:
    """One prompt as its file stands."""
    path = shelf_of_prompts().get(identity, language).path
    console.print(path.read_text(encoding="utf-8"), markup=False, highlight=False)


def shelf_of_prompts() -> PromptLibrary:
    """The shipped prompts and the plant's own."""
    from prompting.library import PromptLibrary
    from prompting.settings import PromptingSettings
    from service.settings import read_settings

    return PromptLibrary(read_settings(PromptingSettings).prompts_folder)
