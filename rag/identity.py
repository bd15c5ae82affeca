"""Whether two files can be revisions of one document, or somebody gave one id twice."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import DataFault
from rag.document import Document


def refuse_other_machines(document: Document, known: Sequence[Document]) -> None:
    """A revision for other machines than those before it is another document under the same id.

    Raises:
        DataFault: naming both.
    """
    mine = set(document.machine_kinds)
    for other in known:
        if other.key == document.key or not mine or not other.machine_kinds:
            continue
        if mine.isdisjoint(other.machine_kinds):
            raise DataFault(
                f"{_named(document)} is for {', '.join(document.machine_kinds)}, but "
                f"{_named(other)} is for {', '.join(other.machine_kinds)}.",
                remedy="Give it an id of its own, or take out the other revision first.",
            )


def refuse_other_title(document: Document, stored: Document) -> None:
    """One revision has one title; another title is another document under the same id.

    Raises:
        DataFault: naming both.
    """
    if document.title.casefold() != stored.title.casefold():
        raise DataFault(
            f"{_named(document)} is there already as {stored.title!r}; this one is "
            f"{document.title!r}.",
            remedy="Give it another id or a new revision, or take out the other one first.",
        )


def _named(document: Document) -> str:
    return f"{document.id} revision {document.revision}"
