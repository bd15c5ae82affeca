"""A workbook to rows: sheet by sheet, the values as they were last shown; nothing is computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from rag.document import Block, BlockKind
from rag.formats.archive import check_archive
from rag.formats.grid import grid_blocks
from rag.formats.parsed import Job, Parsed

_MAIN = (b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")
_COLUMNS = 64


def read(job: Job) -> Parsed:
    """The rows of every sheet that is shown; a sheet is a page."""
    check_archive(job.path, _MAIN, "an Excel workbook", job.meter)
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]  # openpyxl would load it
    from openpyxl import load_workbook

    book = load_workbook(job.path, read_only=True, data_only=True, keep_links=False)
    blocks: list[Block] = []
    names: list[str] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        names.append(" ".join(sheet.title.split()))
        rows = list(grid_blocks(_rows(sheet), page=len(names), meter=job.meter))
        if rows:
            blocks.append(Block(BlockKind.HEADING, names[-1], len(names), level=1))
            blocks.extend(rows)
    title = book.properties.title
    return Parsed(blocks, tuple(names), properties={"title": title} if title else {})


def _rows(sheet: Any) -> Iterator[Sequence[str]]:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    for row in sheet.iter_rows(max_col=_COLUMNS, values_only=True):
        yield [_shown(value) for value in row]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
