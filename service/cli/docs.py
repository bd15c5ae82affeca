"""andon docs and ask: the documents and the questions put to them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.document import DocumentKind, DocumentStatus
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
RevisionOption = Annotated[
    str | None, typer.Option("--revision", help="One revision; without: the current, or all.")
]
LISTED = ("id", "revision", "status", "holds", "document")
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=50, help="How many passages.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    from service.cli import docs_upkeep
    from service.cli.docs_add import add_documents
    from service.cli.docs_evaluate import evaluate_documents

    docs.command("add")(add_documents)
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


@docs.command("list")
def list_documents(
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Every revision of every document: how it stands, when it holds, where it came from."""
    with _desk(home, plant) as desk:
        documents, failures = desk.documents(), desk.failures()
    if as_json:
        print_json(documents)
        return
    print_table(LISTED, map(_cells, documents), wrapped=("document",))
    for failure in failures:
        words = f"Not taken in: {Path(failure['source']).name}: {failure['reason']}"
        complaints.print(words, style="bold red", markup=False, highlight=False)


@docs.command("show")
def show_document(
    document: Annotated[str, typer.Argument(metavar="ID", help="Document id.")],
    revision: RevisionOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """A document: its revisions, what was done to it, and its passages with their pages."""
    with _desk(home, plant) as desk:
        shown = desk.show(document, revision)
    if as_json:
        print_json(shown)
        return
    print_table(LISTED, map(_cells, shown["revisions"]), wrapped=("document",))
    for change in shown["changes"]:
        by = f" by {change['by']}" if change["by"] else ""
        why = f": {change['reason']}" if change["reason"] else ""
        line = f"{str(change['at'])[:16]} revision {change['revision']} {change['action']}{by}{why}"
        console.print(line, markup=False, highlight=False)
    rows = (
        [_pages(p), " > ".join(p["section"]), p["kind"], _short(p["text"])]
        for p in shown["passages"]
    )
    print_table(("page", "section", "kind", "passage"), rows, wrapped=("section", "passage"))


@docs.command("search")
def search_documents(
    query: Annotated[str, typer.Argument(help="Words or an identifier.")],
    machine: MachineOption = None,
    limit: LimitOption = 8,
    *,
    kind: Annotated[
        list[DocumentKind] | None,
        typer.Option(help="May be repeated."),
    ] = None,
    language: Annotated[list[str] | None, typer.Option(help="May be repeated: en, de.")] = None,
    status: Annotated[
        list[DocumentStatus] | None,
        typer.Option(help="May be repeated. Without: current."),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What holds on that day.")
    ] = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """The nearest passages, best first."""
    from service.cli.desk import Among

    among = Among(
        kinds=tuple(kind or ()),
        languages=tuple(language or ()),
        statuses=tuple(status or ()),
        on=on.date() if on else None,
    )
    with _desk(home, plant) as desk:
        passages = desk.search(query, machine, limit, among)
    if as_json:
        print_json({"query": query, "passages": passages})
        return
    names = ("score", "document", "revision", "page", "section")
    rows = ([*(str(p[n]) for n in names), _short(p["quote"])] for p in passages)
    print_table((*names, "quote"), rows, wrapped=("section", "quote"))


@docs.command("questions")
def write_questions(
    out: Annotated[Path, typer.Option("--out", help="The file that is written, JSON lines.")],
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """What people said about answers, as questions for `andon docs evaluate --questions`."""
    from service.answer_questions import as_lines, questions_in

    found = questions_in(home / "history.db")
    out.write_text(as_lines(found), encoding="utf-8")
    if as_json:
        print_json({"questions": len(found), "out": str(out)})
    else:
        console.print(f"{len(found)} question(s) in {out}.", markup=False, highlight=False)


@docs.command("remove")
def remove_document(
    document: Annotated[str, typer.Argument(metavar="ID", help="Document id.")],
    revision: RevisionOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Forget a document or one revision; a file of the folder comes back when it changes."""
    with _desk(home, plant) as desk:
        desk.remove(document, revision)
    if as_json:
        print_json({"removed": document})
    else:
        name = document if revision is None else f"{document} revision {revision}"
        console.print(f"{name} is neither found nor quoted any more.", highlight=False)


def _desk(home: Path, plant: Path) -> Desk:
    from service.cli.desk import open_desk

    return open_desk(home=home, plant=plant, told=lambda line: complaints.print(line, markup=False))


def _tell(answer: dict[str, Any]) -> None:
    if not answer["declined"]:
        console.print(answer["text"], markup=False, highlight=False)
        return
    console.print(f"No answer. {answer['reason']}", markup=False, highlight=False)
    for c in answer["nearest"]:
        place = f"{c['document']}, revision {c['revision']}, page {c['page']}"
        console.print(f"  nearest: {place}: {_short(c['quote'])}", markup=False, highlight=False)


def _cells(document: dict[str, Any]) -> list[str]:
    """A row of LISTED; dates, and what else there is to say, below one another."""
    begin, end = document["effective_from"], document["effective_until"]
    holds = [f"from {begin}" if begin else "", f"until {end}" if end else ""]
    about = ", ".join([*document["machine_kinds"], *document["machines"]]) or "every machine"
    ocr, unread = len(document["ocr_pages"]), len(document["unread_pages"])
    words = [
        document["title"],
        f"{document['kind']} for {about}, {document['passages']} passages",
        f"for {', '.join(document['readers'])} only" if document["readers"] else "",
        f"{ocr} page(s) by OCR" if ocr else "",
        f"{unread} page(s) are pictures that nobody read" if unread else "",
        Path(document["source"]).name,
    ]
    cells = [document["id"], document["revision"], document["status"]]
    return [*cells, "\n".join(filter(None, holds)), "\n".join(filter(None, words))]


def _pages(passage: dict[str, Any]) -> str:
    return (
        f"{passage['page']}-{passage['last_page']}"
        if passage["last_page"]
        else str(passage["page"])
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:117]}..."
