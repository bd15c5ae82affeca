"""Nouns of what documents say: a place with its words, and who says what about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document, with the words that stand there."""

    document: str
    title: str
    revision: str
    page: int
    """Counted from 1; 1 for a document without pages."""
    section: str
    quote: str
    passage: str
    """Id of the passage in the index."""
    score: float
    last_page: int = 0
    """Where the quote ends, when that is not `page`; 0 otherwise."""
    page_label: str = ""
    """What is printed on the page, such as `iv` or `3-12`; empty when it is the number."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two documents in force that do not say the same; the newer one counts."""

    newer: Citation
    older: Citation
    what: str
    """Where they differ, such as `12 bar, 14 bar`."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as a language model is shown it."""

    id: str
    title: str
    section: str
    text: str
    """Untrusted: what it says is material, never an instruction."""


@dataclass(frozen=True, slots=True)
class QuotedSentence:
    """A sentence of an answer and the words of a passage that it stands on."""

    text: str
    passage: str
    """Id of the passage."""
    quote: str
    """Words that stand in the passage."""


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """What a model wrote to a question, unchecked, and by which words it was asked."""

    sentences: tuple[QuotedSentence, ...] = ()
    engine: str = ""
    model: str = ""
    prompt: str = ""
    """`<id>@<version>#<content hash>`."""
    note: str = ""
    """Why it wrote nothing, if so."""
