"""The nouns of the rag room: a document, what it is made of, and what can be cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is for."""

    SOP = "sop"
    MANUAL = "manual"
    CODE_LIST = "code_list"
    SAFETY = "safety"


class DocumentStatus(StrEnum):
    """Only a current document is quoted."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Document:
    """One revision of one document, as its metadata describes it."""

    id: str
    title: str
    kind: DocumentKind
    machine_kinds: tuple[str, ...]
    """Empty: for every machine."""
    machines: tuple[str, ...]
    """Empty: for every machine of those kinds."""
    revision: str
    effective_from: date | None
    effective_until: date | None
    """First day on which it no longer holds."""
    status: DocumentStatus
    language: str
    source: str
    """Path it was read from."""
    source_hash: str
    """SHA-256 over file and sidecar."""
    passages: int = 0
    readers: tuple[str, ...] = ()
    """Roles that may read it; empty: every role."""
    page_labels: tuple[str, ...] = ()
    """What is printed on each page, where that is not its number; for a workbook its sheets."""
    ocr_pages: tuple[int, ...] = ()
    """Pages that are images and were read by OCR."""
    unread_pages: tuple[int, ...] = ()
    """Pages that are images and could not be read, because Tesseract is missing."""
    added_at: datetime | None = None
    """When this content was taken in."""
    added_by: str = ""
    """Who took it in: the name of a key, `folder`, or empty where nobody said."""
    withdrawn_at: datetime | None = None
    """When it was withdrawn by hand; the status is `withdrawn` then, whatever the file says."""
    withdrawn_by: str = ""
    withdrawn_reason: str = ""

    @property
    def key(self) -> str:
        """Names this revision of this document."""
        return f"{self.id}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands on a page as it is shown, in shares of its width and height."""

    page: int
    left: float
    top: float
    """From the upper edge, like `bottom`."""
    right: float
    bottom: float


class BlockKind(StrEnum):
    """The parts that a reader tells apart on a page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    STEP = "step"
    BULLET = "bullet"
    WARNING = "warning"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, step, warning or table row, and the page on which it begins."""

    kind: BlockKind
    text: str
    page: int = 1
    level: int = 0
    """Of a heading, 1 for the highest."""
    number: int = 0
    """Of a step, as printed."""
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    last_page: int = 0
    """Where it ends, when that is not `page`; 0 otherwise."""
    boxes: tuple[Box, ...] = ()
    """One for each page that it stands on; empty where a format has no places."""


class PassageKind(StrEnum):
    """What a passage is made of."""

    TEXT = "text"
    STEPS = "steps"
    WARNING = "warning"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Passage:
    """A citable piece of a document; it begins on `page` and its words are the document's."""

    id: str
    document: str
    revision: str
    ordinal: int
    """Position in the document, from 0."""
    page: int
    section: tuple[str, ...]
    """Headings above it, outermost first."""
    kind: PassageKind
    text: str
    codes: tuple[str, ...]
    """Normalised identifiers that it mentions."""
    defines: tuple[str, ...] = ()
    """Normalised identifiers that it is about: a row of a code table, a heading."""
    last_page: int = 0
    """Where it ends, when that is not `page`; 0 otherwise."""
    boxes: tuple[Box, ...] = ()
    """Where its parts stand; empty where a format has no places."""

    @property
    def key(self) -> str:
        """Names the revision of the document that it belongs to."""
        return f"{self.document}@{self.revision}"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of a code table and where it stands."""

    code: str
    """As printed."""
    meaning: str
    error_class: str
    reaction: str
    document: str
    title: str
    revision: str
    page: int
    section: str
    passage: str
    quote: str
    machine_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a revision, when, by whom and why."""

    at: datetime
    by: str
    action: str
    """`added`, `replaced`, `withdrawn`, `restored` or `removed`."""
    document: str
    revision: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFailure:
    """A document that could not be taken in, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed; every id appears once."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[DocumentFailure, ...] = ()
    passages: int = 0
    """Passages in the library afterwards."""
    embedded: int = 0
    """Passages that had to be embedded; all others kept their vector."""


def section_name(section: Sequence[str]) -> str:
    """The heading path as one line."""
    return " > ".join(section)
