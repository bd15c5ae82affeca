"""A table of a web page, with cells that span rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rag.document import Block
from rag.formats.parsed import headed_rows
from rag.formats.wording import text_block

_COLUMNS = 64
_ROWS = 1000
"""Rows that one cell may span."""


@dataclass(slots=True)
class Grid:
    """Cells as they come, put where they stand."""

    rows: list[list[str]] = field(default_factory=list)
    names: int = 0
    """Rows at the top that hold only names of columns."""
    spans: tuple[int, int] = (1, 1)
    """Columns and rows of the cell that is open."""
    reaching: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By column: the last row that a cell from above spans, and its words."""
    only_names: bool = False

    def enter(self, node: Any) -> None:
        """A row or a cell begins."""
        if node.tag == "tr":
            self.end_row()
            self.rows.append([])
            self.only_names = True
            return
        if not self.rows:
            self.rows.append([])
        self.only_names = self.only_names and node.tag == "th"
        columns, rows = _span(node, "colspan", _COLUMNS), _span(node, "rowspan", _ROWS)
        self.spans = (columns, rows)

    def put(self, text: str) -> None:
        """The words of the cell that ends."""
        if not self.rows:
            self.rows.append([])
        row = self.rows[-1]
        self.fill(row)
        columns, rows = self.spans
        first = len(row)
        for column in range(first, min(first + columns, _COLUMNS)):
            words = text if column == first or self.only_names else ""
            if rows > 1:
                self.reaching[column] = (len(self.rows) + rows - 2, words)
            row.append(words)

    def fill(self, row: list[str]) -> None:
        """Cells that reach down from the rows above."""
        here = len(self.rows) - 1
        while len(row) < _COLUMNS and self.reaching.get(len(row), (-1, ""))[0] >= here:
            row.append(self.reaching[len(row)][1])

    def end_row(self) -> None:
        """Complete the row that is open."""
        if not self.rows:
            return
        self.fill(self.rows[-1])
        if self.only_names and len(self.rows) == self.names + 1 and any(self.rows[-1]):
            self.names += 1

    def blocks(self) -> Iterator[Block]:
        """Rows with their header; a frame around one text is that text."""
        self.end_row()
        rows = [row for row in self.rows if any(row)]
        if len(rows) < 2 or max(len(row) for row in rows) < 2:
            for row in rows:
                yield text_block(" ".join(dict.fromkeys(cell for cell in row if cell)))
            return
        names = min(max(self.names, 1), len(rows) - 1)
        yield from headed_rows(rows, names, [1] * len(rows))


def _span(node: Any, name: str, most: int) -> int:
    value = (node.attributes.get(name) or "").strip()
    return min(max(int(value), 1), most) if value.isdecimal() and len(value) < 6 else 1
