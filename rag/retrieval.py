"""Question to passages: exact identifiers first, then sparse and dense scores together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.catalog import Catalog
from rag.document import Document, Passage
from rag.encoding import TextEncoder
from rag.fusion import fuse
from rag.identifiers import bare_numbers, code_spellings, find_codes
from rag.index import Hit, PassageIndex, Scope
from rag.passages import embedded_text
from rag.settings import RagSettings
from rag.standing import holds, resolve
from rag.terms import idf, query_vector, terms

DEFINES, MENTIONS = 2, 1
_SUPPORTING = 3
"""How many of the best passages may cover the terms of a question."""
_EXACT_LIMIT = 1000
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found and why."""

    document: Document
    passage: Passage
    score: float
    """Fused, 0 to 1; 1 to 3 for a passage that holds an identifier of the question."""
    cosine: float
    exact: int = 0
    """2: it is about an identifier of the question; 1: it mentions one; 0 otherwise."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best passages and how well they support an answer at all."""

    found: tuple[Found, ...]
    cosine: float
    """Of the nearest passage."""
    coverage: float
    """IDF-weighted share of the question's terms that stand in the best passages."""
    support: float
    """0 to 1; a passage about the very code that was asked for is full support."""


class Retriever:
    """Searches one library."""

    def __init__(
        self,
        catalog: Catalog,
        index: PassageIndex,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
        today: Callable[[], date],
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._encoder = encoder
        self._settings = settings
        self._today = today
        self._resolved: tuple[tuple[int, int], Mapping[str, Document]] = ((-1, -1), {})

    def search(
        self, question: str, scope: Scope, *, codes: Sequence[str] = (), limit: int = 8
    ) -> Retrieved:
        """The best passages within a scope.

        Args:
            codes: Identifiers to look for beside those in the question.
        """
        scope = replace(scope, on=scope.on or self._today())
        for _ in range(_TRIES):
            version = self._catalog.version
            retrieved = self._search(question, scope, codes=codes, limit=limit)
            if self._catalog.version == version:
                break  # else a document changed between the index and the catalogue
        return retrieved

    def resolved(self) -> Mapping[str, Document]:
        """All documents by key, with the days on which they hold."""
        version = self._catalog.version
        if self._resolved[0] != version:
            self._resolved = (version, resolve(self._catalog.documents()))
        return self._resolved[1]

    def holding(self, key: str, on: date | None = None) -> Document | None:
        """The document under that key if it may be quoted, today unless told."""
        document = self.resolved().get(key)
        return document if document and holds(document, on or self._today()) else None

    def all_holding(self) -> list[Document]:
        """The documents that may be quoted today."""
        today = self._today()
        return [document for document in self.resolved().values() if holds(document, today)]

    def _search(
        self, question: str, scope: Scope, *, codes: Sequence[str], limit: int
    ) -> Retrieved:
        weights = self._weights(question)
        depth = max(self._settings.fusion_depth, limit)
        dense = self._index.nearest(self._encoder.encode([question])[0].tolist(), scope, depth)
        sparse = self._index.matching(query_vector(weights), scope, depth)
        exact = self._exact(question, codes, scope)
        found = self._ranked(dense, sparse, exact, limit=limit)
        cosine = max(dense[0].score, 0.0) if dense else 0.0
        covered = coverage(weights, found[:_SUPPORTING])
        return Retrieved(tuple(found), cosine, covered, self._support(found, cosine, covered))

    def _weights(self, question: str) -> dict[str, float]:
        """IDF of each term, times how often it is asked for."""
        counts = Counter(terms(question))
        known, size = self._catalog.counts(list(counts)), self._catalog.size()
        return {term: n * idf(size, known.get(term, 0)) for term, n in counts.items()}

    def _support(self, found: Sequence[Found], cosine: float, covered: float) -> float:
        if found and found[0].exact == DEFINES:
            return 1.0
        share = self._settings.support_cosine_weight
        return share * cosine + (1.0 - share) * covered

    def _exact(self, question: str, codes: Sequence[str], scope: Scope) -> dict[str, int]:
        given = (spelling for code in codes for spelling in code_spellings(code))
        numbers = [row for row in bare_numbers(question) if self._catalog.code_rows([row])]
        wanted = tuple(dict.fromkeys([*given, *find_codes(question), *numbers]))
        if not wanted:
            return {}
        mentions = self._index.within(replace(scope, codes=wanted), _EXACT_LIMIT)
        defines = self._index.within(replace(scope, defines=wanted), _EXACT_LIMIT)
        return dict.fromkeys(mentions, MENTIONS) | dict.fromkeys(defines, DEFINES)

    def _ranked(
        self, dense: Sequence[Hit], sparse: Sequence[Hit], exact: Mapping[str, int], *, limit: int
    ) -> list[Found]:
        fused = fuse(dense, sparse, self._settings)
        scores = {id_: fused.get(id_, 0.0) + exact.get(id_, 0) for id_ in {**fused, **exact}}
        order = sorted(scores, key=lambda id_: (-scores[id_], id_))
        cosines = {hit.id: hit.score for hit in dense}
        found: list[Found] = []
        for start in range(0, len(order), limit):
            batch = order[start : start + limit]
            stored = self._catalog.passages(batch)
            for id_ in (id_ for id_ in batch if id_ in stored):
                if held := self.holding(stored[id_].key):
                    near, exactness = cosines.get(id_, 0.0), exact.get(id_, 0)
                    found.append(Found(held, stored[id_], scores[id_], near, exactness))
            if len(found) >= limit:
                break
        return found[:limit]


def coverage(weights: Mapping[str, float], found: Sequence[Found]) -> float:
    """The IDF-weighted share of terms that stand in these passages."""
    there: set[str] = set()
    for each in found:
        there.update(terms(embedded_text(each.document.title, each.passage)))
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in there) / total if total else 0.0
