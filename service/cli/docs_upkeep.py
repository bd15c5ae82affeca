"""andon docs withdraw, restore and rebuild: how documents stand, and the index made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    console,
    print_json,
)

if TYPE_CHECKING:
    from service.cli.upkeep import Upkeep

DocumentArgument = Annotated[str, typer.Argument(metavar="ID", help="Document id.")]
RevisionOption = Annotated[
    str | None, typer.Option("--revision", help="Only this revision; without it, all of them.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the document.")]


def register(docs: typer.Typer) -> None:
    """Add these commands to the group of documents."""
    docs.command("withdraw")(withdraw_document)
    docs.command("restore")(restore_document)
    docs.command("rebuild")(rebuild_index)


def withdraw_document(
    document: DocumentArgument,
    revision: RevisionOption = None,
    reason: ReasonOption = "",
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Quote a document no more, whatever file comes for it, until it is restored."""
    with _upkeep(home, plant) as upkeep:
        revisions = upkeep.withdraw(document, revision, reason)
    _tell(revisions, as_json=as_json)


def restore_document(
    document: DocumentArgument,
    revision: RevisionOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a withdrawal back."""
    with _upkeep(home, plant) as upkeep:
        revisions = upkeep.restore(document, revision)
    _tell(revisions, as_json=as_json)


def rebuild_index(
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make the index anew from the stored documents, also where it is damaged or gone."""
    with _upkeep(home, plant, anew=True) as upkeep:
        passages = upkeep.rebuild()
    if as_json:
        print_json({"passages": passages})
    else:
        console.print(f"The index holds {passages} passages again.", highlight=False)


def _tell(revisions: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """How the revisions stand now, so that one that holds again surprises nobody."""
    if as_json:
        print_json(revisions)
        return
    for each in revisions:
        line = f"{each['id']} revision {each['revision']}: {each['status']}"
        console.print(line, markup=False, highlight=False)


@contextmanager
def _upkeep(home: Path, plant: Path, *, anew: bool = False) -> Iterator[Upkeep]:
    from service.cli.upkeep import open_upkeep

    with (
        _bar() as moved,
        open_upkeep(
            home,
            plant,
            lambda line: complaints.print(line, markup=False),
            progress=moved,
            anew=anew,
        ) as upkeep,
    ):
        yield upkeep


@contextmanager
def _bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error, and what moves it."""
    from rich.progress import Progress

    with Progress(console=complaints, transient=True) as bar:
        task = bar.add_task("Documents", total=None)
        yield lambda done, total, _: bar.update(task, completed=done, total=total)
