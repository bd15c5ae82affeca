"""Documents made ready for store and index, read ahead and embedded many at a time."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from rag.catalog import Catalog
from rag.document import Block, Document, Passage
from rag.encoding import TextEncoder, Vectors
from rag.passages import embedded_text, make_passages
from rag.rows import CodeRow
from rag.settings import RagSettings
from rag.terms import SparseVector, counted_vector, terms

_S = TypeVar("_S")
_T = TypeVar("_T")
BATCH_TEXTS = 512
"""Texts of several documents that are embedded together: an encoder is quick with many texts of
one length, and only many texts have those."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document cut into passages."""

    document: Document
    passages: Sequence[Passage]
    codes: Sequence[CodeRow]
    texts: Sequence[str]
    """What is embedded of each passage."""
    hashes: Sequence[str]
    bags: Sequence[frozenset[str]]
    """Terms of each passage."""
    sparse: Sequence[SparseVector]
    """Weights of these terms."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft with its vectors."""

    draft: Draft
    vectors: Vectors
    embedded: int
    """How many had to be made."""


def drafted(document: Document, blocks: Sequence[Block], settings: RagSettings) -> Draft:
    """Cut a document into passages and count their terms."""
    passages, codes = make_passages(document, blocks, words=settings.passage_words)
    texts = [embedded_text(document.title, passage) for passage in passages]
    hashes = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for text in texts]
    counts = [Counter(terms(text)) for text in texts]
    bags = [frozenset(each) for each in counts]
    k1, b, average = settings.bm25_k1, settings.bm25_b, settings.bm25_average_words
    sparse = [counted_vector(each, k1=k1, b=b, average=average) for each in counts]
    return Draft(document, passages, codes, texts, hashes, bags, sparse)


def prepared(drafts: Sequence[Draft], catalog: Catalog, encoder: TextEncoder) -> list[Prepared]:
    """Drafts with vectors; a text that was embedded before, or is there twice, costs nothing."""
    texts = {h: text for d in drafts for h, text in zip(d.hashes, d.texts, strict=True)}
    vectors = catalog.vectors_by_hash(list(texts))
    new = [text_hash for text_hash in texts if text_hash not in vectors]
    if new:
        rows = encoder.encode([texts[text_hash] for text_hash in new])
        vectors.update(zip(new, rows, strict=True))
    made, found = set(new), []
    for draft in drafts:
        rows = np.zeros((len(draft.hashes), encoder.dimension), dtype=np.float32)
        for place, text_hash in enumerate(draft.hashes):
            rows[place] = vectors[text_hash]
        mine = made.intersection(draft.hashes)
        made -= mine
        found.append(Prepared(draft, rows, len(mine)))
    return found


def batches(drafts: Iterable[Draft], *, texts: int = BATCH_TEXTS) -> Iterator[list[Draft]]:
    """Drafts in groups of at least so many texts, but for the last one."""
    batch: list[Draft] = []
    waiting = 0
    for draft in drafts:
        batch.append(draft)
        waiting += len(draft.texts)
        if waiting >= texts:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


@contextmanager
def ahead(
    make: Callable[[_S], _T], items: Iterator[_S], *, by: int, threads: int = 1
) -> Iterator[Iterator[_T]]:
    """What is made of the items, in their order, so many ahead of the one who takes it.

    What is raised in making one is raised to the one who takes it.
    """
    makers = ThreadPoolExecutor(threads)
    try:
        yield _taken(make, items, makers, by)
    finally:
        makers.shutdown(cancel_futures=True)


def _taken(
    make: Callable[[_S], _T], items: Iterator[_S], makers: ThreadPoolExecutor, by: int
) -> Iterator[_T]:
    waiting = deque(makers.submit(make, item) for item in islice(items, by))
    while waiting:
        found = waiting.popleft().result()
        waiting.extend(makers.submit(make, item) for item in islice(items, 1))
        yield found
