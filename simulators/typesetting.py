"""A manuscript set as PDF, byte for byte the same each time.

The fonts are those that every PDF reader has, the date is that of the revision, and nothing is
compressed, because another zlib packs the same page into other bytes.
"""

from __future__ import annotations

from typing import Any

from ingest.errors import SettingsFault
from simulators.manuscript import Grid, Heading, Item, Manuscript, Paragraph, Part, Warned

_FONT = "Helvetica"
_MARGIN = 14.0
_FOOT = 18.0
_BODY, _CELL, _RUNNING = 9.5, 9.0, 8.0
_LEADING = 4.8
_HEADINGS = {1: 16.0, 2: 12.5, 3: 11.0}
_GAP = 4.0
"""Free space behind the longest cell of a column, mm."""


def typeset(manuscript: Manuscript) -> bytes:
    """The PDF of a manuscript; a page of it is a page of the PDF.

    Raises:
        SettingsFault: fpdf2 is missing, or something does not fit on its page.
    """
    sheet = _sheet(manuscript)
    for part_list in manuscript.pages:
        sheet.add_page()
        for part in part_list:
            _set(sheet, part, manuscript)
    if sheet.page != len(manuscript.pages):
        raise SettingsFault(
            f"{manuscript.id} takes {sheet.page} pages, not {len(manuscript.pages)}.",
            remedy="Move text behind another page mark.",
        )
    return bytes(sheet.output())


def _sheet(manuscript: Manuscript) -> Any:
    """An empty PDF with the running lines of this document."""
    try:
        from fpdf import FPDF
    except ImportError as fault:
        raise SettingsFault(
            "fpdf2 is not installed; it sets the PDF files of the demo library.",
            remedy="Install the extra: pip install 'andon[test]'.",
        ) from fault

    head = f"{manuscript.id}   {manuscript.title}   Revision {manuscript.revision}"

    class Sheet(FPDF):  # type: ignore[misc, unused-ignore]  # fpdf2's types come and go
        def header(self) -> None:
            _running(self, 8.0, head)

        def footer(self) -> None:
            _running(self, -12.0, f"Page {self.page_no()} of {len(manuscript.pages)}")

    sheet = Sheet(format="A4")
    sheet.set_compression(False)
    sheet.set_creation_date(manuscript.dated)
    sheet.set_producer("andon simulators")
    sheet.set_title(f"{manuscript.id} {manuscript.title}")
    sheet.set_lang("en")
    sheet.set_margins(_MARGIN, 20.0)
    sheet.set_auto_page_break(auto=True, margin=_FOOT)
    return sheet


def _running(sheet: Any, y: float, text: str) -> None:
    sheet.set_y(y)
    sheet.set_font(_FONT, size=_RUNNING)
    sheet.cell(0, 4, text)
    if y > 0:
        sheet.set_y(20.0)


def _set(sheet: Any, part: Part, manuscript: Manuscript) -> None:
    match part:
        case Heading():
            sheet.ln(2.5)
            sheet.set_font(_FONT, "B", _HEADINGS[part.level])
            _lines(sheet, part.text, height=6.5)
            sheet.ln(1.0)
        case Paragraph():
            sheet.set_font(_FONT, size=_BODY)
            _lines(sheet, part.text)
            sheet.ln(2.0)
        case Warned():
            sheet.set_font(_FONT, size=_BODY)
            sheet.set_fill_color(232)
            _lines(sheet, part.text, fill=True)
            sheet.ln(2.2)
        case Item():
            _item(sheet, part)
        case Grid():
            _grid(sheet, part, manuscript)


def _lines(sheet: Any, text: str, *, height: float = _LEADING, fill: bool = False) -> None:
    sheet.multi_cell(0, height, text, align="L", fill=fill, new_x="LMARGIN", new_y="NEXT")


def _item(sheet: Any, item: Item) -> None:
    """The mark hangs to the left of the text."""
    sheet.set_font(_FONT, size=_BODY)
    sheet.cell(5.6 if item.mark != "-" else 3.6, _LEADING, item.mark)
    sheet.multi_cell(0, _LEADING, item.text, align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(1.2)


def _grid(sheet: Any, grid: Grid, manuscript: Manuscript) -> None:
    """Rows of one line each between horizontal rules, so that a row is read as a row."""
    widths = _widths(sheet, grid)
    if sum(widths) > sheet.epw:
        raise SettingsFault(
            f"{manuscript.id}: the table with the columns {', '.join(grid.header)} is"
            f" {sum(widths):.0f} mm wide; {sheet.epw:.0f} mm are there.",
            remedy="Shorten its longest cells.",
        )
    spare = (sheet.epw - sum(widths)) / len(widths)
    _rule(sheet)
    for row in (grid.header, *grid.rows):
        sheet.set_font(_FONT, "B" if row is grid.header else "", _CELL)
        for width, cell in zip(widths, row, strict=True):
            sheet.cell(width + spare, 5.4, cell)
        sheet.ln(5.4)
        _rule(sheet)
    sheet.ln(2.0)


def _rule(sheet: Any) -> None:
    sheet.set_draw_color(150)
    sheet.line(_MARGIN, sheet.get_y(), _MARGIN + sheet.epw, sheet.get_y())


def _widths(sheet: Any, grid: Grid) -> list[float]:
    """Of each column: its longest cell and a gap."""
    sheet.set_font(_FONT, "B", _CELL)
    columns = zip(grid.header, *grid.rows, strict=True)
    return [max(sheet.get_string_width(cell) for cell in column) + _GAP for column in columns]
