"""What a file holds by its content, and whether its name says the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from ingest.errors import DataFault


class Content(StrEnum):
    """What can be read."""

    MARKDOWN = "markdown"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    WORD = "word"
    SHEET = "sheet"
    CSV = "csv"


CONTENT_OF: Mapping[str, Content] = {
    ".md": Content.MARKDOWN,
    ".markdown": Content.MARKDOWN,
    ".txt": Content.TEXT,
    ".text": Content.TEXT,
    ".html": Content.HTML,
    ".htm": Content.HTML,
    ".pdf": Content.PDF,
    ".docx": Content.WORD,
    ".docm": Content.WORD,
    ".xlsx": Content.SHEET,
    ".xlsm": Content.SHEET,
    ".csv": Content.CSV,
    ".tsv": Content.CSV,
}
"""By the suffix of the name."""

_ZIP = b"PK\x03\x04"
_NAMES = {
    Content.MARKDOWN: "Markdown",
    Content.TEXT: "plain text",
    Content.HTML: "a web page",
    Content.PDF: "a PDF",
    Content.WORD: "a Word document",
    Content.SHEET: "an Excel workbook",
    Content.CSV: "a table of values",
}
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF text"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>|<!--.{0,2000}?-->|\s)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_HEAD = 4096


def sniff(path: Path, expected: Content) -> None:
    """Compare the content with what the name says.

    Raises:
        DataFault: it is something else, an old Office file, or locked by a password.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_OLE):
        raise DataFault(
            "its content is an Office file of the old kind, or one locked by a password.",
            remedy="Save it as .docx, .xlsx or PDF without a password.",
        )
    found, name = content_of(head, expected)
    if found is not expected:
        remedy = f"Rename it to {path.stem}{_suffix(found)}." if found else _elsewhere(name)
        raise DataFault(f"its content is {name}, not {_NAMES[expected]}.", remedy=remedy)


def content_of(head: bytes, expected: Content) -> tuple[Content | None, str]:
    """What a file begins like, and the words for it; text is what it is said to be."""
    if head.startswith(_ZIP):  # which of the two is seen when it is opened
        office = expected in (Content.WORD, Content.SHEET)
        return (expected if office else None), "an Office file or another ZIP archive"
    if b"%PDF-" in head[:1024]:
        return Content.PDF, _NAMES[Content.PDF]
    for mark, name in _FOREIGN:
        if head.startswith(mark):
            return None, name
    if expected in (Content.PDF, Content.WORD, Content.SHEET):
        return _text_kind(head)
    if _is_binary(head):
        return None, "binary"
    if expected is not Content.HTML and _WEB.match(head):
        return Content.HTML, _NAMES[Content.HTML]
    return expected, _NAMES[expected]


def _text_kind(head: bytes) -> tuple[Content | None, str]:
    if not head.strip():
        return None, "nothing"
    if _is_binary(head):
        return None, "something else or damaged"
    return (Content.HTML, _NAMES[Content.HTML]) if _WEB.match(head) else (Content.TEXT, "text")


def _is_binary(head: bytes) -> bool:
    """Whether it holds zero bytes; those of UTF-16 are text."""
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _suffix(content: Content) -> str:
    return next(suffix for suffix, each in CONTENT_OF.items() if each is content)


def _elsewhere(name: str) -> str:
    if "image" in name:
        return "Put the scan into a PDF."
    return "Save it as PDF, Word, HTML, Markdown or text under the right name."
