"""Nouns to rows of the document store and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from rag.document import (
    Box,
    Document,
    DocumentKind,
    DocumentStatus,
    Passage,
    PassageKind,
)
from rag.encoding import Vectors

DOCUMENT = (
    "d.id, d.title, d.kind, d.machine_kinds, d.machines, d.revision, d.effective_from, "
    "d.effective_until, d.status, d.language, d.source, d.source_hash, d.passages, "
    "d.readers, d.page_labels, d.ocr_pages, d.unread_pages, d.added_at, d.added_by, "
    "w.at, w.by, w.reason"
)
DOCUMENTS = f"SELECT {DOCUMENT} FROM documents d LEFT JOIN withdrawals w ON w.key = d.key"
PASSAGE = (
    "p.id, d.id, d.revision, p.ordinal, p.page, p.section, p.kind, p.text, p.codes, p.defines, "
    "p.last_page, p.boxes"
)
CODES = "SELECT DISTINCT printed, meaning, error_class, reaction, passage FROM codes"

INTO_DOCUMENTS = (
    *("key", "origin", "id", "title", "kind", "machine_kinds", "machines", "revision"),
    *("effective_from", "effective_until", "status", "language", "source", "source_hash"),
    *("passages", "readers", "page_labels", "ocr_pages", "unread_pages", "added_at", "added_by"),
)
INTO_PASSAGES = (
    *("id", "key", "ordinal", "page", "section", "kind", "text", "codes", "defines"),
    *("text_hash", "vector", "last_page", "boxes"),
)
INTO_CODES = ("code", "printed", "meaning", "error_class", "reaction", "passage")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A row of a code table, as it goes into the store."""

    spellings: tuple[str, ...]
    """Normalised; empty when read back."""
    printed: str
    meaning: str
    error_class: str
    reaction: str
    passage: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything about one document that goes into the store in one step."""

    document: Document
    passages: Sequence[Passage]
    hashes: Sequence[str]
    """Of the embedded text of each passage."""
    vectors: Vectors
    terms: Sequence[frozenset[str]]
    """Of each passage."""
    codes: Sequence[CodeRow]
    origin: str


def blob(vector: Vectors) -> bytes:
    """A vector as little-endian float32."""
    return np.asarray(vector, dtype="<f4").tobytes()


def unblob(stored: bytes) -> Vectors:
    """The vector that `blob` wrote."""
    return np.frombuffer(stored, dtype="<f4")


def day(value: date | None) -> int | None:
    """A date as its ordinal."""
    return None if value is None else value.toordinal()


def moment(value: str | None) -> datetime | None:
    """An instant from its text."""
    return None if value is None else datetime.fromisoformat(value)


def document_values(document: Document, origin: str) -> Row:
    """In the order of INTO_DOCUMENTS."""
    d = document
    return (
        *(d.key, origin, d.id, d.title, d.kind.value),
        *(json.dumps(d.machine_kinds), json.dumps(d.machines), d.revision),
        *(day(d.effective_from), day(d.effective_until), d.status.value),
        *(d.language, d.source, d.source_hash, d.passages),
        *(json.dumps(d.readers), json.dumps(d.page_labels)),
        *(json.dumps(d.ocr_pages), json.dumps(d.unread_pages)),
        *(None if d.added_at is None else d.added_at.isoformat(), d.added_by),
    )


def passage_values(entry: Entry) -> Iterator[Row]:
    """In the order of INTO_PASSAGES."""
    rows = zip(entry.passages, entry.hashes, entry.vectors, strict=True)
    for p, text_hash, vector in rows:
        place = (p.id, entry.document.key, p.ordinal, p.page, json.dumps(p.section), p.kind.value)
        codes = (json.dumps(p.codes), json.dumps(p.defines))
        boxes = json.dumps([astuple(box) for box in p.boxes])
        yield (*place, p.text, *codes, text_hash, blob(vector), p.last_page, boxes)


def code_values(entry: Entry) -> Iterator[Row]:
    """In the order of INTO_CODES."""
    for row in entry.codes:
        for spelling in row.spellings:
            words = (row.printed, row.meaning, row.error_class, row.reaction)
            yield (spelling, *words, row.passage)


def read_document(row: Row) -> Document:
    """From the columns of DOCUMENT."""
    id_, title, kind, machine_kinds, machines, revision, begin, end, status, *rest = row
    language, source, source_hash, passages, readers, page_labels, *rest = rest
    ocr_pages, unread_pages, added_at, added_by, *withdrawn = rest
    withdrawn_at, withdrawn_by, withdrawn_reason = withdrawn
    return Document(
        id=id_,
        title=title,
        kind=DocumentKind(kind),
        machine_kinds=tuple(json.loads(machine_kinds)),
        machines=tuple(json.loads(machines)),
        revision=revision,
        effective_from=None if begin is None else date.fromordinal(begin),
        effective_until=None if end is None else date.fromordinal(end),
        status=DocumentStatus.WITHDRAWN if withdrawn_at else DocumentStatus(status),
        language=language,
        source=source,
        source_hash=source_hash,
        passages=passages,
        readers=tuple(json.loads(readers)),
        page_labels=tuple(json.loads(page_labels)),
        ocr_pages=tuple(json.loads(ocr_pages)),
        unread_pages=tuple(json.loads(unread_pages)),
        added_at=moment(added_at),
        added_by=added_by,
        withdrawn_at=moment(withdrawn_at),
        withdrawn_by=withdrawn_by or "",
        withdrawn_reason=withdrawn_reason or "",
    )


def read_passage(row: Row) -> Passage:
    """From the columns of PASSAGE."""
    id_, document, revision, ordinal, page, section, kind, text, *rest = row
    codes, defines, last_page, boxes = rest
    return Passage(
        id=id_,
        document=document,
        revision=revision,
        ordinal=ordinal,
        page=page,
        section=tuple(json.loads(section)),
        kind=PassageKind(kind),
        text=text,
        codes=tuple(json.loads(codes)),
        defines=tuple(json.loads(defines)),
        last_page=last_page,
        boxes=tuple(Box(*box) for box in json.loads(boxes)),
    )


def read_code(row: Row) -> CodeRow:
    """From the columns of CODES."""
    printed, meaning, error_class, reaction, passage = row
    return CodeRow((), printed, meaning, error_class, reaction, passage)
