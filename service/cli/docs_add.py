"""andon docs add: files and folders into the library, with what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ingest.errors import DataFault, SettingsFault
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
    from service.cli.desk import Desk, Progress


class Reader(StrEnum):
    """A role of `andon keys`, whose module loads a web server."""

    MACHINE = "machine"
    OPERATOR = "operator"
    ENGINEER = "engineer"


OF_ONE = ("id", "title")
"""What can be said of one document alone."""


def add_documents(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    *,
    id_: Annotated[
        str | None, typer.Option("--id", help="Names the document in all its revisions.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="As people call it.")] = None,
    kind: Annotated[
        Literal["sop", "manual", "code_list", "safety"] | None, typer.Option(help="What it is for.")
    ] = None,
    machine_kind: Annotated[
        list[str] | None, typer.Option(help="Kind of machine; may be repeated. Without: every.")
    ] = None,
    machine: Annotated[
        list[str] | None, typer.Option(help="Machine id; may be repeated. Without: every.")
    ] = None,
    revision: Annotated[str | None, typer.Option(help="As printed on it.")] = None,
    effective_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day on which it holds.")
    ] = None,
    effective_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day on which it no longer holds."),
    ] = None,
    status: Annotated[
        Literal["current", "draft", "withdrawn"] | None,
        typer.Option(help="Only a current one is quoted."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Such as en or de.")] = None,
    reader: Annotated[
        list[Reader] | None,
        typer.Option(help="Role that may read it; may be repeated. Without: every."),
    ] = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take in documents; a new revision takes the place of the one before in one step.

    What is said here stands above a sidecar `FILE.yaml`, front matter and document properties. A
    file that cannot be taken in is named with the reason, and the others are not affected.
    """
    said = {
        "id": id_,
        "title": title,
        "kind": kind,
        "machine_kinds": machine_kind,
        "machines": machine,
        "revision": revision,
        "effective_from": effective_from and effective_from.date().isoformat(),
        "effective_until": effective_until and effective_until.date().isoformat(),
        "status": status,
        "language": language,
        "readers": [role.value for role in reader or ()],
    }
    metadata = {name: value for name, value in said.items() if value}
    files = list(_files(paths))
    if len(files) > 1 and (alone := [name for name in OF_ONE if name in metadata]):
        raise SettingsFault(
            f"--{alone[0]} is said of one document, and these are {len(files)} files.",
            remedy="Give one file, or let each have its own sidecar.",
        )
    with _desk(home, plant) as desk:
        added, failed = _added(desk, files, metadata)
    _tell(added, failed, as_json=as_json)
    if failed:
        raise typer.Exit(1)


def _added(
    desk: Desk, files: list[Path], metadata: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    added: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    with _bars(len(files)) as bars:
        for path in files:
            try:
                added.append(desk.add(path, metadata, bars.passages(path.name)))
            except DataFault as fault:
                failed.append({"source": str(path), "reason": str(fault)})
            bars.next()
    return added, failed


class _Bars:
    """How many files are in, and how far the one is that is being taken in."""

    def __init__(self, files: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.shown = Progress(*columns, console=complaints, transient=True)
        self._files = self.shown.add_task("Documents", total=files)
        self._passages = self.shown.add_task("", total=None, visible=False)

    def passages(self, name: str) -> Progress:
        """What moves the second bar, which bears the name of the file."""

        def moved(done: int, total: int, _: str) -> None:
            self.shown.update(
                self._passages,
                description=name[:40].translate({ord("["): "("}),
                completed=done,
                total=total,
                visible=True,
            )

        return moved

    def next(self) -> None:
        """A file is done."""
        self.shown.advance(self._files)
        self.shown.update(self._passages, visible=False)


@contextmanager
def _bars(files: int) -> Iterator[_Bars]:
    bars = _Bars(files)
    with bars.shown:
        yield bars


def _files(paths: list[Path]) -> Iterator[Path]:
    from rag.reading import find_sources

    for path in paths:
        if path.is_dir():
            yield from find_sources(path)
        else:
            yield path


def _desk(home: Path, plant: Path) -> Desk:
    from service.cli.desk import open_desk

    return open_desk(home=home, plant=plant, told=lambda line: complaints.print(line, markup=False))


def _tell(added: list[dict[str, Any]], failed: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        print_json({"added": added, "failed": failed})
        return
    for document in added:
        line = f"{document['id']} revision {document['revision']}: {document['passages']} passages"
        ocr, unread = len(document["ocr_pages"]), len(document["unread_pages"])
        line += f", {ocr} page(s) by OCR" if ocr else ""
        line += f", {unread} page(s) are pictures that nobody read: no Tesseract" if unread else ""
        console.print(line, markup=False, highlight=False)
    for failure in failed:
        complaints.print(failure["reason"], style="bold red", markup=False, highlight=False)
