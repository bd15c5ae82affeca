"""A citation opened: the page as it was printed with the words marked, or its text as it is stored.

Pages of a PDF are drawn as long as the file is the one that was read. Everything else, and what
cannot be drawn, is shown from the document store, so a citation can be opened without its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import DataFault, NotKnown
from rag.catalog import Catalog
from rag.document import Document, Passage, PassageKind
from rag.drawing import Drawer, Marks, Picture
from rag.formats.wording import is_warning
from rag.marking import find_words, letters
from rag.reading import open_source
from rag.settings import RagSettings

AROUND = 200
"""Passages that are shown before and behind the marked one, where a page holds more."""
_STEP = re.compile(r"\d{1,3}\. ")


@dataclass(frozen=True, slots=True)
class Part:
    """Words of a line, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document's text."""

    kind: str
    """heading, text, step, bullet, warning or row."""
    parts: tuple[Part, ...]
    level: int = 0
    """Of a heading, 1 for the highest."""
    cells: tuple[tuple[str, str], ...] = ()
    """Of a row: the name of each column and what stands in it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One page of a document, as far as it can be shown."""

    document: Document
    page: int
    pages: int
    marked_pages: tuple[int, ...]
    """Pages on which the passage stands."""
    picture: Picture | None
    lines: tuple[Line, ...]
    """The stored text of the page, where there is no picture."""
    words: str = ""
    """What is marked, wherever it stands."""
    note: str = ""
    """What a reader should know about what is shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """What of a document is to be opened."""

    page: int | None = None
    """None: where the passage begins."""
    passage: str = ""
    quote: str = ""
    """Words of the passage that are marked in its place."""


class Viewer:
    """Opens the documents of one library."""

    def __init__(self, catalog: Catalog, settings: RagSettings) -> None:
        self._catalog = catalog
        self._settings = settings
        self._drawer = Drawer(settings.document_memory_mb)

    def open(self, document: Document, place: Place) -> Opened:
        """A page and what stands on it.

        Raises:
            NotKnown: the document has no such page.
        """
        passage = self._passage(document, place.passage)
        spanned = _pages(passage) if passage else ()
        page = place.page or (spanned[0] if spanned else 1)
        note = _note(document, place, page, passage)
        try:
            picture = self._picture(document, page, passage, place.quote)
        except DataFault as fault:
            picture, note = None, f"{fault.message} This is its text as it was read. {note}".strip()
        stored = [] if picture else self._catalog.passages_of(document.key)
        pages = picture.pages if picture else max((_pages(each)[-1] for each in stored), default=1)
        if not 1 <= page <= pages:
            raise NotKnown(f"{document.id} has {pages} pages.")
        return Opened(
            document,
            page,
            pages,
            marked_pages=spanned,
            picture=picture,
            lines=tuple(_lines(_near(stored, page, passage), passage, place.quote)),
            words=_words(passage, passage, place.quote) if passage else place.quote,
            note=note,
        )

    def _passage(self, document: Document, id_: str) -> Passage | None:
        """The passage, as long as it is one of that revision."""
        passage = self._catalog.passages([id_]).get(id_)
        return passage if passage and passage.key == document.key else None

    def picture(self, document: Document, place: Place) -> Picture:
        """The picture of a page.

        Raises:
            NotKnown: it has none.
        """
        picture = self.open(document, place).picture
        if picture is None:
            raise NotKnown(f"{document.id} has no picture of that page.", remedy="Read its text.")
        return picture

    def _picture(
        self, document: Document, page: int, passage: Passage | None, quote: str
    ) -> Picture | None:
        """None for a format without pages to draw."""
        path = Path(document.source)
        if path.suffix.lower() != ".pdf":
            return None
        if open_source(path, self._settings).hash != document.source_hash:
            raise DataFault(f"{path.name}: the file has changed since it was read.")
        marks = _marks(passage, page, quote)
        return self._drawer.draw(path, document.source_hash, page, marks)


def _pages(passage: Passage) -> tuple[int, ...]:
    return tuple(range(passage.page, (passage.last_page or passage.page) + 1))


def _note(document: Document, place: Place, page: int, passage: Passage | None) -> str:
    if place.passage and passage is None:
        return "The passage is no longer in this document: it was read anew since it was cited."
    if page in document.ocr_pages:
        return "This page is a picture; its words were read by OCR."
    return ""


def _marks(passage: Passage | None, page: int, quote: str) -> Marks:
    if passage is None:
        return Marks(quote)
    if page not in _pages(passage):
        return Marks(quote)
    places = [each for each in passage.boxes if each.page == page]
    boxes = tuple((each.left, each.top, each.right, each.bottom) for each in places)
    words = quote if quote and letters(quote).text in letters(passage.text).text else passage.text
    return Marks(words, passage.section[-1] if passage.section else "", boxes)


def _near(passages: Sequence[Passage], page: int, passage: Passage | None) -> Sequence[Passage]:
    """The passages of a page; of a long one those around the passage."""
    there = [each for each in passages if page in _pages(each)]
    at = there.index(passage) if passage in there else 0
    return there[max(at - AROUND, 0) : at + AROUND]


def _lines(shown: Sequence[Passage], marked: Passage | None, quote: str) -> Iterator[Line]:
    """The text with its headings, in reading order."""
    above: tuple[str, ...] = ()
    for passage in shown:
        for level, heading in enumerate(passage.section, start=1):
            if passage.section[:level] != above[:level]:
                yield Line("heading", (Part(heading),), level)
        above = passage.section
        words = _words(passage, marked, quote)
        for text in passage.text.split("\n"):
            yield _line(passage, text, words)


def _words(passage: Passage, marked: Passage | None, quote: str) -> str:
    """What is marked in it: the quote or, without one, the whole passage."""
    if passage == marked:
        return quote if letters(quote).text and find_words(passage.text, quote) else passage.text
    return quote if marked is None else ""


def _line(passage: Passage, text: str, words: str) -> Line:
    if words == passage.text:
        parts: tuple[Part, ...] = (Part(text, marked=True),)
    else:
        parts = tuple(_parts(text, find_words(text, words) if words else []))
    if passage.kind is PassageKind.ROW:
        return Line("row", parts, cells=_cells(text))
    if is_warning(text):
        return Line("warning", parts)
    listed = "step" if _STEP.match(text) else "bullet" if text.startswith("- ") else "text"
    return Line(listed, parts)


def _parts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Part]:
    start = 0
    for first, last in spans:
        if text[start:first]:
            yield Part(text[start:first])
        yield Part(text[first : last + 1], marked=True)
        start = last + 1
    if text[start:]:
        yield Part(text[start:])


def _cells(text: str) -> tuple[tuple[str, str], ...]:
    """The columns of a row; none where they have no names."""
    pairs = [cell.partition(": ") for cell in text.split(" | ")]
    return tuple((name, cell) for name, _, cell in pairs) if all(p[1] for p in pairs) else ()
