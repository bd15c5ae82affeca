"""Replies about documents, and about the answers that were given from them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from service.schemas import AnswerOut, CitationOut, Noun, example


def _file_name(source: str) -> str:
    return Path(source).name


class DocumentOut(Noun):
    """One revision of a document; only a current one is quoted."""

    model_config = example(
        id="SOP-HP-01",
        title="Cleaning the oil cooler",
        kind="sop",
        machine_kinds=["hydraulic-press"],
        machines=[],
        revision="C",
        effective_from="2026-01-15",
        effective_until=None,
        status="current",
        language="en",
        readers=[],
        passages=9,
        source="SOP-HP-01@C.pdf",
        ocr_pages=[],
        unread_pages=[],
    )
    id: str
    title: str
    kind: str
    machine_kinds: tuple[str, ...]
    machines: tuple[str, ...]
    revision: str
    effective_from: date | None
    effective_until: date | None
    status: str
    language: str
    readers: tuple[str, ...] = Field(description="Roles that may read it; empty: every role.")
    passages: int
    source: Annotated[str, AfterValidator(_file_name)] = Field(
        description="Name of the file that it was read from."
    )
    ocr_pages: tuple[int, ...] = Field(description="Pages that were read from a picture.")
    unread_pages: tuple[int, ...] = Field(
        description="Pages that are pictures and were not read: Tesseract is not installed."
    )


class FailureOut(Noun):
    """A file that could not be taken in, and why; nothing else is affected by it."""

    source: str
    reason: str


class DocumentsOut(BaseModel):
    """Documents of the library that the caller may read, every revision of each."""

    documents: list[DocumentOut]
    failures: list[FailureOut] = Field(
        default_factory=list, description="Of the last look at the folders; for engineers."
    )


class RevisionOut(DocumentOut):
    """A revision with the content that it was read from."""

    source_hash: str = Field(description="SHA-256 over the file and its sidecar.")


class ChangeOut(Noun):
    """One thing that was done to a document."""

    at: datetime
    by: str
    action: str = Field(description="added, replaced, withdrawn, restored or removed")
    document: str
    revision: str
    reason: str


class DocumentShownOut(BaseModel):
    """A document with all its revisions, and who did what to it."""

    id: str
    revisions: list[RevisionOut]
    changes: list[ChangeOut] = Field(description="What was done to it; for engineers.")


class PassageOut(Noun):
    """A citable piece of a document."""

    model_config = example(
        id="0b5c3c5e-6b1f-5f0a-9e0c-5a1f0d3b7c11",
        ordinal=4,
        page=2,
        last_page=0,
        section=["Cleaning the oil cooler", "Procedure"],
        kind="steps",
        text="1. Stop the press and lock it out.",
        codes=["E217"],
    )
    id: str
    ordinal: int
    page: int
    last_page: int = Field(description="Where it ends, when that is not `page`; 0 otherwise.")
    section: tuple[str, ...]
    kind: str
    text: str
    codes: tuple[str, ...]


class PassagesOut(BaseModel):
    """All passages of a revision, in the order of the document."""

    document: str
    revision: str
    passages: list[PassageOut]


class FoundOut(BaseModel):
    """Passages nearest to a query, best first."""

    query: str
    passages: list[CitationOut]


class AskedOut(AnswerOut):
    """An answer, the id under which it is kept, and the conversation that it belongs to."""

    model_config = example(
        question="E217, what do I do?",
        declined=False,
        reason="",
        text="Cleaning the oil cooler (SOP-HP-01, revision C, page 2) …",
        citations=[
            {
                "document": "SOP-HP-01",
                "title": "Cleaning the oil cooler",
                "revision": "C",
                "page": 2,
                "section": "Cleaning the oil cooler > Procedure",
                "quote": "1. Stop the press and lock it out.",
                "passage": "0b5c3c5e-6b1f-5f0a-9e0c-5a1f0d3b7c11",
                "score": 1.0,
                "last_page": 0,
                "page_label": "",
            }
        ],
        nearest=[],
        engine="quote",
        machine="press-3",
        support=0.81,
        sentences=[],
        dropped=0,
        conflicts=[],
        model="",
        prompt="",
        note="",
        id="a0c1d2e3f4a5b6c7",
        conversation="c6f1b0c2d3e4f5061728394a5b6c7d8e9",
    )
    id: str
    conversation: str = Field(description="To be sent with the next question that refers to this.")


class GivenOut(BaseModel):
    """An answer in the list of the audit."""

    id: str
    at: datetime
    caller: str
    role: str
    machine: str | None
    conversation: str
    question: str
    declined: bool
    reason: str
    engine: str
    model: str
    prompt: str
    support: float
    dropped: int
    verdict: str = Field(description="right or wrong, the newest of a person; empty: none.")
    cited: list[str] = Field(description="Document, revision and page of each citation.")


class GivenAnswersOut(BaseModel):
    """Answers, newest first."""

    answers: list[GivenOut]
    next: str | None = Field(description="To be sent as `before` for the next page; null: none.")


class VerdictOut(Noun):
    """What a person said about an answer."""

    verdict: str
    comment: str
    who: str


class GivenAnswerOut(GivenOut):
    """An answer as it was given, with the words that its passages had at that time."""

    scope: dict[str, Any] = Field(
        description="What could be quoted: machine, kind, reader, language, codes of the card."
    )
    answer: AnswerOut
    passages: list[CitationOut]
    verdicts: list[VerdictOut] = Field(description="Oldest first.")
