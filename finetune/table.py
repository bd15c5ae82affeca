"""Reading a labelled file as text cells: CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from finetune.finding import Finding, refuse, rows_named
from finetune.table_text import file_text
from ingest.errors import DataFault, SettingsFault

__all__ = ["Table", "open_table", "read_table", "rows_named"]

MAX_CELL = 1_000_000
"""Characters in one cell of a CSV file."""
MOST_COLUMNS = 5000

Columns = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text by column; row 1 is the first row of data."""

    path: Path
    columns: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...] = ()
    """What is wrong with the file itself."""

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

    def take(self, rows: Sequence[int]) -> Table:
        """Those rows."""
        taken = {name: tuple(cells[row] for row in rows) for name, cells in self.columns.items()}
        return replace(self, columns=taken)


def read_table(path: Path) -> Table:
    """Every cell of the file as text; an absent value is an empty cell.

    Raises:
        SettingsFault: there is no such file or it is of no kind that we read.
        DataFault: it cannot be read as what it claims to be, or is empty.
    """
    table = open_table(path)
    refuse(path, table.findings)
    return table


def open_table(path: Path) -> Table:
    """The same for a file of which some rows cannot be read: they stand in its findings.

    Raises:
        SettingsFault: there is no such file or it is of no kind that we read.
        DataFault: nothing of it can be read.
    """
    if not path.is_file():
        raise SettingsFault(f"There is no file {path}.")
    if path.suffix.lower() == ".parquet":
        table = Table(path, _parquet(path))
    else:
        reader = _reader(path)
        text, findings = file_text(path)
        columns, more = reader(path, text)
        table = Table(path, columns, (*findings, *more))
    if not len(table):
        refuse(path, table.findings)
        raise DataFault(f"{path} holds no rows of data.")
    return table


_Reader = Callable[[Path, str], tuple[Columns, tuple[Finding, ...]]]


def _reader(path: Path) -> _Reader:
    readers: dict[str, _Reader] = {
        ".csv": _csv,
        ".tsv": _csv,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        remedies = {
            ".gz": "Unpack it first: gunzip.",
            ".xlsx": "Save the sheet as CSV in UTF-8.",
            ".xls": "Save the sheet as CSV in UTF-8.",
            ".json": "Write one object a line and give it the ending .jsonl.",
        }
        raise SettingsFault(
            f"{path} is none of {', '.join(readers)}, .parquet.",
            remedy=remedies.get(path.suffix.lower(), ""),
        )
    return reader


def _csv(path: Path, text: str) -> tuple[Columns, tuple[Finding, ...]]:
    if not text.strip():
        raise DataFault(f"{path} is empty.")
    declared, text = _declared_delimiter(text.lstrip("\n"))
    header = text.split("\n", 1)[0]
    delimiter = declared or max(",;\t", key=header.count)
    usual = csv.field_size_limit(MAX_CELL)  # of the whole process: given back
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if line]
    except csv.Error as fault:
        raise DataFault(f"{path} is not readable CSV: {fault}.") from fault
    finally:
        csv.field_size_limit(usual)
    return _by_column(path, lines)


def _declared_delimiter(text: str) -> tuple[str, str]:
    """Spreadsheets may say in a first line, `sep=;`, what stands between the cells."""
    first, _, rest = text.partition("\n")
    if first.lower().strip('"').startswith("sep=") and len(first.strip('"')) == 5:
        return first.strip('"')[4], rest
    return "", text


def _by_column(path: Path, lines: list[list[str]]) -> tuple[Columns, tuple[Finding, ...]]:
    names = [name.strip() for name in lines[0]] if lines else []
    _refuse_bad_header(path, names)
    rows = lines[1:]
    uneven = tuple(row for row, line in enumerate(rows) if len(line) != len(names))
    cells = [line + [""] * (len(names) - len(line)) for line in rows]
    columns = {name: tuple(line[at] for line in cells) for at, name in enumerate(names) if name}
    findings = []
    if uneven:
        message = f"has {len(names)} columns, but not in {rows_named(uneven)}"
        open_quote = any("\n" in cell for cell in rows[uneven[0]])
        findings.append(
            Finding(
                "uneven_rows",
                f"{message} ({len(rows[uneven[0]])} cells)",
                remedy="A quote that opens there is not closed." if open_quote else "",
            )
        )
    if "" in names:
        message = f"has a column without a name, the {names.index('') + 1}., which is not read"
        findings.append(Finding("unnamed_column", message, fault=False))
    return columns, tuple(findings)


def _json_lines(path: Path, text: str) -> tuple[Columns, tuple[Finding, ...]]:
    if not text.strip():
        raise DataFault(f"{path} is empty.")
    rows: list[dict[str, object]] = []
    bad: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            bad.setdefault("not JSON", []).append(number)
            continue
        if isinstance(row, dict):
            rows.append(row)
        else:
            bad.setdefault("not a JSON object", []).append(number)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: tuple(_cell(row.get(name)) for row in rows) for name in names}
    nested = _nested(rows)
    return columns, (*(_bad_lines(what, lines) for what, lines in bad.items()), *nested)


def _bad_lines(what: str, lines: list[int]) -> Finding:
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return Finding("bad_line", f"line {lines[0]} is {what}{more}")


def _nested(rows: Sequence[Mapping[str, object]]) -> list[Finding]:
    """Lists and objects are no cells."""
    at: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if isinstance(value, dict | list):
                at.setdefault(name, []).append(number)
    message = "has lists or objects in column"
    return [
        Finding("nested", f"{message} {name}", tuple(where), name, fault=False)
        for name, where in at.items()
    ]


def _parquet(path: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        read = parquet.read_table(path)
    except (OSError, pa.ArrowException) as fault:
        raise DataFault(f"{path} is not readable Parquet: {fault}") from fault
    _refuse_bad_header(path, read.column_names)
    return {
        name: tuple(_cell(cell) for cell in read.column(name).to_pylist())
        for name in read.column_names
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or value != value else str(value)


def _refuse_bad_header(path: Path, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataFault(f"{path} has the column {', '.join(twice)} more than once.")
    if len(names) > MOST_COLUMNS:
        raise DataFault(f"{path} has {len(names)} columns; {MOST_COLUMNS} are the most.")
