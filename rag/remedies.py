"""The procedure for a diagnosed fault: of an SOP that a code table or its words tie to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.advisor import Advisor, Asked
from rag.catalog import Catalog
from rag.codebook import Codebook
from rag.document import CodeEntry, Document, DocumentKind
from rag.finding import Finding, Held
from rag.identifiers import find_codes, normalise_code
from rag.index import Scope
from rag.phrases import PHRASES
from rag.retrieval import Found, Retriever
from rag.settings import RagSettings
from rag.wanted import Want, Wanted

_CANDIDATES = 24
_REFERRED, _NAMED = 4.0, 2.0
"""Weight of a code table that sends the reader to a document, and of a document that names the
fault class; both stand above every fused score."""


class Remedies:
    """Finds what to do about a fault class."""

    def __init__(
        self,
        catalog: Catalog,
        retriever: Retriever,
        book: Codebook,
        advisor: Advisor,
        *,
        settings: RagSettings,
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._book = book
        self._advisor = advisor
        self._settings = settings

    def find(
        self, label: str, question: str, scope: Scope, *, codes: Sequence[str], language: str
    ) -> Finding:
        """The procedure of an SOP, else what a manual says.

        Args:
            label: The fault class, such as `cooler_fouled`.
            question: What the class means, in words.
            scope: The machine and the reader.
            codes: Vendor codes that were raised with it.
            language: Of a reason.
        """
        entries = [entry for code in codes for entry in self._book.look_up(code, scope)[:1]]
        question = " ".join([question, *(entry.meaning for entry in entries)])
        sops = replace(scope, kinds=(DocumentKind.SOP.value,))
        retrieved = self._retriever.search(question, sops, codes=codes, limit=_CANDIDATES)
        near = tuple(Held(f.document, f.passage, f.score) for f in retrieved.found)
        rows = [*entries, *self._book.of_class(label, scope)]
        found = _by_document(retrieved.found)
        ties = self._ties(rows, label, sops, [document for document, _ in found])
        missing = self._book.missing(rows, scope)
        supported = retrieved.support >= self._settings.support_min and not missing
        for document, score in self._ranked(found, ties):
            procedure = self._advisor.procedure_of(document)
            if procedure and (document.key in ties or supported):
                because = self._advisor.held([entry.passage for entry in entries], scope)
                support = 1.0 if document.key in ties else retrieved.support
                return Finding(procedure, (), because, near, support=support, score=score)
        if missing:
            reason = PHRASES[language]["missing"].format(document=missing[0])
            return Finding(near=near, reason=reason, support=retrieved.support)
        wants = Wanted(Want.PROCEDURE)
        return self._advisor.ask(Asked(question, tuple(codes), language, wants), scope)

    def _ties(
        self, rows: Sequence[CodeEntry], label: str, scope: Scope, found: Sequence[Document]
    ) -> dict[str, float]:
        """By key: SOPs that a code table refers to for this fault, and found ones that name it."""
        referred = {code for row in rows for code in find_codes(row.reaction)}
        ties = {d.key: _NAMED for d in found if self._names(d, label)}
        for document in self._advisor.documents_in(scope):
            if normalise_code(document.id) in referred:
                ties[document.key] = ties.get(document.key, 0.0) + _REFERRED
        return ties

    def _ranked(
        self, found: Sequence[tuple[Document, float]], ties: Mapping[str, float]
    ) -> list[tuple[Document, float]]:
        """Documents that were found or are tied to the fault, the best first."""
        scores = {document.key: (document, score) for document, score in found}
        for key in ties:
            scores.setdefault(key, (self._retriever.resolved()[key], 0.0))
        ranked = sorted(scores.values(), key=lambda p: (-p[1] - ties.get(p[0].key, 0.0), p[0].key))
        return [(document, min(score, 1.0)) for document, score in ranked]

    def _names(self, document: Document, label: str) -> bool:
        word = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
        return any(word.search(p.text) for p in self._catalog.passages_of(document.key))


def _by_document(found: Sequence[Found]) -> list[tuple[Document, float]]:
    """Documents with the score of their best passage."""
    scores: dict[str, tuple[Document, float]] = {}
    for each in found:
        _, score = scores.get(each.document.key, (each.document, 0.0))
        scores[each.document.key] = (each.document, max(score, each.score))
    return list(scores.values())
