"""Tables of the document store, and rows to nouns and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date
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

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS documents (
    key TEXT PRIMARY KEY, origin TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
    kind TEXT NOT NULL, machine_kinds TEXT NOT NULL, machines TEXT NOT NULL,
    revision TEXT NOT NULL, effective_from INTEGER, effective_until INTEGER,
    status TEXT NOT NULL, language TEXT NOT NULL, source TEXT NOT NULL,
    source_hash TEXT NOT NULL, passages INTEGER NOT NULL,
    readers TEXT NOT NULL DEFAULT '[]', page_labels TEXT NOT NULL DEFAULT '[]',
    ocr_pages TEXT NOT NULL DEFAULT '[]', unread_pages TEXT NOT NULL DEFAULT '[]') STRICT;
CREATE INDEX IF NOT EXISTS documents_by_id ON documents (id);
CREATE TABLE IF NOT EXISTS passages (
    id TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES documents (key), ordinal INTEGER NOT NULL,
    page INTEGER NOT NULL, section TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    codes TEXT NOT NULL, defines TEXT NOT NULL, text_hash TEXT NOT NULL,
    vector BLOB NOT NULL, last_page INTEGER NOT NULL DEFAULT 0,
    boxes TEXT NOT NULL DEFAULT '[]') STRICT;
CREATE INDEX IF NOT EXISTS passages_by_key ON passages (key, ordinal);
CREATE INDEX IF NOT EXISTS passages_by_hash ON passages (text_hash);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT NOT NULL, printed TEXT NOT NULL, meaning TEXT NOT NULL, error_class TEXT NOT NULL,
    reaction TEXT NOT NULL, passage TEXT NOT NULL REFERENCES passages (id)) STRICT;
CREATE INDEX IF NOT EXISTS codes_by_code ON codes (code);
CREATE INDEX IF NOT EXISTS codes_by_passage ON codes (passage);
CREATE TABLE IF NOT EXISTS terms (
    term TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

DOCUMENT = (
    "d.id, d.title, d.kind, d.machine_kinds, d.machines, d.revision, d.effective_from, "
    "d.effective_until, d.status, d.language, d.source, d.source_hash, d.passages, "
    "d.readers, d.page_labels, d.ocr_pages, d.unread_pages"
)
PASSAGE = (
    "p.id, d.id, d.revision, p.ordinal, p.page, p.section, p.kind, p.text, p.codes, p.defines, "
    "p.last_page, p.boxes"
)
CODES = "SELECT DISTINCT printed, meaning, error_class, reaction, passage FROM codes"

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


def document_values(document: Document, origin: str) -> Row:
    """In the order of the table."""
    d = document
    return (
        *(d.key, origin, d.id, d.title, d.kind.value),
        *(json.dumps(d.machine_kinds), json.dumps(d.machines), d.revision),
        *(day(d.effective_from), day(d.effective_until), d.status.value),
        *(d.language, d.source, d.source_hash, d.passages),
        *(json.dumps(d.readers), json.dumps(d.page_labels)),
        *(json.dumps(d.ocr_pages), json.dumps(d.unread_pages)),
    )


def passage_values(entry: Entry) -> Iterator[Row]:
    """In the order of the table."""
    rows = zip(entry.passages, entry.hashes, entry.vectors, strict=True)
    for p, text_hash, vector in rows:
        place = (p.id, entry.document.key, p.ordinal, p.page, json.dumps(p.section), p.kind.value)
        codes = (json.dumps(p.codes), json.dumps(p.defines))
        boxes = json.dumps([astuple(box) for box in p.boxes])
        yield (*place, p.text, *codes, text_hash, blob(vector), p.last_page, boxes)


def code_values(entry: Entry) -> Iterator[Row]:
    """In the order of the table."""
    for row in entry.codes:
        for spelling in row.spellings:
            words = (row.printed, row.meaning, row.error_class, row.reaction)
            yield (spelling, *words, row.passage)


def read_document(row: Row) -> Document:
    """From the columns of DOCUMENT."""
    id_, title, kind, machine_kinds, machines, revision, begin, end, status, *rest = row
    language, source, source_hash, passages, readers, page_labels, ocr_pages, unread_pages = rest
    return Document(
        id=id_,
        title=title,
        kind=DocumentKind(kind),
        machine_kinds=tuple(json.loads(machine_kinds)),
        machines=tuple(json.loads(machines)),
        revision=revision,
        effective_from=None if begin is None else date.fromordinal(begin),
        effective_until=None if end is None else date.fromordinal(end),
        status=DocumentStatus(status),
        language=language,
        source=source,
        source_hash=source_hash,
        passages=passages,
        readers=tuple(json.loads(readers)),
        page_labels=tuple(json.loads(page_labels)),
        ocr_pages=tuple(json.loads(ocr_pages)),
        unread_pages=tuple(json.loads(unread_pages)),
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
