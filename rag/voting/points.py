"""Texts in Qdrant's engine, kept by what they say: a text that is known is never encoded again."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.encoding import TextEncoder
from rag.index import Hit, PassageIndex, Point, Scope
from rag.settings import RagSettings
from rag.terms import SparseVector, counted_vector
from rag.voting.read_text import terms_of

_NAMESPACE = uuid.UUID("0f0b63f1-5d0e-4b0e-9a53-3c1d4f6f2f0a")
_PART = "part-{}"
_EVERYWHERE = Scope(statuses=())


@dataclass(frozen=True, slots=True)
class Entry:
    """A text, and the part of the data that it is held back with."""

    text: str
    part: int

    @property
    def id(self) -> str:
        """The same for the same text in the same part."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.part}\n{self.text}"))


class Points:
    """One shard in a folder of its own that goes when nobody refers to it any more.

    What was put stays: whoever asks looks only at what is theirs, so that an earlier answerer
    still answers as it did.
    """

    def __init__(self, encoder: TextEncoder | None, settings: RagSettings) -> None:
        """Without an encoder only terms are searched for."""
        from rag.edge import EdgeIndex

        self._encoder = encoder
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="andon-examples-"))
        self._index: PassageIndex = EdgeIndex(self.folder / "vectors", self._dimension)
        self._known: set[str] = set()
        self._putting = threading.Lock()
        self.close = weakref.finalize(self, _discarded, self._index, self.folder)
        """Let go of the folder now; a second time is no fault."""

    @property
    def reads_vectors(self) -> bool:
        """Whether texts are compared by more than their terms."""
        return self._encoder is not None

    @property
    def known(self) -> int:
        """How many texts there are, with those that nobody asks for any more."""
        return len(self._known)

    def put(self, entries: Sequence[Entry]) -> int:
        """Those that are new; how many they were."""
        with self._putting:
            fresh = list({e.id: e for e in entries if e.id not in self._known}.values())
            if fresh:
                dense = self.vectors([entry.text for entry in fresh])
                pairs = zip(fresh, dense, strict=True)
                self._index.put([self._point(entry, vector) for entry, vector in pairs])
                self._known.update(entry.id for entry in fresh)
            return len(fresh)

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One a text; all the same without an encoder."""
        if self._encoder is None:
            return [[1.0]] * len(texts)
        return [vector.tolist() for vector in self._encoder.encode(texts)]

    def weights(self, text: str) -> SparseVector:
        """Of the terms of a text, without how rare they are."""
        by = self._settings
        counts = Counter(terms_of(text))
        return counted_vector(counts, k1=by.bm25_k1, b=by.bm25_b, average=by.bm25_average_words)

    def nearest(
        self, vector: Sequence[float], parts: Sequence[int] | None, limit: int
    ) -> list[Hit]:
        """By cosine, within these parts; None: everywhere."""
        return self._index.nearest(vector, _within(parts), limit)

    def matching(self, terms: SparseVector, parts: Sequence[int] | None, limit: int) -> list[Hit]:
        """By terms in common, within these parts; None: everywhere."""
        return self._index.matching(terms, _within(parts), limit)

    @property
    def _dimension(self) -> int:
        return self._encoder.dimension if self._encoder else 1

    def _point(self, entry: Entry, vector: Sequence[float]) -> Point:
        payload = {"kind": _PART.format(entry.part)}
        return Point(entry.id, vector, self.weights(entry.text), payload)


def _within(parts: Sequence[int] | None) -> Scope:
    if parts is None:
        return _EVERYWHERE
    return Scope(statuses=(), kinds=tuple(_PART.format(part) for part in parts))


def _discarded(index: PassageIndex, folder: Path) -> None:
    index.close()
    shutil.rmtree(folder, ignore_errors=True)
