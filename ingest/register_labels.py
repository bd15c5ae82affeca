"""Tables of codes: what the numbers of a state or error register stand for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import PlantDefect
from ingest.register_cells import whole_number
from ingest.text_file import read_text

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

Labels = tuple[tuple[int, str], ...]

_HEADER = ["code", "text"]


class LabelFault(ValueError):
    """A table of codes in a file of its own that has faults, with their places."""

    def __init__(self, defects: Iterable[PlantDefect]) -> None:
        super().__init__("a table of codes has faults")
        self.defects = tuple(defects)


def file_of(cell: str, folder: Path) -> Path | None:
    """The file of codes that an `enum` cell names; None where it says the codes itself."""
    return folder / cell if cell and "=" not in cell else None


def labels_of(cell: str, folder: Path, codes: range) -> Labels:
    """The codes and texts that an `enum` cell names.

    Args:
        cell: `0=stopped;1=running`, or the name of a CSV file with the columns `code,text`.
        folder: where the file is looked for.
        codes: the numbers that can come.

    Raises:
        LabelFault: the file has faults.
        ValueError: the cell has one.
    """
    if (path := file_of(cell, folder)) is not None:
        return _from_file(path, codes)
    labels: dict[int, str] = {}
    for entry in filter(str.strip, cell.split(";")):
        code, equals, text = entry.partition("=")
        if not equals:
            raise ValueError(f"enum: {entry.strip()!r} must be a code and a text, like 1=running")
        _note(labels, code.strip(), text.strip(), codes=codes)
    return tuple(labels.items())


def _note(labels: dict[int, str], code: str, text: str, *, codes: range) -> None:
    try:
        number = whole_number(code)
    except ValueError:
        raise ValueError(f"enum: code {code!r} is no whole number") from None
    if number not in codes:
        raise ValueError(f"enum: code {code} can never come, only {codes[0]} to {codes[-1]}")
    if number in labels:
        raise ValueError(f"enum: code {code} stands twice")
    if not text:
        raise ValueError(f"enum: code {code} has no text")
    labels[number] = text


def _from_file(path: Path, codes: range) -> Labels:
    try:
        text = read_text(path)
    except OSError:
        raise ValueError(
            f"enum = {path.name!r} is neither codes, like 0=stopped;1=running, "
            f"nor a file: {path} cannot be read"
        ) from None
    except UnicodeDecodeError:
        raise LabelFault([PlantDefect(path, 1, "is not UTF-8 text")]) from None
    labels: dict[int, str] = {}
    rows = csv.reader(io.StringIO(text))
    defects = [PlantDefect(path, line, fault) for line, fault in _faults(rows, labels, codes=codes)]
    if defects:
        raise LabelFault(defects)
    return tuple(labels.items())


def _faults(rows: CsvReader, labels: dict[int, str], *, codes: range) -> Iterator[tuple[int, str]]:
    """Line and words of every fault; what is right goes into the labels."""
    try:
        if [name.strip().lower() for name in next(rows, [])] != _HEADER:
            yield 1, f"the header must be {','.join(_HEADER)}"
            return
        for row in rows:
            if fault := _row_fault(row, labels, codes=codes):
                yield rows.line_num, fault
    except csv.Error as broken:
        yield rows.line_num, f"is no CSV: {broken}"
    if not labels:
        yield 1, "holds no codes"


def _row_fault(row: Sequence[str], labels: dict[int, str], *, codes: range) -> str:
    """Take a row over; what is wrong with it, empty for nothing."""
    if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
        return ""
    if len(row) != len(_HEADER):
        return f"has {len(row)} cells, must have 2"
    try:
        _note(labels, row[0].strip(), row[1].strip(), codes=codes)
    except ValueError as fault:
        return str(fault)
    return ""
