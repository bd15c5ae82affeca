"""The code tables of documents in force: what a code means, and which documents its row names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.catalog import Catalog
from rag.document import CodeEntry, Document, Passage, section_name
from rag.identifiers import code_spellings, normalise_code
from rag.index import Scope
from rag.plain import plain
from rag.retrieval import Retriever
from rag.rows import CodeRow
from rag.scoping import admits


class Codebook:
    """Reads the code tables of one library."""

    def __init__(self, catalog: Catalog, retriever: Retriever) -> None:
        self._catalog = catalog
        self._retriever = retriever

    def look_up(self, code: str, scope: Scope) -> list[CodeEntry]:
        """Rows of code tables that hold today, the table of that machine kind first."""
        return self._in_force(self._catalog.code_rows(code_spellings(code)), scope)

    def of_class(self, error_class: str, scope: Scope) -> list[CodeEntry]:
        """Rows of code tables in force that name this error class."""
        return self._in_force(self._catalog.class_rows(error_class), scope)

    def kinds_of(self, code: str, scope: Scope) -> set[str]:
        """The machine kinds on which that code means something."""
        return {kind for entry in self.look_up(code, scope) for kind in entry.machine_kinds}

    def missing(self, rows: Iterable[CodeEntry], scope: Scope) -> list[str]:
        """Documents that these rows refer to and that are not there or do not hold."""
        held = [d for d in self._retriever.all_holding() if admits(scope, d)]
        shapes = {_shape(document.id) for document in held}
        there = {normalise_code(document.id) for document in held}
        words = [word.strip(".,;()") for row in rows for word in row.reaction.split()]
        named = [word for word in words if _shape(word) in shapes]
        return [word for word in named if normalise_code(word) not in there]

    def _in_force(self, rows: Sequence[CodeRow], scope: Scope) -> list[CodeEntry]:
        passages = self._catalog.passages([row.passage for row in rows])
        entries = []
        for row in (row for row in rows if row.passage in passages):
            held = self._retriever.holding(passages[row.passage].key)
            if held and admits(scope, held):
                entries.append(_entry(row, held, passages[row.passage]))
        return sorted(entries, key=lambda e: (not e.machine_kinds, not e.error_class, e.document))


def _shape(identifier: str) -> str:
    """`SOP-HP-01` is `AAA-AA-99`."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "A", identifier))


def _entry(row: CodeRow, document: Document, passage: Passage) -> CodeEntry:
    return CodeEntry(
        code=row.printed,
        meaning=row.meaning,
        error_class=row.error_class,
        reaction=row.reaction,
        document=document.id,
        title=document.title,
        revision=document.revision,
        page=passage.page,
        section=section_name(passage.section),
        passage=passage.id,
        quote=plain(passage.text),
        machine_kinds=document.machine_kinds,
    )
