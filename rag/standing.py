"""Which revision of a document holds on a day: never two at once, never one that was withdrawn."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from rag.document import Document, DocumentStatus


def resolve(documents: Iterable[Document]) -> dict[str, Document]:
    """Documents by key, where each current revision ends on the day that the next one begins."""
    by_id: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_id[document.id].append(document)
    return {
        document.key: document
        for revisions in by_id.values()
        for document in _resolve_one(revisions)
    }


def holds(document: Document, on: date) -> bool:
    """Whether a resolved document may be quoted on that day."""
    begun = document.effective_from is None or document.effective_from <= on
    ended = document.effective_until is not None and document.effective_until <= on
    return document.status is DocumentStatus.CURRENT and begun and not ended


def widen(one: Document, other: Document) -> Document:
    """The first document, holding on every day on which either does."""
    current = [d for d in (one, other) if d.status is DocumentStatus.CURRENT]
    if not current:
        return one
    begins = [d.effective_from for d in current]
    ends = [d.effective_until for d in current]
    return replace(
        one,
        status=DocumentStatus.CURRENT,
        effective_from=None if None in begins else min(day for day in begins if day),
        effective_until=None if None in ends else max(day for day in ends if day),
    )


def standing_on(resolved: Mapping[str, Document], on: date) -> list[Document]:
    """The documents as a person should see them: what has been replaced is superseded."""
    return [_seen(document, on) for document in resolved.values()]


def revision_order(revision: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts revisions as people count: 2 before 10, A before B."""
    parts = re.findall(r"\d+|[^\W\d_]+", revision.casefold())
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def _resolve_one(revisions: Sequence[Document]) -> list[Document]:
    current = [d for d in revisions if d.status is DocumentStatus.CURRENT]
    current.sort(key=lambda d: (d.effective_from or date.min, revision_order(d.revision)))
    others = [d for d in revisions if d.status is not DocumentStatus.CURRENT]
    following: list[Document | None] = [*current[1:], None]
    clipped = [_clip(*pair) for pair in zip(current, following, strict=False)]
    return clipped + others


def _clip(document: Document, following: Document | None) -> Document:
    if following is None:
        return document
    end = following.effective_from or date.min
    if end <= (document.effective_from or date.min):
        return replace(document, status=DocumentStatus.SUPERSEDED)
    until = min(document.effective_until or date.max, end)
    return replace(document, effective_until=until)


def _seen(document: Document, on: date) -> Document:
    over = document.effective_until is not None and document.effective_until <= on
    if document.status is DocumentStatus.CURRENT and over:
        return replace(document, status=DocumentStatus.SUPERSEDED)
    return document
