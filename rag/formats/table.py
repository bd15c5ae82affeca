"""Tables on a PDF page: columns from the header line, rows from rules or the first column."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.document import Block
from rag.formats.parsed import row_block, table_cells, table_header

_MARKER = re.compile(r"^(?:\(?\d{1,3}[.)]|[-*\u2022\u25cf\u2023\u25aa\u00b7])$")
"""Of a list, whose text may begin at one place like a column."""
_NEAR = 3.5
"""Points by which a cell may begin beside its column."""
_LETTER = 0.45
"""Width of an average letter as a share of the font size."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words drawn at one place; x and y in points from the lower left corner."""

    text: str
    x: float
    y: float
    size: float
    bold: bool
    right: float = 0.0
    """Where it ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row, and what stands in them."""

    cells: tuple[str, ...]
    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as far as it stands on one page."""

    header: tuple[str, ...]
    columns: tuple[float, ...]
    """Where each column begins, left to right."""
    rows: tuple[Row, ...]
    end: int
    """Index of the first fragment behind it."""
    edges: tuple[float, ...] = ()
    """Of its columns, where they are ruled off."""

    def blocks(self, page: int) -> Iterator[tuple[Block, tuple[Fragment, ...]]]:
        """Its rows, each with the header, and where they stand."""
        header = table_header(self.header)
        for row in self.rows:
            if row.cells != self.header:
                cells = table_cells(row.cells, header)
                yield row_block(header, cells, page), row.fragments

    def carried_on(self, fragments: Sequence[Fragment], rules: Sequence[float]) -> Table:
        """The rest of this table at the top of the next page."""
        top = fragments[0].y + 2 * fragments[0].size
        end = _end(fragments, 0, self.columns, floor=_floor(rules, top), heading_size=1e9)
        rows = _rows(fragments[:end], self.columns, rules)
        return Table(self.header, self.columns, rows, end)


def find_table(
    fragments: Sequence[Fragment], at: int, *, rules: Sequence[float], heading_size: float
) -> Table | None:
    """The table whose header line begins at that fragment, if one does."""
    header = _header(fragments, at)
    if not header or _MARKER.match(header[0].text):
        return None
    columns = tuple(cell.x for cell in header)
    after = at + len(header)
    if len(header) < 2 or after >= len(fragments) or not _aligned(fragments, after, columns):
        return None
    floor = _floor(rules, header[0].y + header[0].size)
    end = _end(fragments, after, columns, floor=floor, heading_size=heading_size)
    below = [rule for rule in rules if rule < header[0].y]
    rows = _rows(fragments[after:end], columns, below)
    return Table(tuple(cell.text for cell in header), columns, rows, end) if rows else None


def is_row_of(table: Table, fragments: Sequence[Fragment]) -> bool:
    """Whether these fragments begin with cells of at least two of the table's columns."""
    hit = {_column(table.columns, f) for f in fragments[: len(table.columns)] if f.x}
    starts = all(_starts(table.columns, f) for f in fragments[:2])
    return len(fragments) > 1 and starts and len(hit) > 1


def _header(fragments: Sequence[Fragment], at: int) -> list[Fragment]:
    """Cells at one height with clear gaps between them, left to right; else nothing."""
    cells = [fragments[at]]
    for following in fragments[at + 1 : at + 20]:
        last = cells[-1]
        if abs(following.y - last.y) > 0.3 * last.size:
            break
        if following.x - last.x < (len(last.text) * _LETTER + 0.8) * last.size:
            return []
        cells.append(following)
    return cells


def _aligned(fragments: Sequence[Fragment], after: int, columns: Sequence[float]) -> bool:
    """Whether what follows begins in the columns, in at least two of them."""
    following = fragments[after : after + 2 * len(columns) + 4]
    hit = {_column(columns, fragment) for fragment in following if _starts(columns, fragment)}
    return _starts(columns, following[0]) and len(hit) > 1


def _starts(columns: Sequence[float], fragment: Fragment) -> bool:
    return any(abs(fragment.x - column) < _NEAR for column in columns)


def _column(columns: Sequence[float], fragment: Fragment) -> int:
    before = [i for i, column in enumerate(columns) if column - _NEAR < fragment.x]
    return before[-1] if before else 0


def _floor(rules: Sequence[float], top: float) -> float | None:
    """The lowest rule of the ruled area that begins at that height; None without rules."""
    below = [rule for rule in rules if rule < top]
    return below[-1] if len(below) > 2 else None


def _end(
    fragments: Sequence[Fragment],
    at: int,
    columns: Sequence[float],
    *,
    floor: float | None,
    heading_size: float,
) -> int:
    """Where the cells stop: a heading, text wider than its column, or below the last rule."""
    previous = None
    while at < len(fragments):
        fragment = fragments[at]
        column = _column(columns, fragment)
        width = columns[column + 1] - fragment.x if column + 1 < len(columns) else 1e9
        too_wide = len(fragment.text) * _LETTER * fragment.size > width * 1.25
        under = floor is not None and fragment.y < floor
        jumped = previous is not None and fragment.y > previous.y + 20 * fragment.size
        if under or too_wide or jumped or fragment.size > heading_size:
            break
        if fragment.x < columns[0] - _NEAR:
            break
        previous = fragment
        at += 1
    return at


def _rows(
    fragments: Sequence[Fragment], columns: Sequence[float], rules: Sequence[float]
) -> tuple[Row, ...]:
    rows: list[Row] = []
    for band in _bands(fragments, rules):
        rows.extend(_split(band, columns))
    return tuple(row for row in rows if any(row.cells))


def _bands(fragments: Sequence[Fragment], rules: Sequence[float]) -> list[list[Fragment]]:
    """Fragments between two rules, top to bottom."""
    bands: dict[int, list[Fragment]] = {}
    falling = [-rule for rule in rules]
    for fragment in fragments:
        middle = fragment.y + 0.3 * fragment.size
        above = bisect_left(falling, -middle)
        bands.setdefault(above, []).append(fragment)
    return [bands[above] for above in sorted(bands)]


def _split(band: Sequence[Fragment], columns: Sequence[float]) -> Iterator[Row]:
    """One row for each line of the first column; that line stands at the top of its row."""
    anchors = sorted({f.y for f in band if _column(columns, f) == 0}, reverse=True)
    if len(anchors) < 2 or _first_column_wraps(band, columns):
        yield _row(band, columns)
        return
    for i, anchor in enumerate(anchors):
        ceiling = 1e9 if i == 0 else anchor + 1.0
        bottom = anchors[i + 1] + 1.0 if i + 1 < len(anchors) else -1e9
        yield _row([f for f in band if bottom < f.y <= ceiling], columns)


def _first_column_wraps(band: Sequence[Fragment], columns: Sequence[float]) -> bool:
    """Whether only one line of the first column has a second column beside it."""
    second = {f.y for f in band if _column(columns, f) == 1}
    first = {f.y for f in band if _column(columns, f) == 0}
    return len(first & second) < 2


def _row(cells: Sequence[Fragment], columns: Sequence[float]) -> Row:
    texts: list[list[Fragment]] = [[] for _ in columns]
    for fragment in cells:
        texts[_column(columns, fragment)].append(fragment)
    ordered = (sorted(cell, key=lambda f: (-f.y, f.x)) for cell in texts)
    words = tuple(" ".join(fragment.text for fragment in cell) for cell in ordered)
    return Row(words, tuple(cells))
