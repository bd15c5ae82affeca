"""A PDF to blocks: pdfium gives text, lines, labels and bookmarks; images of pages go to OCR."""

from __future__ import annotations

import re
from typing import Any

from ingest.errors import DataFault
from rag.formats.layout import Page, layout_blocks
from rag.formats.ocr import Tesseract
from rag.formats.outline import Bookmark, with_bookmarks
from rag.formats.parsed import Job, Parsed
from rag.formats.pdf_page import read_page

_BOOKMARKS = 5000
_LABEL = 20
"""Letters of a page label."""


def read(job: Job) -> Parsed:
    """Blocks with pages and places.

    Raises:
        DataFault: it is encrypted or damaged, has too many pages, or no text.
    """
    import pypdfium2

    document = _opened(job, pypdfium2)
    count = len(document)
    if count > job.limits.pages:
        raise DataFault(
            f"it has {count} pages, more than the {job.limits.pages} that are taken.",
            remedy="Split it, or raise ANDON_DOCUMENT_MAX_PAGES.",
        )
    ocr = Tesseract(job.languages, job.limits)
    pages, scanned = _pages(document, job, ocr)
    unread = () if ocr.ready else scanned
    if not any(page.fragments for page in pages):
        if not scanned:
            raise DataFault("there is no text on its pages.", remedy="Save it anew.")
        raise DataFault("it holds no text, only images.", remedy=ocr.remedy())
    blocks = with_bookmarks(layout_blocks(pages, job.meter.finished), _bookmarks(document))
    for _ in blocks:
        job.meter.counted()
    return Parsed(
        blocks=blocks,
        labels=_labels(document, count),
        ocr_pages=scanned if ocr.ready else (),
        unread_pages=unread,
        properties=_properties(document),
    )


def _opened(job: Job, pypdfium2: Any) -> Any:
    try:
        document = pypdfium2.PdfDocument(job.path)
        if not len(document):
            raise DataFault("it has no pages.", remedy="Save it anew.")
    except pypdfium2.PdfiumError as fault:
        if "password" in str(fault).lower():
            raise DataFault(
                "it is encrypted with a password.", remedy="Save it without a password."
            ) from fault
        raise DataFault(
            "it cannot be read: it is cut off, damaged or circular.", remedy="Save it anew."
        ) from fault
    return document


def _pages(document: Any, job: Job, ocr: Tesseract) -> tuple[list[Page], tuple[int, ...]]:
    """Every page, and the numbers of those that are images of text."""
    pages: list[Page] = []
    scanned: list[int] = []
    for number in range(1, len(document) + 1):
        page, is_scan = _page(document, number)
        if is_scan:
            scanned.append(number)
            if ocr.ready:
                page = ocr.read(document[number - 1], number)
        pages.append(page)
        job.meter.finished()
    return pages, tuple(scanned)


def _page(document: Any, number: int) -> tuple[Page, bool]:
    import pypdfium2

    try:
        drawn = document[number - 1]
        page = read_page(drawn, number)
        drawn.close()
    except pypdfium2.PdfiumError as fault:
        raise DataFault(
            f"its page {number} cannot be read: it is cut off, damaged or circular.",
            remedy="Save it anew.",
        ) from fault
    return page


def _labels(document: Any, count: int) -> tuple[str, ...]:
    """What is printed on the pages, when it is not simply their number."""
    labels = []
    for number in range(1, count + 1):
        label = " ".join(document.get_page_label(number - 1).split())[:_LABEL]
        labels.append(label if label.isprintable() and label else str(number))
    plain = [str(number) for number in range(1, count + 1)]
    return () if labels == plain else tuple(labels)


def _bookmarks(document: Any) -> list[Bookmark]:
    found: list[Bookmark] = []
    for item in document.get_toc(max_depth=6):
        title = " ".join(item.get_title().split())
        target = item.get_dest()
        page = target.get_index() if target else None
        if title and page is not None:
            top = _top(target, document.get_page_size(page)[1])
            found.append(Bookmark(title[:200], page + 1, item.level + 1, top))
        if len(found) >= _BOOKMARKS:
            break
    return found


def _top(target: Any, height: float) -> float:
    """How far down the page a bookmark points; 0 where it means the page as a whole."""
    import pypdfium2.raw as pdfium

    mode, place = target.get_view()
    at = {pdfium.PDFDEST_VIEW_XYZ: 1, pdfium.PDFDEST_VIEW_FITH: 0}.get(mode)
    y = place[at] if at is not None and at < len(place) else None
    return min(max(1 - y / height, 0.0), 1.0) if y and height > 0 else 0.0


def _properties(document: Any) -> dict[str, str]:
    given = document.get_metadata_dict(skip_empty=True)
    title = " ".join(str(given.get("Title", "")).split())
    made_up = re.match(r"(?i)microsoft word|untitled|.*\.(?:docx?|html?|indd|pdf|tex)$", title)
    return {"title": title} if title and not made_up else {}
