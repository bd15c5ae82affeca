"""PDF pages become blocks with their page; tables row by row; broken files one clear fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from ingest.errors import DataFault
from rag.document import Block, BlockKind
from rag.formats.layout import continued
from rag.formats.limits import Limits
from rag.formats.parsing import parse
from rag.formats.sniffing import Content

LIMITS = Limits(pages=20)


def pdf_blocks(path: Path, limits: Limits = LIMITS) -> list[Block]:
    return list(parse(path, Content.PDF, limits, ("en",)).blocks)


class _Book(FPDF):
    """Pages with a header and a footer, as manuals have them."""

    def header(self) -> None:
        self.set_font("Helvetica", "", 8)
        self.cell(0, 6, "Press manual rev 4", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 6, f"Page {self.page_no()} of 2")

    def heading(self, text: str) -> None:
        self.set_font("Helvetica", "B", 14)
        self.cell(0, 10, text, new_x="LMARGIN", new_y="NEXT")
        self.set_font("Helvetica", "", 11)

    def lines(self, *texts: str) -> None:
        for text in texts:
            self.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")


def save(folder: Path, draw: Callable[[_Book], None]) -> Path:
    book = _Book()
    book.add_page()
    draw(book)
    path = folder / "book.pdf"
    book.output(str(path))
    return path


def sop(book: _Book) -> None:
    book.heading("1 Purpose")
    book.lines("The pump is replaced before it fails. " * 8)
    book.add_page()
    book.heading("2 Warnings")
    book.lines("WARNING: Stored pressure. " + "Drain the accumulators first. " * 5)
    book.heading("3 Procedure")
    book.lines(
        "1. Stop the press at bottom dead centre, lock it out, tag it and prove that it is dead.",
        "2. Drain the accumulators and read 0 bar on the gauge before any fitting is loosened by "
        "hand or by tool.",
        "3. Lift the pump out.",
    )


def test_headings_steps_and_warnings_have_their_page(tmp_path: Path) -> None:
    """Wrapped lines are one step again; running headers and footers are no text."""
    blocks = pdf_blocks(save(tmp_path, sop))
    kinds = [(b.kind, b.page) for b in blocks]
    assert kinds == [
        (BlockKind.HEADING, 1),
        (BlockKind.PARAGRAPH, 1),
        (BlockKind.HEADING, 2),
        (BlockKind.WARNING, 2),
        (BlockKind.HEADING, 2),
        *[(BlockKind.STEP, 2)] * 3,
    ]
    assert [b.number for b in blocks if b.kind is BlockKind.STEP] == [1, 2, 3]
    assert blocks[6].text.endswith("by hand or by tool.")
    assert not any("rev 4" in b.text or "of 2" in b.text for b in blocks)


ROWS = [
    ("Code", "Meaning", "Error class", "Reaction"),
    ("4012", "Barrel zone cold for a long time although it is heated", "heater_band", "SOP-IM-01"),
    ("4014", "Relay faulty", "heater_band", "Check it and then follow what SOP-IM-01 says"),
    ("4015", "Fuse blown", "-", "Replace it"),
]


def table(book: _Book, *, layout: str = "ALL", align: str = "MIDDLE") -> None:
    book.set_font("Helvetica", "", 9)
    with book.table(col_widths=(10, 40, 25, 45), borders_layout=layout, v_align=align) as drawn:
        for cells in ROWS:
            row = drawn.row()
            for cell in cells:
                row.cell(cell)


def rows_of(blocks: list[Block]) -> list[tuple[str, ...]]:
    return [b.cells for b in blocks if b.kind is BlockKind.ROW]


@pytest.mark.parametrize(
    ("layout", "align"), [("ALL", "MIDDLE"), ("ALL", "TOP"), ("SINGLE_TOP_LINE", "TOP")]
)
def test_table_rows_are_kept_apart(tmp_path: Path, layout: str, align: str) -> None:
    """With rules or without, cells of several lines included; text below is no row."""

    def draw(book: _Book) -> None:
        book.heading("Alarm codes")
        table(book, layout=layout, align=align)
        book.heading("Maintenance")
        book.lines("Oil is changed every year.")

    blocks = pdf_blocks(save(tmp_path, draw))
    assert rows_of(blocks) == ROWS[1:]
    assert [b.text for b in blocks[-2:]] == ["Maintenance", "Oil is changed every year."]


def test_cells_that_span_are_in_each_of_their_rows(tmp_path: Path) -> None:
    """The lines say what shares a cell; names of columns may stand in two rows below a title."""

    def draw(book: _Book) -> None:
        book.set_font("Helvetica", "", 9)
        with book.table(num_heading_rows=3, v_align="MIDDLE", padding=0.4) as drawn:
            drawn.row().cell("Limits of the press", colspan=4)
            names = drawn.row()
            names.cell("Signal", rowspan=2)
            names.cell("Limit", colspan=2)
            names.cell("Unit", rowspan=2)
            drawn.row(["low", "high"])
            first = drawn.row()
            first.cell("Oil temperature in the tank", rowspan=2)
            for text in ("15", "65", "degC"):
                first.cell(text)
            drawn.row(["20", "70", "degC cold"])
            drawn.row(["Pressure", "180", "250", "bar"])

    blocks = pdf_blocks(save(tmp_path, draw))
    assert [b.text for b in blocks if b.kind is BlockKind.ROW] == [
        "Signal: Oil temperature in the tank | Limit low: 15 | Limit high: 65 | Unit: degC",
        "Signal: Oil temperature in the tank | Limit low: 20 | Limit high: 70 | Unit: degC cold",
        "Signal: Pressure | Limit low: 180 | Limit high: 250 | Unit: bar",
    ]
    assert any(b.text.endswith("Limits of the press") for b in blocks)


def test_a_frame_around_text_is_no_table(tmp_path: Path) -> None:
    """Nor is a drawing with a word here and there."""

    def draw(book: _Book) -> None:
        book.set_font("Helvetica", "", 11)
        for x in range(20, 120, 20):
            book.line(x, 40, x, 120)
            book.line(20, 20 + x, 100, 20 + x)
        book.text(25, 50, "V21")
        book.set_xy(20, 140)
        book.multi_cell(100, 6, "WARNING: Stored pressure.", border=1)

    blocks = pdf_blocks(save(tmp_path, draw))
    assert not [b for b in blocks if b.kind is BlockKind.ROW]
    assert [b.text for b in blocks if b.kind is BlockKind.WARNING] == ["WARNING: Stored pressure."]


def test_a_table_goes_on_over_the_page(tmp_path: Path) -> None:
    """A repeated header is no row, and every row has the page on which it stands."""

    def draw(book: _Book) -> None:
        book.set_y(250)
        table(book)

    blocks = [b for b in pdf_blocks(save(tmp_path, draw)) if b.kind is BlockKind.ROW]
    assert [b.cells for b in blocks] == ROWS[1:]
    assert blocks[0].page == 1
    assert blocks[-1].page == 2


def test_a_step_that_runs_over_the_page_stays_whole(tmp_path: Path) -> None:
    """It belongs to both pages."""

    def draw(book: _Book) -> None:
        book.set_y(262)
        book.set_auto_page_break(auto=True, margin=20)
        book.lines("1. Short.", "2. " + "Turn the valve by a quarter and look at the gauge, " * 6)
        book.lines("3. Done.")

    steps = [b for b in pdf_blocks(save(tmp_path, draw)) if b.kind is BlockKind.STEP]
    assert [(s.number, s.page) for s in steps] == [(1, 1), (2, 1), (3, 2)]
    assert steps[1].text.count("quarter") == 6
    assert [s.last_page for s in steps] == [0, 2, 0]


def test_a_paragraph_over_the_page_is_one_and_on_both_pages(tmp_path: Path) -> None:
    """Cut in the middle of a word too; the box on each page says where its part stands."""

    def draw(book: _Book) -> None:
        book.heading("Cooling")
        book.set_y(255)
        book.lines("Hydraulic oil is kept below sixty degrees by the cooler, whose hydrau-")
        book.add_page()
        book.lines("lic motor turns slowly. Clean it often.", "", "Another paragraph. " * 9)

    blocks = [b for b in pdf_blocks(save(tmp_path, draw)) if b.kind is BlockKind.PARAGRAPH]
    assert blocks[0].text.endswith("whose hydraulic motor turns slowly. Clean it often.")
    assert (blocks[0].page, blocks[0].last_page) == (1, 2)
    assert [box.page for box in blocks[0].boxes] == [1, 2]
    assert blocks[0].boxes[0].top > 0.8
    assert blocks[0].boxes[1].bottom < 0.2
    assert (blocks[1].page, blocks[1].last_page) == (2, 0)


def test_a_compound_keeps_its_hyphen_at_the_end_of_a_line() -> None:
    """When both of its parts are words of the document, or the whole stands there with one."""
    words = frozenset({"high", "pressure", "hydraulic", "trapped-key"})
    assert continued("the high-", "pressure side", words) == "the high-pressure side"
    assert continued("of trapped-", "key locks", words) == "of trapped-key locks"
    assert continued("a hydrau-", "lic pump", words) == "a hydraulic pump"
    assert continued("a loosen-", "ing turn", words) == "a loosening turn"
    assert continued("range 4 -", "20 mA", words) == "range 4 - 20 mA"
    assert continued("code E-", "217 is", words) == "code E-217 is"
    assert continued("see SOP-HP-", "01 first", words) == "see SOP-HP-01 first"


def test_bookmarks_are_headings_where_the_pages_show_none(tmp_path: Path) -> None:
    """A line that says the same becomes the heading; else it stands above what it points at."""

    def draw(book: _Book) -> None:
        book.set_font("Helvetica", "", 11)
        for title, level, text in (
            ("Cooler", 0, "The cooler is cleaned every week."),
            ("Fan belt", 1, "The belt is checked."),
            ("Oil", 0, "3 Oil"),
        ):
            book.ln(12)
            book.start_section(title, level=level)
            book.lines(text)
        book.ln(12)
        book.lines("Oil is changed every year.")

    blocks = pdf_blocks(save(tmp_path, draw))[1:]  # without the header of the only page
    found = [(b.kind, b.level, b.text) for b in blocks]
    assert found == [
        (BlockKind.HEADING, 1, "Cooler"),
        (BlockKind.PARAGRAPH, 0, "The cooler is cleaned every week."),
        (BlockKind.HEADING, 2, "Fan belt"),
        (BlockKind.PARAGRAPH, 0, "The belt is checked."),
        (BlockKind.HEADING, 1, "Oil"),
        (BlockKind.PARAGRAPH, 0, "Oil is changed every year."),
    ]


def test_pages_have_the_labels_that_are_printed_on_them(tmp_path: Path) -> None:
    """Roman in front, numbers after; without labels there are none."""

    def draw(book: _Book) -> None:
        book.set_page_label(label_style="r")
        book.lines("Preface.")
        book.add_page(label_style="D", label_start=1)
        book.lines("Text.")

    path = save(tmp_path, draw)
    assert parse(path, Content.PDF, LIMITS, ("en",)).labels == ("i", "1")
    assert parse(save(tmp_path, sop), Content.PDF, LIMITS, ("en",)).labels == ()


def test_a_turned_page_is_read_as_it_is_shown(tmp_path: Path) -> None:
    """Lines from top to bottom and boxes in the shares of what is seen."""
    from pypdf import PdfReader, PdfWriter

    path = save(tmp_path, sop)
    upright = pdf_blocks(path)
    writer = PdfWriter()
    for page in PdfReader(path).pages:
        writer.add_page(page).rotate(90)
        writer.pages[-1].add_transformation((0, 1, -1, 0, 842, 0))
        writer.pages[-1].mediabox.upper_right = (842, 595)
    writer.write(path)
    turned = pdf_blocks(path)
    assert [(b.kind, b.text) for b in turned] == [(b.kind, b.text) for b in upright]
    for one, other in zip(upright, turned, strict=True):
        assert one.boxes[0].top == pytest.approx(other.boxes[0].top, abs=0.02)


def test_a_header_that_counts_the_pages_is_no_text(tmp_path: Path) -> None:
    """Also when its words change from chapter to chapter."""

    class Manual(FPDF):
        def header(self) -> None:
            self.set_font("Helvetica", "", 9)
            chapter = "ABCDEF"[self.page_no() - 1] * 5
            self.cell(100, 6, f"Chapter {chapter}")
            self.cell(0, 6, str(self.page_no() + 8), new_x="LMARGIN", new_y="NEXT")

    book = Manual()
    for _ in range(6):
        book.add_page()
        book.set_font("Helvetica", "", 11)
        book.multi_cell(0, 6, "The pump is replaced before it fails. " * 4)
    path = tmp_path / "book.pdf"
    book.output(str(path))
    assert not any("Chapter" in block.text for block in pdf_blocks(path))


def test_a_password_is_asked_for_in_words(tmp_path: Path) -> None:
    """An encrypted file names what to do."""

    def draw(book: _Book) -> None:
        book.lines("secret")
        book.set_encryption(owner_password="o", user_password="u")

    with pytest.raises(DataFault, match=r"book\.pdf: .*encrypted"):
        pdf_blocks(save(tmp_path, draw))


def test_a_truncated_file_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    """At any place where it may be cut off."""
    path = save(tmp_path, sop)
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        try:
            blocks = pdf_blocks(path)
        except DataFault as fault:
            assert "book.pdf" in str(fault)  # noqa: PT017 - what can be read may be read
        else:
            assert blocks


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    """Before any of them is read."""
    with pytest.raises(DataFault, match="2 pages, more than the 1"):
        pdf_blocks(save(tmp_path, sop), Limits(pages=1))


def test_empty_pages_are_said_to_be_empty(tmp_path: Path) -> None:
    """An empty page has nothing to quote."""
    book = FPDF()
    book.add_page()
    path = tmp_path / "scan.pdf"
    book.output(str(path))
    with pytest.raises(DataFault, match="no text on its pages"):
        pdf_blocks(path)


def test_reading_stops_at_its_limit_of_cpu_time(tmp_path: Path) -> None:
    """The kernel ends the process, and the file is named with what can be set."""
    with pytest.raises(DataFault, match=r"book\.pdf: .*more CPU time.*ANDON_DOCUMENT_STALL_S"):
        pdf_blocks(save(tmp_path, sop), Limits(stall_s=0.02))
