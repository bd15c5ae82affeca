"""Rows of cells to blocks: which row is the header, and each row below with its header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rag.codetable import COLUMNS
from rag.document import Block, BlockKind
from rag.formats.limits import Meter
from rag.formats.parsed import row_block, table_cells, table_header

_LOOK = 30
"""Rows among which the header is looked for; above it stand titles and remarks."""
_NAMES = frozenset().union(*COLUMNS.values())
_NUMBER = re.compile(r"[-+]?[\d.,:/ ]+%?")


def grid_blocks(rows: Iterable[Sequence[str]], *, page: int, meter: Meter) -> Iterator[Block]:
    """What stands above the header as text, then row by row."""
    lines = (tuple(_tidy(cell) for cell in row) for row in rows)
    filled = (row for row in lines if any(row))
    head = list(islice(filled, _LOOK))
    if not head:
        return
    at = header_at(head)
    for row in head[:at]:
        meter.counted()
        yield Block(BlockKind.PARAGRAPH, " ".join(cell for cell in row if cell), page)
    header = table_header(_trimmed(head[at]))
    for row in chain(head[at + 1 :], filled):
        cells = table_cells(row, header)
        if any(cells) and cells != header:
            meter.counted()
            yield row_block(header, cells, page)


def header_at(rows: Sequence[Sequence[str]]) -> int:
    """The row with names of columns that we know, else the first that is as wide as the table."""
    known = [sum(1 for cell in row if _plain(cell) in _NAMES) for row in rows]
    if max(known) > 1:
        return known.index(max(known))
    widths = [sum(1 for cell in row if cell) for row in rows]
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    wide = [i for i, width in enumerate(widths) if width >= max(usual, 2)]
    worded = [i for i in wide if not any(_NUMBER.fullmatch(cell) for cell in rows[i] if cell)]
    return (worded or wide or [0])[0]


def _tidy(cell: str) -> str:
    return " ".join(cell.split())


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    """Without the empty cells at its end."""
    last = max((i for i, cell in enumerate(row) if cell), default=-1)
    return row[: last + 1]


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"[^\w ]", " ", cell).split()).casefold()
