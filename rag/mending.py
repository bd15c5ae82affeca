"""The index made to agree with the catalogue, and both with the encoder and settings of today."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator

from rag.catalog import Catalog
from rag.document import Document
from rag.encoding import TextEncoder
from rag.index import PassageIndex
from rag.passages import READING, embedded_text
from rag.register import Register
from rag.settings import RagSettings
from rag.shelving import Shelving
from rag.standing import resolve
from rag.terms import ANALYSIS, terms

log = logging.getLogger(__name__)
Progress = Callable[[int, int, str], None]
"""Documents done, documents in all, the name of the one that is next or done."""
_ENCODER, _WEIGHING, _READING = "encoder", "weighing", "reading"
_OLD_MARK = "mending"
"""What stores of before the register hold where an update was under way."""


class Mender:
    """Puts one library right; the store is the truth, the index is made from it."""

    def __init__(
        self,
        catalog: Catalog,
        index: PassageIndex,
        encoder: TextEncoder,
        *,
        shelving: Shelving,
        settings: RagSettings,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._encoder = encoder
        self._shelving = shelving
        self._register = Register(catalog)
        self._settings = settings

    def repair(self, progress: Progress | None = None) -> None:
        """At a start: finish what was under way, make anew what does not fit any more."""
        if self._catalog.setting(_ENCODER) not in ("", self._encoder_name()):
            log.info("vectors made anew", extra={"encoder": self._encoder.name})
            self._embed_all(progress)
            self._index.clear(self._encoder.dimension)
        elif self._catalog.setting(_WEIGHING) not in ("", self._weighing()):
            self._index.clear(self._encoder.dimension)
        if self._catalog.setting(_WEIGHING) != self._weighing():
            self._count_terms()
        self.mend_marked()
        stored, size = self._index.count(), self._catalog.size()
        if stored != size or self._catalog.setting(_OLD_MARK):
            log.info("index repaired", extra={"indexed": stored, "passages": size})
            self._reconcile(progress)
            self._index.settle()
        self._catalog.keep(_ENCODER, self._encoder_name())
        self._catalog.keep(_WEIGHING, self._weighing())
        self._catalog.keep(_OLD_MARK, "")

    def mend_marked(self) -> None:
        """Finish what a process that died, or a change that failed, left half done."""
        marked = self._register.mending()
        for document in marked:
            log.info("document mended", extra={"document": document})
            self._shelving.mend(document)
        if marked:
            self._index.settle()
            self._register.end(marked)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Write every point anew from the store, in place; how many passages there are.

        Each passage stays what it was, so that searches meanwhile find what they would have.
        """
        for document in self._each(progress):
            self._shelving.put_again(document, self._catalog.passages_of(document.key))
        self._index.remove(sorted(self._index.ids() - self._catalog.ids()))
        self._index.settle()
        return self._catalog.size()

    def needs_reading(self) -> bool:
        """Whether passages would be cut otherwise today than when they were stored."""
        return self._catalog.setting(_READING) != self._reading()

    def mark_read(self) -> None:
        """All documents were read with the rules of today."""
        self._catalog.keep(_READING, self._reading())

    def _reconcile(self, progress: Progress | None) -> None:
        """Every passage is in the index, and nothing else."""
        indexed, known = self._index.ids(), self._catalog.ids()
        several = Counter(document.id for document in self._catalog.documents())
        anew = bool(self._catalog.setting(_OLD_MARK))
        for document in self._each(progress):
            passages = self._catalog.passages_of(document.key)
            every = anew and several[document.id] > 1
            lacking = [p for p in passages if every or p.id not in indexed]
            self._shelving.put_again(document, lacking)
        self._index.remove(sorted(indexed - known))

    def _each(self, progress: Progress | None) -> Iterator[Document]:
        """The documents as they stand, one by one, told when they are done."""
        documents = resolve(self._catalog.documents())
        for done, document in enumerate(documents.values(), start=1):
            yield document
            tell(progress, done, len(documents), document.title)

    def _embed_all(self, progress: Progress | None) -> None:
        documents = self._catalog.documents()
        for done, document in enumerate(documents, start=1):
            passages = self._catalog.passages_of(document.key)
            texts = [embedded_text(document.title, passage) for passage in passages]
            vectors = self._encoder.encode(texts)
            rows = zip(passages, vectors, strict=True)
            self._catalog.set_vectors({passage.id: vector for passage, vector in rows})
            tell(progress, done, len(documents), document.title)

    def _count_terms(self) -> None:
        """In how many passages each term of today's analysis stands."""
        counts: Counter[str] = Counter()
        for document in self._catalog.documents():
            for passage in self._catalog.passages_of(document.key):
                counts.update(set(terms(embedded_text(document.title, passage))))
        self._catalog.recount(counts)

    def _encoder_name(self) -> str:
        return f"{self._encoder.name}/{self._encoder.dimension}"

    def _weighing(self) -> str:
        s = self._settings
        return f"{ANALYSIS}/{s.bm25_k1}/{s.bm25_b}/{s.bm25_average_words}"

    def _reading(self) -> str:
        return f"{READING}/{self._settings.passage_words}"


def tell(progress: Progress | None, done: int, total: int, name: str) -> None:
    """Say how far it is, where somebody wants to know."""
    if progress:
        progress(done, total, name)
