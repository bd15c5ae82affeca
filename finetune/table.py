"""Reading a labelled file as text cells: CSV, JSON lines or Parquet, with one clear fault each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import DataFault, SettingsFault

MAX_CELL = 1_000_000
"""Characters in one cell of a CSV file."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text by column; row 1 is the first row of data."""

    path: Path
    columns: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def need(self, *names: str) -> None:
        """Refuse a file that lacks one of these columns.

        Raises:
            DataFault: naming the missing columns and those that are there.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataFault(
                f"{self.path} has no column {', '.join(missing)}; "
                f"there are {', '.join(self.columns)}."
            )


def read_table(path: Path) -> Table:
    """Every cell of the file as text; an absent value is an empty cell.

    Raises:
        SettingsFault: there is no such file or it is of no kind that we read.
        DataFault: it cannot be read as what it claims to be, or is empty.
    """
    if not path.is_file():
        raise SettingsFault(f"There is no file {path}.")
    readers = {".csv": _csv, ".jsonl": _json_lines, ".ndjson": _json_lines, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SettingsFault(f"{path} is none of {', '.join(readers)}.")
    table = Table(path, reader(path))
    if not len(table):
        raise DataFault(f"{path} holds no rows of data.")
    return table


def rows_named(rows: Sequence[int], *, shown: int = 5) -> str:
    """`row 3`, `rows 3, 7` or `rows 3, 7, 9, 12, 15 and 20 more`, counted from 1."""
    numbers = ", ".join(str(row + 1) for row in rows[:shown])
    more = f" and {len(rows) - shown} more" if len(rows) > shown else ""
    return f"row{'s' if len(rows) > 1 else ''} {numbers}{more}"


def _csv(path: Path) -> dict[str, tuple[str, ...]]:
    text = _decoded(path)
    if not text.strip():
        raise DataFault(f"{path} is empty.")
    header = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    usual = csv.field_size_limit(MAX_CELL)  # of the whole process: given back
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if line]
    except csv.Error as fault:
        raise DataFault(f"{path} is not readable CSV: {fault}.") from fault
    finally:
        csv.field_size_limit(usual)
    names = [name.strip() for name in lines[0]]
    _refuse_bad_header(path, names)
    uneven = [row for row, line in enumerate(lines[1:]) if len(line) != len(names)]
    if uneven:
        raise DataFault(
            f"{path} has {len(names)} columns, but not in {rows_named(uneven)} "
            f"({len(lines[1 + uneven[0]])} cells)."
        )
    return {name: tuple(line[at] for line in lines[1:]) for at, name in enumerate(names)}


def _json_lines(path: Path) -> dict[str, tuple[str, ...]]:
    rows: list[dict[str, object]] = []
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as fault:
            raise DataFault(f"{path} line {number} is not JSON: {fault}.") from fault
        if not isinstance(row, dict):
            raise DataFault(f"{path} line {number} is not a JSON object.")
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: tuple(_cell(row.get(name)) for row in rows) for name in names}


def _parquet(path: Path) -> dict[str, tuple[str, ...]]:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        read = parquet.read_table(path)
    except (OSError, pa.ArrowException) as fault:
        raise DataFault(f"{path} is not readable Parquet: {fault}") from fault
    return {
        name: tuple(_cell(cell) for cell in read.column(name).to_pylist())
        for name in read.column_names
    }


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise DataFault(f"{path} is not UTF-8: line {line} has a byte that is not.") from fault
    return text.replace("\r\n", "\n").replace("\x00", "")


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _refuse_bad_header(path: Path, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataFault(f"{path} has the column {', '.join(twice)} more than once.")
