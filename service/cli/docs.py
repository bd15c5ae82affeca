"""andon docs and ask: the documents and the questions put to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.errors import DataFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from service.cli.desk import Desk

docs = typer.Typer(no_args_is_help=True, help="The documents that answers are quoted from.")

MachineOption = Annotated[
    str | None, typer.Option("--machine", help="Machine id: only its documents are quoted.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=50, help="How many passages.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    from service.cli import docs_upkeep
    from service.cli.docs_evaluate import evaluate_documents

    docs_upkeep.register(docs)
    docs.command("evaluate")(evaluate_documents)
    app.command()(ask)
    app.add_typer(docs, name="docs")


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    machine: MachineOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """What do I do: quoted from SOPs and manuals with document, revision and page."""
    with _desk(home, plant) as desk:
        answer = desk.ask(question, machine)
    if as_json:
        print_json(answer)
    else:
        _tell(answer)
    if answer["declined"]:
        raise typer.Exit(1)


@docs.command("add")
def add_documents(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take in Markdown, text and PDF; the same id and revision is replaced."""
    added: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    with _desk(home, plant) as desk:
        for path in _files(paths):
            try:
                added.append(desk.add(path))
            except DataFault as fault:
                failed.append({"source": str(path), "reason": str(fault)})
    if as_json:
        print_json({"added": added, "failed": failed})
    else:
        _tell_added(added, failed)
    if failed:
        raise typer.Exit(1)


@docs.command("list")
def list_documents(
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Every document with its revision and standing."""
    with _desk(home, plant) as desk:
        documents = desk.documents()
    if as_json:
        print_json(documents)
        return
    names = ("id", "revision", "status", "kind", "machine_kinds", "title")
    rows = ({**d, "machine_kinds": ", ".join(d["machine_kinds"]) or "all"} for d in documents)
    print_table(names, ([str(row[name]) for name in names] for row in rows), wrapped=("title",))


@docs.command("search")
def search_documents(
    query: Annotated[str, typer.Argument(help="Words or an identifier.")],
    machine: MachineOption = None,
    limit: LimitOption = 8,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """The nearest passages, best first."""
    with _desk(home, plant) as desk:
        passages = desk.search(query, machine, limit)
    if as_json:
        print_json({"query": query, "passages": passages})
        return
    names = ("score", "document", "revision", "page", "section")
    rows = ([*(str(p[n]) for n in names), _short(p["quote"])] for p in passages)
    print_table((*names, "quote"), rows, wrapped=("section", "quote"))


@docs.command("remove")
def remove_document(
    document: Annotated[str, typer.Argument(metavar="ID", help="Document id.")],
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Forget every revision of a document; one from the plant's folder comes back with it."""
    with _desk(home, plant) as desk:
        desk.remove(document)
    if as_json:
        print_json({"removed": document})
    else:
        console.print(f"{document} is neither found nor quoted any more.", highlight=False)


def _desk(home: Path, plant: Path) -> Desk:
    from service.cli.desk import open_desk

    return open_desk(home=home, plant=plant, told=lambda line: complaints.print(line, markup=False))


def _files(paths: list[Path]) -> Iterator[Path]:
    from rag.reading import find_sources

    for path in paths:
        if path.is_dir():
            yield from find_sources(path)
        else:
            yield path


def _tell(answer: dict[str, Any]) -> None:
    if not answer["declined"]:
        console.print(answer["text"], markup=False, highlight=False)
        return
    console.print(f"No answer. {answer['reason']}", markup=False, highlight=False)
    for c in answer["nearest"]:
        place = f"{c['document']}, revision {c['revision']}, page {c['page']}"
        console.print(f"  nearest: {place}: {_short(c['quote'])}", markup=False, highlight=False)


def _tell_added(added: list[dict[str, Any]], failed: list[dict[str, str]]) -> None:
    for document in added:
        line = f"{document['id']} revision {document['revision']}: {document['passages']} passages"
        console.print(line, markup=False, highlight=False)
    for failure in failed:
        complaints.print(failure["reason"], style="bold red", markup=False, highlight=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:117]}..."
