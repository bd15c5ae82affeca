"""Pages are drawn in a process of its own, which ends where its limits are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import DataFault
from rag import drawing
from rag.drawing import Drawer, Marks
from rag.page_worker import scale_of
from tests.cases.hostile_documents.hostile_files import (
    drawn,
    encrypted_pdf,
    packed_often,
    pages_in_a_circle,
    words_without_end,
)
from tests.conftest import ROOT

SOP = ROOT / "simulators" / "documents" / "SOP-HP-01.pdf"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (encrypted_pdf, "password"),
        (pages_in_a_circle, "cannot be drawn"),
        (words_without_end, "than is allowed"),
        (packed_often, "CPU time than is allowed"),
        (lambda: SOP.read_bytes()[:4000], "cannot be drawn"),
        (lambda: b"no PDF at all", "cannot be drawn"),
    ],
    ids=["encrypted", "circular", "endless", "packed often", "cut off", "no PDF"],
)
def test_a_hostile_file_gives_a_reason(
    tmp_path: Path, content: Callable[[], bytes], words: str
) -> None:
    """And nothing worse; the file is named."""
    path = tmp_path / "hostile.pdf"
    path.write_bytes(content())
    with pytest.raises(DataFault, match=f"hostile.pdf: .*{words}"):
        Drawer(512, cpu_s=1).draw(path, "digest", 1, Marks("words"))


def test_what_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    """Neither is what could not be drawn; other marks are another picture."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(SOP.read_bytes())
    drawer = Drawer(512)
    first = drawer.draw(path, "digest", 2, Marks("Insert the ram lock."))
    path.write_bytes(b"gone")
    assert drawer.draw(path, "digest", 2, Marks("Insert the ram lock.")) is first
    with pytest.raises(DataFault):
        drawer.draw(path, "digest", 2, Marks("Straighten bent fins"))
    path.write_bytes(SOP.read_bytes())
    with pytest.raises(DataFault):
        drawer.draw(path, "digest", 2, Marks("Straighten bent fins"))
    assert drawer.draw(path, "new digest", 2, Marks("Straighten bent fins")).boxes


def test_what_took_too_long_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was busy; the page is as good as any."""
    drawer = Drawer(512)
    with monkeypatch.context() as busy:
        busy.setattr(drawing, "_WALL_S", 0.0)
        with pytest.raises(DataFault, match="too long"):
            drawer.draw(SOP, "digest", 2, Marks())
    assert drawer.draw(SOP, "digest", 2, Marks()).png


def test_places_are_marked_where_words_are_a_picture(tmp_path: Path) -> None:
    """A scanned page: what OCR found, in shares of the page."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(drawn(b""))
    marks = Marks("words of a picture", boxes=((0.1, 0.2, 0.5, 0.25),))
    picture = Drawer(512).draw(path, "digest", 1, marks)
    ((left, top, right, bottom),) = picture.boxes
    assert (left, right) == pytest.approx((0.1 * picture.width, 0.5 * picture.width), abs=0.1)
    assert (top, bottom) == pytest.approx((0.2 * picture.height, 0.25 * picture.height), abs=0.1)


@pytest.mark.parametrize("size", [(0.0, 10.0), (-1.0, 5.0), (float("nan"), 1.0), (1e9, 1.0)])
def test_a_page_without_a_size_is_not_drawn(size: tuple[float, float]) -> None:
    """Its scale would be none."""
    with pytest.raises(ValueError, match="points"):
        scale_of(*size)


def test_no_more_pages_are_drawn_at_once_than_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third waits, and then says that it may be asked for again."""
    monkeypatch.setattr(drawing, "_PATIENCE_S", 0.01)
    drawer = Drawer(512)
    with drawer.turn(), drawer.turn(), pytest.raises(DataFault, match="try again"):
        drawer.draw(SOP, "digest", 1, Marks())
    assert drawer.draw(SOP, "digest", 1, Marks()).pages == 3
