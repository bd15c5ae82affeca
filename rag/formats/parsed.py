"""What a reader found in a document, and its way out of the process that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from rag.document import Block, BlockKind, Box
from rag.formats.limits import Limits, Meter

_COLUMNS = 64
_HEADER = 200
"""Letters of the name of a column."""


@dataclass(frozen=True, slots=True)
class Job:
    """One document to read."""

    path: Path
    limits: Limits
    meter: Meter
    languages: tuple[str, ...] = ("en",)
    """In which it may be written, as its metadata says."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Blocks in reading order, and what the file says about itself."""

    blocks: Sequence[Block]
    labels: tuple[str, ...] = ()
    """What is printed on each page, where that is not its number."""
    ocr_pages: tuple[int, ...] = ()
    unread_pages: tuple[int, ...] = ()
    """Pages that are images, read by nobody."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Proposals for its metadata."""


Reader = Callable[[Job], Parsed]


def packed(parsed: Parsed) -> dict[str, Any]:
    """As JSON takes it; a table's header stands once and not in each of its rows."""
    headers: dict[tuple[str, ...], int] = {}
    blocks = []
    for b in parsed.blocks:
        header = headers.setdefault(b.header, len(headers))
        boxes = [astuple(box) for box in b.boxes]
        text = "" if b.kind is BlockKind.ROW else b.text
        place = (b.page, b.level, b.number, b.last_page)
        blocks.append((b.kind.value, text, *place, header, b.cells, boxes))
    return {
        "blocks": blocks,
        "headers": list(headers),
        "labels": parsed.labels,
        "ocr_pages": parsed.ocr_pages,
        "unread_pages": parsed.unread_pages,
        "properties": dict(parsed.properties),
    }


def unpacked(given: Mapping[str, Any]) -> Parsed:
    """What `packed` packed."""
    headers = [tuple(header) for header in given["headers"]]
    return Parsed(
        blocks=[_block(entry, headers) for entry in given["blocks"]],
        labels=tuple(given["labels"]),
        ocr_pages=tuple(given["ocr_pages"]),
        unread_pages=tuple(given["unread_pages"]),
        properties=given["properties"],
    )


def _block(entry: Sequence[Any], headers: Sequence[tuple[str, ...]]) -> Block:
    kind, text, page, level, number, last_page, header, cells, boxes = entry
    return Block(
        kind=BlockKind(kind),
        text=row_text(headers[header], cells) if kind == BlockKind.ROW else text,
        page=page,
        level=level,
        number=number,
        header=headers[header],
        cells=tuple(cells),
        last_page=last_page,
        boxes=tuple(Box(*box) for box in boxes),
    )


def row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """A table row that carries its header along."""
    named = zip(header, cells, strict=True)
    return " | ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def table_header(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns: so many, each so long that every row can carry them."""
    return tuple(cell[:_HEADER] for cell in cells[:_COLUMNS])


def table_cells(cells: Sequence[str], header: Sequence[str]) -> tuple[str, ...]:
    """The cells of a row, one for each column."""
    return (*cells[: len(header)], *("" for _ in range(len(header) - len(cells))))


def row_block(header: tuple[str, ...], cells: tuple[str, ...], page: int = 1) -> Block:
    """A table row as a block."""
    return Block(BlockKind.ROW, row_text(header, cells), page, header=header, cells=cells)


def headed_rows(rows: Sequence[Sequence[str]], names: int, pages: Sequence[int]) -> Iterator[Block]:
    """Rows of a table below the first `names` of them, which name the columns.

    A table of two columns whose first says `something:` in each row has no header.
    """
    width = max(len(row) for row in rows)
    pairs = width == 2 and all(row[0].endswith(":") for row in rows)
    columns = zip(*(table_cells(row, ("",) * width) for row in rows[:names]), strict=True)
    header = ("",) * width if pairs else table_header([_named(column) for column in columns])
    for row, page in zip(
        rows[0 if pairs else names :], pages[0 if pairs else names :], strict=True
    ):
        cells = table_cells(row, header)
        if any(cells):
            yield row_block(header, cells, page)


def _named(column: Sequence[str]) -> str:
    """The name of a column that several rows of the header make up."""
    return " ".join(dict.fromkeys(cell for cell in column if cell))
