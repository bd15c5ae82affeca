"""Code tables as they come: a file with whatever columns, documents, or the library of a plant."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.errors import DataFault, SettingsFault
from rag.catalog import Catalog
from rag.codetable import COLUMNS
from rag.document import Block, BlockKind
from rag.identifiers import find_codes
from rag.passages import make_passages
from rag.reading import find_sources, open_source, read_source
from rag.rows import CODES, read_code
from rag.settings import RagSettings
from rag.standing import holds, resolve
from rag.store_copy import copied
from rag.voting.labelling import plain_name

Told = Callable[[str], None]

_CODE = COLUMNS["code"] | {"id", "no", "nr", "number", "nummer", "key", "dtc", "alarm id"}
_MEANING = COLUMNS["meaning"] | {"title", "name", "meldung", "beschreibung", "alarm text"}
_LABEL = COLUMNS["error_class"] | {"label", "type", "kind"}
_MOSTLY = 0.5
"""Share of the cells of a column that must be identifiers, or labels, to take it for theirs."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code with what stands beside it."""

    code: str
    meaning: str
    label: str = ""
    """As the table names it."""
    document: str = ""


def lines_of_file(
    path: Path, settings: RagSettings, *, labels: Collection[str], target: str = ""
) -> tuple[CodeLine, ...]:
    """The rows of one table, whose columns are known by their names or by what is in them.

    Args:
        path: of any kind that the library reads.
        settings: limits on documents.
        labels: of the task; a column that mostly holds such names is that of the label.
        target: name of the task's own label column.

    Raises:
        SettingsFault: there is no such file.
        DataFault: it cannot be read, or has no column of codes with one of meanings beside it.
    """
    if not path.is_file():
        raise SettingsFault(f"There is no file {path}.")
    named = {
        "id": "codes",
        "title": path.stem[:80] or "codes",
        "kind": "code_list",
        "revision": "1",
    }
    _, blocks = read_source(open_source(path, settings, metadata=named), settings)
    found = list(_of_rows([one for one in blocks if one.kind is BlockKind.ROW], labels, target))
    if not found:
        raise DataFault(
            f"{path}: there is no table with a column of codes and one that says what they mean.",
            remedy='Name the columns in its first row, such as "code" and "meaning".',
        )
    return tuple(dict.fromkeys(found))


def lines_of_documents(
    folder: Path, settings: RagSettings, *, told: Told = lambda _: None
) -> tuple[CodeLine, ...]:
    """The rows of the code tables of all documents in a folder.

    Args:
        folder: read as the library reads one.
        settings: limits on documents.
        told: of each file that cannot be read.

    Raises:
        SettingsFault: there is no such folder.
        DataFault: none of its files can be read, or none has a code table.
    """
    if not folder.is_dir():
        raise SettingsFault(f"There is no folder {folder}.")
    found: list[CodeLine] = []
    failed: list[str] = []
    for path in find_sources(folder):
        try:
            found += _of_document(path, settings, folder)
        except DataFault as fault:
            failed.append(fault.message)
            told(f"Left out: {fault.message}")
    if not found:
        reasons = "".join(f" {reason}" for reason in failed[:3])
        raise DataFault(f"{folder}: no document in it has a code table.{reasons}")
    return tuple(dict.fromkeys(found))


def lines_of_library(home: Path, *, on: date) -> tuple[CodeLine, ...]:
    """The rows of the code tables that hold on a day in the library of a home; none without one.

    Read from a copy: a service that holds the library is in nobody's way.

    Raises:
        StoreFault: it is there and cannot be read.
    """
    store = home / "documents" / "library.db"
    if not store.is_file():
        return ()
    with tempfile.TemporaryDirectory(prefix="andon-codes-") as folder:
        copy = Path(folder) / store.name
        copied(store, copy)
        with closing(Catalog(copy)) as catalog:
            return tuple(dict.fromkeys(_of_catalog(catalog, on)))


def _of_catalog(catalog: Catalog, on: date) -> Iterator[CodeLine]:
    held = {d.key: d for d in resolve(catalog.documents()).values() if holds(d, on)}
    rows = [read_code(row) for row in catalog.rows(CODES)]
    passages = catalog.passages([row.passage for row in rows])
    for row in rows:
        passage = passages.get(row.passage)
        document = held.get(passage.key) if passage else None
        if document:
            yield CodeLine(row.printed, row.meaning, row.error_class, document.id)


def _of_document(path: Path, settings: RagSettings, folder: Path) -> Iterator[CodeLine]:
    document, blocks = read_source(open_source(path, settings, within=folder), settings)
    _, rows = make_passages(document, blocks, words=settings.passage_words)
    return (CodeLine(r.printed, r.meaning, r.error_class, document.id) for r in rows)


def _of_rows(blocks: Sequence[Block], labels: Collection[str], target: str) -> Iterator[CodeLine]:
    """Of every table by its header; a file may hold several."""
    tables: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for block in blocks:
        tables.setdefault(block.header, []).append(block.cells)
    for header, rows in tables.items():
        yield from _of_table(
            header, rows, labels={plain_name(label) for label in labels}, target=target
        )


def _of_table(
    header: tuple[str, ...],
    rows: list[tuple[str, ...]],
    *,
    labels: Collection[str],
    target: str,
) -> Iterator[CodeLine]:
    code = _named(header, _CODE)
    if code is None:
        rows = [header, *rows] if any(find_codes(cell) for cell in header) else rows
        code = _filled(rows, lambda cell: bool(find_codes(cell)))
    label = _named(header, {plain_name(target)}) if target else None
    label = label if label is not None else _filled(rows, lambda cell: plain_name(cell) in labels)
    label = label if label is not None else _named(header, _LABEL)
    meaning = _named(header, _MEANING, beside=(code, label))
    if meaning is None:
        meaning = _wordiest(rows, beside=(code, label))
    if code is None or meaning is None:
        return
    for row in rows:
        if row[code] and row[meaning]:
            yield CodeLine(row[code], row[meaning], row[label] if label is not None else "")


def _named(
    header: Sequence[str], names: Collection[str], beside: Iterable[int | None] = ()
) -> int | None:
    taken = {*beside}
    return next(
        (at for at, cell in enumerate(header) if plain_name(cell) in names and at not in taken),
        None,
    )


def _filled(rows: Sequence[Sequence[str]], holds_one: Callable[[str], bool]) -> int | None:
    """The first column of which most cells that are not empty are of that sort."""
    for at in range(len(rows[0]) if rows else 0):
        cells = [row[at] for row in rows if row[at]]
        if cells and sum(map(holds_one, cells)) > _MOSTLY * len(cells):
            return at
    return None


def _wordiest(rows: Sequence[Sequence[str]], beside: Iterable[int | None]) -> int | None:
    """The column with the longest cells, where they are words at all."""
    taken = {*beside}
    lengths = {
        at: sum(len(row[at]) for row in rows if any(map(str.isalpha, row[at])))
        for at in range(len(rows[0]) if rows else 0)
        if at not in taken
    }
    best = max(lengths, key=lambda at: lengths[at], default=None)
    return best if best is not None and lengths[best] else None
