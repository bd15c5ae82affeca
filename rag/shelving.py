"""Documents into the store and the index: the new is in before the old is out."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from rag.catalog import Catalog
from rag.document import Block, Document, Passage
from rag.encoding import TextEncoder, Vectors
from rag.index import PassageIndex, Point, payload_of
from rag.passages import READING, embedded_text, make_passages
from rag.rows import Entry
from rag.settings import RagSettings
from rag.standing import resolve, widen
from rag.terms import ANALYSIS, document_vector, terms

log = logging.getLogger(__name__)
_BATCH = 64
_MENDING = "mending"
_ENCODER, _WEIGHING, _READING = "encoder", "weighing", "reading"


class Shelving:
    """Writes to one library.

    A passage of the index that the catalogue does not know is never shown, so the commit of the
    catalogue is the one moment at which a revision changes. Whatever else was under way when the
    process died is put right by `repair`.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: PassageIndex,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._encoder = encoder
        self._settings = settings

    @contextmanager
    def mending(self) -> Iterator[None]:
        """Marks that index and catalogue may differ until the end."""
        self._catalog.keep(_MENDING, "yes")
        yield
        self._catalog.keep(_MENDING, "")

    def put(self, document: Document, blocks: Sequence[Block], origin: str) -> int:
        """Take in a document in place of the same revision; how many texts were embedded.

        Call within `mending`.
        """
        passages, codes = make_passages(document, blocks, words=self._settings.passage_words)
        document = replace(document, passages=len(passages))
        texts = [embedded_text(document.title, passage) for passage in passages]
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        vectors, embedded = self._embed(texts, hashes)
        bags = [frozenset(terms(text)) for text in texts]
        before = self._catalog.documents(named=document.id)
        others = [each for each in before if each.key != document.key]
        resolved = resolve([*others, document])
        self._widen(before, resolved, but=document.key)
        self._index.put(self._points(resolved[document.key], passages, vectors))
        replaced = self._catalog.passages_of(document.key)
        with self._catalog.changing():
            self._catalog.forget(document.key, self._bags(before, document.key, replaced))
            self._catalog.put(Entry(document, passages, hashes, vectors, bags, codes, origin))
        kept = {passage.id for passage in passages}
        self._index.remove([old.id for old in replaced if old.id not in kept])
        self._narrow(before, resolved, but=document.key)
        return embedded

    def remove(self, document: Document) -> None:
        """Take out one revision. Call within `mending`."""
        before = self._catalog.documents(named=document.id)
        passages = self._catalog.passages_of(document.key)
        rest = resolve(each for each in before if each.key != document.key)
        self._widen(before, rest, but=document.key)
        with self._catalog.changing():
            self._catalog.forget(document.key, self._bags(before, document.key, passages))
        self._index.remove([passage.id for passage in passages])
        self._narrow(before, rest, but=document.key)

    def needs_reading(self) -> bool:
        """Whether passages would be cut otherwise today than when they were stored."""
        return self._catalog.setting(_READING) != self._reading()

    def mark_read(self) -> None:
        """All documents were read with the rules of today."""
        self._catalog.keep(_READING, self._reading())

    def repair(self, progress: Callable[[int, int, str], None] | None = None) -> None:
        """Make the index agree with the catalogue and with encoder and settings of today."""
        if self._catalog.setting(_ENCODER) not in ("", self._encoder_name()):
            log.info("vectors made anew", extra={"encoder": self._encoder.name})
            self._embed_all(progress)
            self._index.clear(self._encoder.dimension)
        elif self._catalog.setting(_WEIGHING) not in ("", self._weighing()):
            self._index.clear(self._encoder.dimension)
        stored, size = self._index.count(), self._catalog.size()
        if self._catalog.setting(_MENDING) or stored != size:
            log.info("index repaired", extra={"indexed": stored, "passages": size})
            self._reconcile()
        self._catalog.keep(_ENCODER, self._encoder_name())
        self._catalog.keep(_WEIGHING, self._weighing())
        self._catalog.keep(_MENDING, "")

    def _reconcile(self) -> None:
        indexed, known = self._index.ids(), self._catalog.ids()
        documents = self._catalog.documents()
        ids = [document.id for document in documents]
        for document in resolve(documents).values():
            passages = self._catalog.passages_of(document.key)
            several = ids.count(document.id) > 1
            self._put_again(document, [p for p in passages if several or p.id not in indexed])
        self._index.remove(sorted(indexed - known))

    def _widen(self, before: Sequence[Document], after: dict[str, Document], *, but: str) -> None:
        """Before the commit: other revisions can be found on all days of before and after."""
        for key, earlier in resolve(before).items():
            if key != but and (widest := widen(earlier, after[key])) != earlier:
                self._put_again(widest, self._catalog.passages_of(key))

    def _narrow(self, before: Sequence[Document], after: dict[str, Document], *, but: str) -> None:
        """After the commit: they are found on the days of after alone."""
        for key, earlier in resolve(before).items():
            if key != but and widen(earlier, after[key]) != after[key]:
                self._put_again(after[key], self._catalog.passages_of(key))

    def _put_again(self, document: Document, passages: Sequence[Passage]) -> None:
        vectors = self._catalog.vectors([passage.id for passage in passages])
        rows = [vectors[passage.id] for passage in passages]
        self._index.put(self._points(document, passages, rows))

    def _points(
        self, document: Document, passages: Sequence[Passage], vectors: Sequence[Vectors] | Vectors
    ) -> list[Point]:
        k1, b = self._settings.bm25_k1, self._settings.bm25_b
        average = self._settings.bm25_average_words
        return [
            Point(
                passage.id,
                vector.tolist(),
                document_vector(
                    embedded_text(document.title, passage), k1=k1, b=b, average=average
                ),
                payload_of(document, passage),
            )
            for passage, vector in zip(passages, vectors, strict=True)
        ]

    def _bags(
        self, documents: Sequence[Document], key: str, passages: Sequence[Passage]
    ) -> list[frozenset[str]]:
        """The terms with which the passages were counted."""
        title = next((each.title for each in documents if each.key == key), "")
        return [frozenset(terms(embedded_text(title, passage))) for passage in passages]

    def _embed(self, texts: Sequence[str], hashes: Sequence[str]) -> tuple[Vectors, int]:
        """Vectors of all texts; only those that are new are embedded."""
        known = self._catalog.vectors_by_hash(hashes)
        new = [i for i, text_hash in enumerate(hashes) if text_hash not in known]
        vectors = np.zeros((len(texts), self._encoder.dimension), dtype=np.float32)
        for i, text_hash in enumerate(hashes):
            if text_hash in known:
                vectors[i] = known[text_hash]
        for start in range(0, len(new), _BATCH):
            rows = new[start : start + _BATCH]
            vectors[rows] = self._encoder.encode([texts[i] for i in rows])
        return vectors, len(new)

    def _embed_all(self, progress: Callable[[int, int, str], None] | None) -> None:
        documents = self._catalog.documents()
        for done, document in enumerate(documents, start=1):
            passages = self._catalog.passages_of(document.key)
            texts = [embedded_text(document.title, passage) for passage in passages]
            vectors = self._encoder.encode(texts)
            rows = zip(passages, vectors, strict=True)
            self._catalog.set_vectors({passage.id: vector for passage, vector in rows})
            if progress:
                progress(done, len(documents), document.title)

    def _encoder_name(self) -> str:
        return f"{self._encoder.name}/{self._encoder.dimension}"

    def _weighing(self) -> str:
        s = self._settings
        return f"{ANALYSIS}/{s.bm25_k1}/{s.bm25_b}/{s.bm25_average_words}"

    def _reading(self) -> str:
        return f"{READING}/{self._settings.passage_words}"
