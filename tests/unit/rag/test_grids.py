"""Workbooks and CSV files become rows with their header."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from rag.document import Block, BlockKind
from rag.formats.delimited import delimiter_of
from rag.formats.delimited import read as read_csv
from rag.formats.limits import Limits, Meter
from rag.formats.parsed import Job
from rag.formats.parsing import parse
from rag.formats.sniffing import Content


def csv_blocks(folder: Path, content: bytes) -> list[Block]:
    path = folder / "a.csv"
    path.write_bytes(content)
    return list(read_csv(Job(path, Limits(), Meter(Limits()))).blocks)


def test_a_workbook_goes_sheet_by_sheet(tmp_path: Path) -> None:
    """The header stands below a title; hidden sheets stay hidden; a formula is what it showed."""
    book = Workbook()
    codes = book.active
    assert codes is not None
    codes.title = "Faults"
    for row in (
        ["Fault list of the press"],
        [],
        ["No.", "Code", "Meaning", "Remedy", "Since"],
        [1, "E-217", "Oil\nhot", "Wait", date(2026, 3, 1)],
        [2.0, "007", "Fan off", "=1+1", None],
    ):
        codes.append(row)
    more = book.create_sheet("Messages")
    more.append(["Code", "Text"])
    more.append(["M03", "Refill"])
    book.create_sheet("Secret").append(["Code", "Meaning"])
    book["Secret"].sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    parsed = parse(path, Content.SHEET, Limits(), ("en",))
    assert parsed.labels == ("Faults", "Messages")
    assert [(b.page, b.kind, b.text) for b in parsed.blocks] == [
        (1, BlockKind.HEADING, "Faults"),
        (1, BlockKind.PARAGRAPH, "Fault list of the press"),
        (
            *(1, BlockKind.ROW),
            "No.: 1 | Code: E-217 | Meaning: Oil hot | Remedy: Wait | Since: 2026-03-01",
        ),
        (1, BlockKind.ROW, "No.: 2 | Code: 007 | Meaning: Fan off"),
        (2, BlockKind.HEADING, "Messages"),
        (2, BlockKind.ROW, "Code: M03 | Text: Refill"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_make(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Delimiter and letters as the file has them; cells with breaks and quotes whole."""
    text = (
        "Störcode~Bedeutung~Abhilfe\r\n"
        'E-217~"Öl zu heiß~\nKühler ""verschmutzt"""~Kühler für längere Zeit spülen\r\n'
        "E-218~Lüfter gestört; Motor prüfen, dann schließen~Tür öffnen und später schließen\r\n"
    )
    (first, second) = csv_blocks(tmp_path, text.replace("~", delimiter).encode(encoding))
    assert first.header == ("Störcode", "Bedeutung", "Abhilfe")
    assert first.cells[1] == f'Öl zu heiß{delimiter} Kühler "verschmutzt"'.replace(
        "\t", " "
    ).replace("  ", " ")
    assert second.cells[0] == "E-218"


def test_the_delimiter_is_the_one_that_agrees() -> None:
    """Commas within sentences do not outvote it; Excel's own line is believed."""
    assert delimiter_of("a;b\nx, y;1, 2\nz, z, z;3\n") == ";"
    assert delimiter_of("sep=|\na,b|c\n") == "|"
    assert delimiter_of("one column\nonly\n") in ",;\t|"


def test_a_header_that_nobody_knows_is_the_first_wide_row(tmp_path: Path) -> None:
    """Numbers are no names of columns."""
    blocks = csv_blocks(tmp_path, b"Export\n2026,4,9\nPart,Torque,Tool\nM10,48,TX\nM12,60,TX\n")
    assert [b.header for b in blocks if b.kind is BlockKind.ROW] == [("Part", "Torque", "Tool")] * 2
