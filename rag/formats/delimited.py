"""CSV to rows: encoding and delimiter as the file has them, the header where it stands."""

from __future__ import annotations

import csv
import io

from ingest.errors import DataFault
from rag.formats.grid import grid_blocks
from rag.formats.parsed import Job, Parsed
from rag.formats.plain import decoded

_DELIMITERS = ",;\t|"
_SAMPLE = 50
"""Lines by which the delimiter is chosen."""
_FIELD = 100_000


def read(job: Job) -> Parsed:
    """The rows of a list."""
    text = decoded(job.path.read_bytes(), guess=True)
    csv.field_size_limit(_FIELD)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        return Parsed(list(grid_blocks(rows, page=1, meter=job.meter)))
    except csv.Error as fault:
        raise DataFault(f"it is no table: {fault}.", remedy="Export it anew as CSV.") from fault


def delimiter_of(text: str) -> str:
    """The sign that cuts most lines into the same number of cells, more than one."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[-1]
    sample = "\n".join([first, *rest[:200_000].split("\n")[:_SAMPLE]])
    return max(_DELIMITERS, key=lambda sign: _agreement(sample, sign))


def _agreement(sample: str, delimiter: str) -> tuple[int, int]:
    """How many lines have the usual number of cells, and that number."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
    except csv.Error:
        return (0, 0)
    usual = max(set(widths), key=widths.count, default=1)
    return (widths.count(usual), usual) if usual > 1 else (0, 1)
