"""Tables of a Word document row by row, with cells that span several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.document import Block
from rag.formats.parsed import headed_rows
from rag.formats.word_text import Pages, W, paragraph_text
from rag.formats.wording import text_block

_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[str, ...]
    page: int
    names: bool
    """Whether Word repeats it at the top of each page."""


def table_blocks(table: Any, pages: Pages) -> Iterator[Block]:
    """Rows with their header; a frame around one text is that text."""
    rows: list[_Row] = []
    for element in table.iterchildren(f"{W}tr"):
        rows.append(_row(element, rows[-1].cells if rows else (), pages))
    rows = [row for row in rows if any(row.cells)]
    if len(rows) < 2 or max(len(row.cells) for row in rows) < 2:
        for row in rows:
            if text := " ".join(dict.fromkeys(cell for cell in row.cells if cell)):
                yield text_block(text, row.page)
        return
    names = max(1, sum(1 for row in rows if row.names))
    cells = [row.cells for row in rows]
    yield from headed_rows(cells, names, [row.page for row in rows])


def _row(element: Any, above: Sequence[str], pages: Pages) -> _Row:
    cells: list[str] = []
    page = 0
    header = element.find(f"{W}trPr/{W}tblHeader")
    names = header is not None and header.get(f"{W}val", "1") not in ("0", "false")
    for cell in element.iter(f"{W}tc"):
        if next(cell.iterancestors(f"{W}tr")) is not element:
            continue  # of a table within a cell, whose words are those of the cell
        text = _text(cell, pages)
        page = page or pages.page
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        if merged is not None and merged.get(f"{W}val", "continue") == "continue":
            text = above[len(cells)] if len(cells) < len(above) else ""
        cells.extend([text, *[text if names else ""] * (_span(cell) - 1)])
    return _Row(tuple(cells[:_COLUMNS]), page or pages.page, names)


def _text(cell: Any, pages: Pages) -> str:
    texts = (text for inner in cell.iter(f"{W}p") for text in paragraph_text(inner, pages))
    return " ".join(text.words for text in texts if text.words and not text.boxed)


def _span(cell: Any) -> int:
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    value = "" if span is None else span.get(f"{W}val", "")
    return min(int(value), _COLUMNS) if value.isdigit() and int(value) else 1
