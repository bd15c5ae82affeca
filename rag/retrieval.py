"""Question to passages: exact identifiers first, then sparse and dense scores together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice

from rag.catalog import Catalog
from rag.document import Document, DocumentStatus, Passage
from rag.encoding import TextEncoder
from rag.folding import Print, alike, fingerprint
from rag.fusion import fuse
from rag.identifiers import bare_numbers, code_spellings, find_codes
from rag.index import Hit, PassageSearch, Scope
from rag.passages import embedded_text
from rag.reranking import Reranker
from rag.scoping import admits
from rag.settings import RagSettings
from rag.standing import holds, resolve, standing_on
from rag.support import SUPPORTING, coverage, support
from rag.terms import query_vector
from rag.wording import wording

DEFINES, MENTIONS = 2, 1
_EXACT_LIMIT = 1000
_ABOUT = 50
"""Passages about the code of a question that are asked for the machine kind it belongs to."""
_CURRENT = (DocumentStatus.CURRENT.value,)


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
    folded: tuple[Found, ...] = ()
    """Passages that say the same in the same words, elsewhere."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best passages and how well they support an answer at all."""

    found: tuple[Found, ...]
    cosine: float
    """Of the nearest passage."""
    coverage: float
    """IDF-weighted share of the question's terms that stand together in one of the best."""
    support: float
    """0 to 1; a passage about the very code that was asked for is full support."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage that a search named, not yet looked at."""

    id: str
    score: float
    cosine: float
    exact: int


