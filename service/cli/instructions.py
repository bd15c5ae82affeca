"""andon instructions: words for the next shifts, in every handover until they are cleared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from service.database import Database
    from service.instructions import Instruction

instructions = typer.Typer(
    no_args_is_help=True, help="Words for the next shifts: in every handover until cleared."
)

ByOption = Annotated[str, typer.Option("--by", help="Who says so.")]


@instructions.command("give")
def give(
    text: Annotated[str, typer.Argument(help="What the next shifts are to know or to do.")],
    scope: Annotated[
        str | None, typer.Option("--for", metavar="MACHINE|LINE", help="Whom it is about.")
    ] = None,
    issue: Annotated[str | None, typer.Option("--issue", help="The card that it flags.")] = None,
    by: ByOption = "",
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Leave words for the next shifts, or flag a card."""
    from ingest.plant import load_plant
    from service.cards_store import CardStore
    from service.gathering import Scope
    from service.instructions import InstructionStore, NewInstruction

    if (scope is None) == (issue is None) or not text.strip():
        raise SettingsFault(
            "An instruction needs words and is about a machine, a line or a card.",
            remedy='Such as: andon instructions give "run at 80 %" --for press-3',
        )
    description = load_plant(plant)
    with _database(home) as database:
        name = CardStore(database).find(issue).machine if issue else scope or ""
        found = Scope.named(description, name)
        machine = found.machines[0]
        new = NewInstruction(
            text.strip()[:500],
            line=machine.line,
            machine=machine.id if machine.id == name else "",
            issue=issue or "",
            by=by,
        )
        _show([InstructionStore(database).give(new, datetime.now(UTC))], as_json=as_json)


@instructions.command("list")
def list_instructions(
    home: HomeOption = DEFAULT_HOME,
    *,
    cleared: Annotated[
        bool, typer.Option("--all", help="Those that were cleared as well.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Those in force, oldest first."""
    from service.instructions import InstructionStore

    with _database(home) as database:
        _show(InstructionStore(database).listed(cleared=cleared), as_json=as_json)


@instructions.command("clear")
def clear(
    instruction: Annotated[str, typer.Argument(metavar="ID", help="Such as N00003.")],
    by: ByOption = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """It is done or no longer holds: the next handover does not say it."""
    from service.instructions import InstructionStore

    with _database(home) as database:
        found = InstructionStore(database).clear(instruction, by=by, at=datetime.now(UTC))
        _show([found], as_json=as_json)


@contextmanager
def _database(home: Path) -> Iterator[Database]:
    """What the service keeps beside the history."""
    from service.database import Database

    with Database(home / "history.db") as database:
        yield database


def _show(found: list[Instruction], *, as_json: bool) -> None:
    if as_json:
        from service.replies import InstructionOut

        print_json([InstructionOut.model_validate(one).model_dump(mode="json") for one in found])
        return
    if not found:
        console.print("No instruction is in force.", markup=False)
        return
    names = ("id", "for", "card", "given (UTC)", "by", "words", "cleared (UTC)")
    print_table(names, map(_row, found))


def _row(one: Instruction) -> list[str]:
    about = [one.id, one.machine or one.line, one.issue]
    cleared = _clock(one.cleared_at) if one.cleared_at else ""
    return [*about, _clock(one.given_at), one.given_by, one.text, cleared]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
