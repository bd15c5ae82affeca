"""On every day at most one revision of a document holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rag.document import Document, DocumentKind, DocumentStatus
from rag.standing import holds, resolve, revision_order

BASE = Document(
    "D", "T", DocumentKind.SOP, (), (), "1", None, None, DocumentStatus.CURRENT, "en", "", "00"
)


def revision(name: str, begin: str | None = None, end: str | None = None) -> Document:
    return replace(
        BASE,
        revision=name,
        effective_from=date.fromisoformat(begin) if begin else None,
        effective_until=date.fromisoformat(end) if end else None,
    )


def holding(documents: list[Document], on: str) -> list[str]:
    day = date.fromisoformat(on)
    return [d.revision for d in resolve(documents).values() if holds(d, day)]


def test_a_new_revision_takes_over_on_its_first_day() -> None:
    """The day before, the old one holds."""
    both = [revision("B", "2026-06-01"), revision("A", "2025-01-01")]
    assert holding(both, "2024-12-31") == []
    assert holding(both, "2026-05-31") == ["A"]
    assert holding(both, "2026-06-01") == ["B"]


def test_without_dates_the_higher_revision_holds() -> None:
    """10 comes after 9, B after A."""
    assert holding([revision("9"), revision("10")], "2026-01-01") == ["10"]
    assert holding([revision("B"), revision("A")], "2026-01-01") == ["B"]
    assert revision_order("1.10") > revision_order("1.9")


def test_a_document_ends_on_its_last_day() -> None:
    """effective_until is the first day on which it no longer holds."""
    (only,) = [revision("A", end="2026-06-01")]
    assert holding([only], "2026-05-31") == ["A"]
    assert holding([only], "2026-06-01") == []


def test_withdrawn_superseded_and_draft_never_hold() -> None:
    """And a draft takes nothing over."""
    for status in (DocumentStatus.WITHDRAWN, DocumentStatus.SUPERSEDED, DocumentStatus.DRAFT):
        later = replace(revision("B"), status=status)
        assert holding([revision("A"), later], "2026-01-01") == ["A"]


def test_another_document_is_not_touched() -> None:
    """Revisions are compared within one id."""
    other = replace(revision("Z"), id="OTHER")
    assert sorted(holding([revision("A"), other], "2026-01-01")) == ["A", "Z"]