class Retriever:
    """Searches one library."""

    def __init__(
        self,
        catalog: Catalog,
        index: PassageSearch,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
        today: Callable[[], date],
        reranker: Reranker | None = None,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._encoder = encoder
        self._settings = settings
        self._today = today
        self._reranker = reranker
        self._resolved: tuple[tuple[int, int], Mapping[str, Document]] = ((-1, -1), {})

    def search(
        self, question: str, scope: Scope, *, codes: Sequence[str] = (), limit: int = 8
    ) -> Retrieved:
        """The best passages within a scope, each once however many documents say the same.

        Args:
            question: Without the name of the machine, which stands in the scope.
            scope: Holds for everything that is told, also for what was folded away.
            codes: Identifiers to look for beside those in the question.
            limit: How many at most.
        """
        scope = replace(scope, on=scope.on or self._today())
        return self._catalog.undisturbed(
            lambda: self._search(question, scope, codes=codes, limit=limit)
        )

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
        within = self._standing(scope)
        if within is None:
            return Retrieved((), 0.0, 0.0, 0.0)
        exact = self._exact(question, codes, within)
        if kind := self._kind_of(exact, scope):
            scope, within = replace(scope, machine_kind=kind), replace(within, machine_kind=kind)
        asked = wording(question, self._catalog, self._languages())
        depth = max(self._settings.fusion_depth, limit)
        dense = self._nearest(asked.texts, within, depth)
        sparse = self._index.matching(query_vector(asked.terms), within, depth)
        looked_at = self._looked_at(self._ordered(dense, sparse, exact), scope)
        best = list(islice(looked_at, SUPPORTING))
        found = self._told(question, chain(best, looked_at), limit=limit)
        cosine = max(dense[0].score, 0.0) if dense else 0.0
        texts = [embedded_text(each.document.title, each.passage) for each in best]
        size = self._catalog.size()
        covered = max(coverage(weights, texts, size) for weights in asked.asked)
        supported = support(cosine, covered, self._settings.support_cosine_weight)
        if best and best[0].exact == DEFINES:
            supported = 1.0
        return Retrieved(tuple(found), cosine, covered, supported)

    def _standing(self, scope: Scope) -> Scope | None:
        """What the index is asked for; None where no document has such a standing.

        The index knows on which days a document holds. Whether one was superseded on a day is
        known by the catalogue alone, so that these documents are asked for by name.
        """
        if scope.statuses == _CURRENT:
            return scope
        named = {d.id for d in self.resolved().values() if self._admits(scope, d)}
        if not named:
            return None
        return replace(scope, statuses=(), on=None, documents=tuple(sorted(named)))

    def _admits(self, scope: Scope, document: Document) -> bool:
        """Whether a passage of that document may be told: by the catalogue, never by the index."""
        on = scope.on or self._today()
        if not admits(scope, document):
            return False
        if scope.statuses == _CURRENT:
            return holds(document, on)
        (seen,) = standing_on({document.key: document}, on)
        current = seen.status is DocumentStatus.CURRENT
        wanted = not scope.statuses or seen.status.value in scope.statuses
        return wanted and (holds(document, on) or not current)

    def _nearest(self, texts: Sequence[str], scope: Scope, depth: int) -> list[Hit]:
        """By the nearest of these texts, which ask the same in other words."""
        best: dict[str, float] = {}
        for vector in self._encoder.encode(texts):
            for hit in self._index.nearest(vector.tolist(), scope, depth):
                best[hit.id] = max(hit.score, best.get(hit.id, hit.score))
        return [Hit(id_, best[id_]) for id_ in sorted(best, key=lambda id_: (-best[id_], id_))]

    def _languages(self) -> set[str]:
        """Those that documents are written in."""
        return {document.language for document in self.resolved().values()}

    def _exact(self, question: str, codes: Sequence[str], scope: Scope) -> dict[str, int]:
        """How exactly each passage holds an identifier of the question."""
        given = (spelling for code in codes for spelling in code_spellings(code))
        listed = (row for row in bare_numbers(question) if self._catalog.code_rows([row]))
        wanted = tuple(dict.fromkeys([*given, *find_codes(question), *listed]))
        if not wanted:
            return {}
        mentions = self._index.within(replace(scope, codes=wanted), _EXACT_LIMIT)
        defines = self._index.within(replace(scope, defines=wanted), _EXACT_LIMIT)
        return dict.fromkeys(mentions, MENTIONS) | dict.fromkeys(defines, DEFINES)

    def _kind_of(self, exact: Mapping[str, int], scope: Scope) -> str | None:
        """The one machine kind that has the code of the question, where no machine is named."""
        if scope.machine_kind is not None or scope.machine is not None:
            return None
        about = sorted(id_ for id_, exactness in exact.items() if exactness == DEFINES)
        stored = self._catalog.passages(about[:_ABOUT])
        documents = [self.resolved().get(passage.key) for passage in stored.values()]
        kinds = {d.machine_kinds for d in documents if d and self._admits(scope, d)}
        named = {kind for each in kinds for kind in each}
        return named.pop() if len(named) == 1 and () not in kinds else None

    def _ordered(
        self, dense: Sequence[Hit], sparse: Sequence[Hit], exact: Mapping[str, int]
    ) -> list[_Candidate]:
        fused = fuse(dense, sparse, self._settings)
        scores = {id_: fused.get(id_, 0.0) + exact.get(id_, 0) for id_ in {**fused, **exact}}
        cosines = {hit.id: hit.score for hit in dense}
        return [
            _Candidate(id_, scores[id_], cosines.get(id_, 0.0), exact.get(id_, 0))
            for id_ in sorted(scores, key=lambda id_: (-scores[id_], id_))
        ]

    def _looked_at(
        self, candidates: Sequence[_Candidate], scope: Scope, batch: int = 16
    ) -> Iterator[Found]:
        """Those that may be told, with their words, in the same order."""
        for start in range(0, len(candidates), batch):
            some = candidates[start : start + batch]
            stored = self._catalog.passages([each.id for each in some])
            for each in some:
                passage = stored.get(each.id)
                document = self.resolved().get(passage.key) if passage else None
                if passage and document and self._admits(scope, document):
                    yield Found(document, passage, each.score, each.cosine, each.exact)

    def _told(self, question: str, looked_at: Iterator[Found], *, limit: int) -> list[Found]:
        """The best, folded and, where a model for it is set, ranked anew."""
        depth = max(limit, self._settings.reranker_depth) if self._reranker else limit
        found = folded(looked_at, depth)
        if self._reranker is None or len(found) < 2:
            return found[:limit]
        texts = [embedded_text(each.document.title, each.passage) for each in found]
        scores = self._reranker.scores(question, texts)
        anew = [replace(f, score=f.exact + s) for f, s in zip(found, scores, strict=True)]
        return sorted(anew, key=lambda each: (-each.score, each.passage.id))[:limit]


def folded(found: Iterator[Found], limit: int) -> list[Found]:
    """The first so many that are no near-duplicates of a better one, which names those that are."""
    kept: list[tuple[Print, list[Found]]] = []
    for each in found:
        mark = fingerprint(each.passage)
        same = next((group for other, group in kept if alike(other, mark)), None)
        if same is not None:
            same.append(each)
        elif len(kept) == limit:
            break
        else:
            kept.append((mark, [each]))
    return [replace(group[0], folded=tuple(group[1:])) for _, group in kept]
