"""Scanned pages are read by Tesseract, or the fault says how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from ingest.errors import DataFault
from rag.document import BlockKind
from rag.formats import ocr
from rag.formats.limits import Limits
from rag.formats.parsed import Parsed
from rag.formats.parsing import parse
from rag.formats.sniffing import Content
from tests.conftest import missing

LINES = ["Lock-out of the press", "WARNING: Stored pressure.", "1. Drain valve V21.", "2. Wait."]


def scan(path: Path, *, text_page: bool = False) -> Path:
    """A page that is a black and white picture, the second line in a grained grey box."""
    page = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((150, 350, 1500, 420), fill=235)
    for number, line in enumerate(LINES):
        size = 54 if number == 0 else 34
        place = (160, 220 + 140 * number)
        draw.text(place, line, fill=0, font=ImageFont.load_default(size))
    book = FPDF(unit="pt", format=(595, 842))
    book.add_page()
    book.image(page.convert("1"), 0, 0, 595, 842)
    if text_page:
        book.add_page()
        book.set_font("Helvetica", "", 11)
        book.multi_cell(0, 14, "This page is text.")
    book.output(str(path))
    return path


def read(path: Path, language: str = "en") -> Parsed:
    return parse(path, Content.PDF, Limits(), (language,))


@pytest.fixture
def tesseract() -> None:
    """The program, with English."""
    if "eng" not in ocr.installed():
        missing("Tesseract", "apt-get install tesseract-ocr")


@pytest.mark.usefixtures("tesseract")
def test_a_scanned_page_is_read_and_says_so(tmp_path: Path) -> None:
    """With its places; the words in the shaded box too; a page of text needs no OCR."""
    parsed = read(scan(tmp_path / "a.pdf", text_page=True))
    assert (parsed.ocr_pages, parsed.unread_pages) == ((1,), ())
    assert [(b.kind, b.text) for b in parsed.blocks] == [
        (BlockKind.HEADING, LINES[0]),
        (BlockKind.WARNING, LINES[1]),
        (BlockKind.STEP, "Drain valve V21."),
        (BlockKind.STEP, "Wait."),
        (BlockKind.PARAGRAPH, "This page is text."),
    ]
    (box,) = parsed.blocks[1].boxes
    assert 0.14 < box.top < box.bottom < 0.19
    assert 0.08 < box.left < box.right < 0.5


@pytest.mark.usefixtures("tesseract")
def test_a_language_that_tesseract_lacks_is_named(tmp_path: Path) -> None:
    """With the package that brings it."""
    with pytest.raises(DataFault, match="apt-get install tesseract-ocr tesseract-ocr-xho"):
        read(scan(tmp_path / "a.pdf"), language="xho")


def test_without_tesseract_the_fault_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the pages with text are taken, the others named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataFault, match=r"only images\. Install Tesseract .*tesseract-ocr-eng"):
        read(scan(tmp_path / "a.pdf"))
    parsed = read(scan(tmp_path / "b.pdf", text_page=True))
    assert (parsed.ocr_pages, parsed.unread_pages) == ((), (1,))
    assert [b.text for b in parsed.blocks] == ["This page is text."]
    assert ocr.installed() == []


def test_words_of_a_line_that_stand_apart_are_cells() -> None:
    """Stains, which Tesseract trusts little, are no words."""

    def word(text: str, left: int, conf: str = "90") -> dict[str, str]:
        place = {"left": str(left), "top": "100", "width": "80", "height": "30"}
        line = {"block_num": "1", "par_num": "1", "line_num": "1"}
        return {"level": "5", "conf": conf, "text": text, **place, **line}

    rows = [word("E217", 100), word("Oil", 400), word("hot", 490), word("~", 600, "10")]
    found = list(ocr.fragments_of(rows, scale=2.0, height=800.0))
    assert [(f.text, f.x, f.right, f.y) for f in found] == [
        ("E217", 50.0, 90.0, 735.0),
        ("Oil hot", 200.0, 285.0, 735.0),
    ]
