"""Documents into the store and the index: the new is in before the old is out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rag.catalog import Catalog
from rag.document import Document, Passage
from rag.encoding import Vectors
from rag.index import PassageIndex, Point, Scope, payload_of
from rag.passages import embedded_text
from rag.preparing import Prepared
from rag.register import Register
from rag.rows import Entry
from rag.settings import RagSettings
from rag.standing import resolve, widen
from rag.terms import SparseVector, document_vector, terms

log = logging.getLogger(__name__)


class Shelving:
    """Writes to one library.

    A passage of the index that the catalogue does not know is never shown, so the commit of the
    catalogue is the one moment at which a revision changes. What else was under way when the
    process died stands in the register, and is put right at the next start.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: PassageIndex,
        register: Register,
        *,
        settings: RagSettings,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._register = register
        self._settings = settings

    @contextmanager
    def mending(self, documents: Iterable[str]) -> Iterator[None]:
        """Marks that the index may differ about these until the end; what fails stays marked."""
        documents = list(documents)
        self._register.begin(documents)
        yield
        self._index.settle()  # else a power cut could lose what the marks say is done
        self._register.end(documents)

    def put(self, item: Prepared, origin: str, note: Callable[[Document | None], None]) -> None:
        """Take in a document in place of the same revision; call within `mending`.

        Args:
            note: Called with the document that it replaces, in the same transaction.
        """
        draft = item.draft
        document = replace(draft.document, passages=len(draft.passages))
        before = self._catalog.documents(named=document.id)
        replaced = next((each for each in before if each.key == document.key), None)
        if replaced and replaced.source_hash == document.source_hash:  # only cut otherwise
            document = replace(document, added_at=replaced.added_at, added_by=replaced.added_by)
        others = [each for each in before if each.key != document.key]
        after = resolve([*others, self._register.marked(document)])
        rows = zip(draft.passages, draft.sparse, item.vectors, strict=True)
        points = [_point(after[document.key], *row) for row in rows]
        self._widen(before, after, but=document.key)
        self._index.put(points)
        old = self._catalog.passages_of(document.key)
        entry = _entry(document, item, origin)
        with self._catalog.changing():
            self._catalog.forget(document.key, self._bags(before, document.key, old))
            self._catalog.put(entry)
            note(replaced)
        kept = {passage.id for passage in draft.passages}
        self._index.remove([passage.id for passage in old if passage.id not in kept])
        self._narrow(before, after, but=document.key)

    def remove(self, documents: Sequence[Document], note: Callable[[Document], None]) -> None:
        """Take out revisions of one document, all in one step; call within `mending`."""
        keys = {document.key for document in documents}
        before = self._catalog.documents(named=documents[0].id)
        rest = resolve(each for each in before if each.key not in keys)
        self._widen(before, rest)
        gone: list[str] = []
        with self._catalog.changing():
            for document in documents:
                passages = self._catalog.passages_of(document.key)
                gone += [passage.id for passage in passages]
                self._catalog.forget(document.key, self._bags(before, document.key, passages))
                note(document)
        self._index.remove(gone)
        self._narrow(before, rest)

    def turn(self, after: Sequence[Document], note: Callable[[], None]) -> None:
        """Let all revisions of one document stand as given; call within `mending`.

        Args:
            note: Writes down what makes them stand so, in one transaction.
        """
        before = self._catalog.documents(named=after[0].id)
        standing = resolve(after)
        self._widen(before, standing)
        with self._catalog.changing():
            note()
        self._narrow(before, standing)

    def mend(self, id_: str) -> None:
        """Make the index say of one document what the catalogue says."""
        known: set[str] = set()
        for document in resolve(self._catalog.documents(named=id_)).values():
            passages = self._catalog.passages_of(document.key)
            self.put_again(document, passages)
            known.update(passage.id for passage in passages)
        everything = Scope(documents=(id_,), statuses=())
        indexed = self._index.within(everything, self._index.count() + 1)
        self._index.remove(sorted(set(indexed) - known))

    def put_again(self, document: Document, passages: Sequence[Passage]) -> None:
        """Write points anew from what is stored."""
        vectors, s = self._catalog.vectors([passage.id for passage in passages]), self._settings
        k1, b, average = s.bm25_k1, s.bm25_b, s.bm25_average_words
        points = []
        for passage in passages:
            text = embedded_text(document.title, passage)
            sparse = document_vector(text, k1=k1, b=b, average=average)
            points.append(_point(document, passage, sparse, vectors[passage.id]))
        self._index.put(points)

    def _widen(
        self, before: Sequence[Document], after: Mapping[str, Document], *, but: str = ""
    ) -> None:
        """Before the commit: other revisions can be found on all days of before and after."""
        for key, earlier in resolve(before).items():
            if key == but or key not in after:
                continue
            if (widest := widen(earlier, after[key])) != earlier:
                self.put_again(widest, self._catalog.passages_of(key))

    def _narrow(
        self, before: Sequence[Document], after: Mapping[str, Document], *, but: str = ""
    ) -> None:
        """After the commit: they are found on the days of after alone."""
        for key, earlier in resolve(before).items():
            if key == but or key not in after:
                continue
            if widen(earlier, after[key]) != after[key]:
                self.put_again(after[key], self._catalog.passages_of(key))

    def _bags(
        self, documents: Sequence[Document], key: str, passages: Sequence[Passage]
    ) -> list[frozenset[str]]:
        """The terms with which the passages were counted."""
        title = next((each.title for each in documents if each.key == key), "")
        return [frozenset(terms(embedded_text(title, passage))) for passage in passages]


def _point(document: Document, passage: Passage, sparse: SparseVector, vector: Vectors) -> Point:
    return Point(passage.id, vector.tolist(), sparse, payload_of(document, passage))


def _entry(document: Document, item: Prepared, origin: str) -> Entry:
    draft = item.draft
    return Entry(
        document=document,
        passages=draft.passages,
        hashes=draft.hashes,
        vectors=item.vectors,
        terms=draft.bags,
        codes=draft.codes,
        origin=origin,
    )
