"""A citation opened: the page drawn with the words marked, or the stored text."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image

from ingest.errors import NotKnown
from rag.document import Document, Passage
from rag.drawing import Drawer, Marks
from rag.library import Library
from rag.viewing import Opened, Place
from tests.conftest import ROOT, missing
from tests.unit.rag.conftest import OpenLibrary
from tests.unit.rag.hashing import HashingEncoder

MANUALS = ROOT / "tests" / "manuals"
SIDECAR = "id: {id}\ntitle: A document\nkind: sop\nmachine_kinds: [press]\nrevision: A\n"


def shelved(folder: Path, *names: str) -> Library:
    """A library over some of our own manuals, copied so that they can be changed."""
    papers = folder / "documents"
    papers.mkdir()
    for name in names:
        for path in MANUALS.glob(f"{name}*"):
            (papers / path.name).write_bytes(path.read_bytes())
    library = Library(folder / "home", HashingEncoder())
    assert library.sync(papers).failed == ()
    return library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """For all tests that only look."""
    folder = tmp_path_factory.mktemp("viewing")
    with shelved(folder, "SOP-PL-01", "SOP-PL-02", "FM200-MAN") as library:
        yield library


def document_of(library: Library, id_: str) -> Document:
    return next(each for each in library.documents() if each.id == id_)


def passage_of(library: Library, words: str) -> Passage:
    """The passage that holds these words."""
    found = library.find(words, limit=20)
    return next(each.passage for each in found if words in each.passage.text)


def opened(library: Library, words: str, **place: str | int) -> Opened:
    passage = passage_of(library, words)
    document = document_of(library, passage.document)
    asked = Place(**{"passage": passage.id, **place})  # type: ignore[arg-type]
    return library.viewer.open(document, asked)


def marked_text(view: Opened) -> str:
    return " ".join(part.text for line in view.lines for part in line.parts if part.marked)


def yellow(picture: Image.Image) -> int:
    """Pixels in the colour of the marker, on white or on grey."""
    pixels = np.asarray(picture).astype(int)
    return int(np.sum(pixels[..., 0] - pixels[..., 2] > 100))


def pdf(
    path: Path, draw: Callable[[FPDF], object], *, size: tuple[float, float] = (210, 297)
) -> Path:
    sheet = FPDF(format=size)
    sheet.set_font("Helvetica", size=12)
    sheet.add_page()
    draw(sheet)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(sheet.output()))
    path.with_name(f"{path.name}.yaml").write_text(SIDECAR.format(id=path.stem))
    return path


def test_a_page_of_a_pdf_is_drawn_with_the_words_marked(library: Library) -> None:
    """The marked places are the only ones in the colour of the marker."""
    view = opened(library, "Nobody stands below it")
    assert (view.page, view.pages, view.note) == (2, 3, "")
    assert view.picture is not None
    picture = Image.open(io.BytesIO(view.picture.png)).convert("RGB")
    assert picture.size == (view.picture.width, view.picture.height)
    for left, top, right, bottom in view.picture.boxes:
        inside = picture.crop((int(left), int(top), int(right), int(bottom)))
        assert yellow(inside) > 0.5 * inside.width * inside.height
    heights = sum(bottom - top for _, top, _, bottom in view.picture.boxes)
    assert 0 < yellow(picture) < 1.3 * heights * picture.width


def test_a_passage_over_two_pages_is_marked_on_both(library: Library) -> None:
    """Whether it was kept as one passage or as two, its words are found where they stand."""
    document = document_of(library, "SOP-PL-01")
    words = (
        "6. Check the deflection rollers for play and for flat spots. A roller that can be moved"
    )
    words += " by more than 0.4 mm in its bearing is replaced together with the one opposite."
    for page in (2, 3):
        picture = library.viewer.picture(document, Place(page, quote=words))
        assert picture.boxes


def test_a_quote_is_marked_in_place_of_its_passage(library: Library) -> None:
    """What an answer says in its own words stands on these."""
    whole = opened(library, "push both safety bolts in")
    part = opened(library, "push both safety bolts in", quote="push both safety bolts in")
    assert whole.picture is not None
    assert part.picture is not None
    assert len(part.picture.boxes) == 1 < len(whole.picture.boxes)
    assert part.words == "push both safety bolts in"


def test_text_is_shown_with_headings_and_its_passage_marked(library: Library) -> None:
    """Markdown has no page to draw."""
    view = opened(library, "Write the number of replaced cups")
    assert view.picture is None
    assert marked_text(view) == "Write the number of replaced cups on the gripper card."
    headings = [line.parts[0].text for line in view.lines if line.kind == "heading"]
    assert headings[-1] == "Records"
    assert {"step", "warning"} <= {line.kind for line in view.lines}
    with pytest.raises(NotKnown):
        library.viewer.picture(view.document, Place(1))


def test_a_quote_in_text_is_marked_alone(library: Library) -> None:
    """Within the line in which it stands."""
    view = opened(library, "Wet the thread", quote="with water, never with oil")
    assert marked_text(view) == "with water, never with oil,"


def test_a_row_is_shown_by_its_columns(library: Library) -> None:
    """So that a page can show a table."""
    view = opened(library, "Check the product supply")
    row = next(line for line in view.lines if line.kind == "row" and line.parts[0].marked)
    assert row.cells[:2] == (("Code", "F07"), ("Meaning", "Bowl level low"))


def test_a_file_that_changed_is_not_drawn(tmp_path: Path) -> None:
    """The stored text is shown, and that it is."""
    path = tmp_path / "documents" / "SOP-PL-01.pdf"
    with shelved(tmp_path, "SOP-PL-01") as library:
        path.write_bytes(path.read_bytes() + b"\n% changed")
        view = opened(library, "Nobody stands below it")
        assert view.picture is None
        assert "changed" in view.note
        assert "Nobody stands below it" in marked_text(view)
        path.unlink()
        assert "no such file" in opened(library, "Nobody stands below it").note


def test_a_passage_that_is_gone_is_said(library: Library) -> None:
    """After the document was read anew; its words are still looked for."""
    for id_, words in (("SOP-PL-01", "Nobody stands below it"), ("SOP-PL-02", "never with oil")):
        document = document_of(library, id_)
        page = 2 if id_ == "SOP-PL-01" else 1
        view = library.viewer.open(document, Place(page, passage="gone", quote=words))
        assert "no longer" in view.note
        assert (view.picture.boxes if view.picture else marked_text(view)) != ""


@pytest.mark.parametrize("id_", ["SOP-PL-01", "SOP-PL-02"])
def test_a_page_that_is_not_there_is_not_known(library: Library, id_: str) -> None:
    """Of a PDF as of text."""
    with pytest.raises(NotKnown):
        library.viewer.open(document_of(library, id_), Place(4))


def test_a_turned_page_is_marked_where_it_is_seen(
    open_library: OpenLibrary, tmp_path: Path
) -> None:
    """A page that is stored upright and shown on its side."""
    from pypdf import PdfWriter

    path = pdf(tmp_path / "turned" / "T.pdf", lambda sheet: sheet.cell(0, 10, "Turn the key."))
    writer = PdfWriter(clone_from=path)
    writer.pages[0].rotate(90)
    writer.write(path)
    library = open_library()
    library.sync(path.parent)
    view = opened(library, "Turn the key.")
    assert view.picture is not None
    assert view.picture.width > view.picture.height
    ((left, top, right, bottom),) = view.picture.boxes
    assert bottom - top > right - left
    assert left > view.picture.width / 2


@pytest.mark.parametrize("size", [(50_000.0, 50_000.0), (4.0, 5000.0), (5000.0, 4.0)])
def test_a_huge_page_is_drawn_small(tmp_path: Path, size: tuple[float, float]) -> None:
    """However large it says that it is."""
    path = pdf(tmp_path / "h" / "H.pdf", lambda sheet: None, size=size)
    picture = Drawer(512).draw(path, "digest", 1, Marks("words"))
    assert picture.width * picture.height <= 1240 * 3500


def test_a_scanned_page_is_marked_where_ocr_read_the_words(tmp_path: Path) -> None:
    """Its words are part of a picture."""
    if shutil.which("tesseract") is None:
        missing("Tesseract", "apt-get install tesseract-ocr")
    with shelved(tmp_path, "SN-FM-02") as library:
        view = opened(library, "before you open the hose coupling")
    assert "OCR" in view.note
    assert view.picture is not None
    picture = Image.open(io.BytesIO(view.picture.png)).convert("RGB")
    left, top, right, bottom = view.picture.boxes[-1]
    assert yellow(picture.crop((int(left), int(top), int(right), int(bottom)))) > 1000
