"""The index on qdrant-edge: Qdrant's engine in this process, one shard in one folder."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as qdrant

from ingest.errors import StoreFault
from rag import shard as shards
from rag.index import DENSE, SPARSE, Hit, Point, Scope
from rag.ranking import best
from rag.soundness import sound_points, sound_scope, sound_terms, sound_vector
from rag.terms import SparseVector

_T = TypeVar("_T")
_BATCH = 100
"""The engine stands still for everybody while it takes in one batch: some 20 ms."""
_SETTLE_AFTER = 2000
"""Points after which they go from the log into the segment: what a restart would do again."""
_PAGE = 2000
_RESERVE = 100_000_000
"""Bytes that stay free: on a full disk the engine would take this process with it."""
_SEARCH = qdrant.SearchParams(
    quantization=qdrant.QuantizationSearchParams(rescore=True, oversampling=3.0)
)


class EdgeIndex:
    """One shard, held by this process alone; a lock serialises its threads."""

    def __init__(self, folder: Path, dimension: int, *, anew: bool = False) -> None:
        """`anew`: whatever the folder holds is thrown away."""
        self._folder = folder
        self._dimension = dimension
        self._lock = threading.RLock()
        self._unsettled = 0
        self._held = shards.held(folder)
        try:
            if anew:
                shards.thrown_away(folder)
            self._shard: Any = shards.opened(folder, dimension)
        except BaseException:
            os.close(self._held)
            raise

    def put(self, points: Sequence[Point]) -> None:
        """Insert or replace."""
        sound_points(points, self._dimension)
        for start in range(0, len(points), _BATCH):
            self._refuse_full_disk()
            batch = [_point(point) for point in points[start : start + _BATCH]]
            self._update(qdrant.UpdateOperation.upsert_points(batch), len(batch))

    def remove(self, ids: Sequence[str]) -> None:
        """Take out."""
        for start in range(0, len(ids), _SETTLE_AFTER):
            batch: list[Any] = list(ids[start : start + _SETTLE_AFTER])
            self._update(qdrant.UpdateOperation.delete_points(batch), len(batch))

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine."""
        numbers = sound_vector(vector, self._dimension, "the question")
        return self._query(qdrant.Query.Nearest(numbers, using=DENSE), scope, limit)

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights."""
        sound_terms(vector, "the question")
        if not vector.indices:
            return []
        terms = qdrant.SparseVector(list(vector.indices), list(vector.values))
        return self._query(qdrant.Query.Nearest(terms, using=SPARSE), scope, limit)

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope."""
        sound_scope(scope)
        request = qdrant.ScrollRequest(limit=limit, filter=_filter(scope), with_payload=False)
        records, _ = self._call(lambda shard: shard.scroll(request))
        return [str(record.id) for record in records]

    def ids(self) -> set[str]:
        """All of them."""
        found: set[str] = set()
        offset: Any = None
        while True:
            records, offset = self._scroll(offset)
            found.update(str(record.id) for record in records)
            if offset is None:
                return found

    def _scroll(self, offset: Any) -> Any:
        request = qdrant.ScrollRequest(offset=offset, limit=_PAGE, with_payload=False)
        return self._call(lambda shard: shard.scroll(request))

    def count(self) -> int:
        """How many there are."""
        return int(self._call(lambda shard: shard.count(qdrant.CountRequest())))

    def settle(self) -> None:
        """From the log into the segment, and both onto the disk."""
        self._call(lambda shard: shard.flush())
        self._unsettled = 0

    def clear(self, dimension: int) -> None:
        """Make the shard anew, whatever became of the old one."""
        with self._lock:
            self._shard = shards.emptied(self._folder, dimension, self._shard)
            self._dimension = dimension
            self._unsettled = 0

    def close(self) -> None:
        """Flush, seal and let go of the lock; a second time is no fault."""
        with self._lock:
            if self._held < 0:
                return
            try:
                shards.closed(self._folder, self._shard)
            finally:
                os.close(self._held)
                self._held = -1

    def _update(self, operation: Any, points: int) -> None:
        self._call(lambda shard: shard.update(operation))
        self._unsettled += points
        if self._unsettled >= _SETTLE_AFTER:
            self.settle()

    def _query(self, query: Any, scope: Scope, limit: int) -> list[Hit]:
        sound_scope(scope)
        within = _filter(scope)

        def fetch(asked: int) -> list[tuple[str, float]]:
            request = qdrant.QueryRequest(limit=asked, query=query, filter=within, params=_SEARCH)
            points = self._call(lambda shard: shard.query(request))
            return [(str(point.id), point.score) for point in points]

        return best(limit, fetch)

    def _call(self, act: Callable[[Any], _T]) -> _T:
        with self._lock:
            return shards.guarded(self._folder, lambda: act(self._shard))

    def _refuse_full_disk(self) -> None:
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as fault:
            raise StoreFault(f"The vectors in {self._folder}: {fault.strerror}.") from fault
        if free < _RESERVE:
            raise StoreFault(
                f"The disk of {self._folder} is full: {free / 1e6:.0f} MB are free, "
                f"{_RESERVE / 1e6:.0f} MB are kept in reserve.",
                remedy="Make room; what is in the library can still be asked for.",
            )


def _point(point: Point) -> Any:
    sparse = qdrant.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    vectors: Any = {DENSE: [float(value) for value in point.dense], SPARSE: sparse}
    return qdrant.Point(point.id, vectors, dict(point.payload))


def _filter(scope: Scope) -> Any:
    must: list[Any] = [
        qdrant.FieldCondition(
            name,
            match=qdrant.MatchAny(values) if len(values) > 1 else qdrant.MatchValue(values[0]),
        )
        for name, values in scope.keywords()
    ]
    must_not: list[Any] = [
        qdrant.FieldCondition(name, range=qdrant.RangeFloat(**{comparison: day}))
        for name, comparison, day in scope.outside()
    ]
    return qdrant.Filter(must=must, must_not=must_not) if must or must_not else None
