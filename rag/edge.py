"""The index on qdrant-edge: Qdrant's engine in this process, one shard in one folder."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as qdrant

from ingest.errors import StoreFault
from rag.errors import ShardInUse
from rag.index import DENSE, INTEGERS, KEYWORDS, SPARSE, Hit, Point, Scope
from rag.terms import SparseVector

log = logging.getLogger(__name__)
_T = TypeVar("_T")
_BATCH = 500


class EdgeIndex:
    """One shard, held by this process alone; a lock serialises its threads."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._shard: Any = _open(folder, dimension)

    def put(self, points: Sequence[Point]) -> None:
        """Insert or replace."""
        for start in range(0, len(points), _BATCH):
            batch = [_point(point) for point in points[start : start + _BATCH]]
            self._update(qdrant.UpdateOperation.upsert_points(batch))

    def remove(self, ids: Sequence[str]) -> None:
        """Take out."""
        if ids:
            self._update(qdrant.UpdateOperation.delete_points(list(ids)))

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine."""
        query = qdrant.Query.Nearest([float(value) for value in vector], using=DENSE)
        return self._query(query, scope, limit)

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights."""
        if not vector.indices:
            return []
        terms = qdrant.SparseVector(list(vector.indices), list(vector.values))
        return self._query(qdrant.Query.Nearest(terms, using=SPARSE), scope, limit)

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope."""
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
        request = qdrant.ScrollRequest(offset=offset, limit=10_000, with_payload=False)
        return self._call(lambda shard: shard.scroll(request))

    def count(self) -> int:
        """How many there are."""
        return int(self._call(lambda shard: shard.count(qdrant.CountRequest())))

    def clear(self, dimension: int) -> None:
        """Make the shard anew."""
        with self._lock:
            self._shard.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._shard = _open(self._folder, dimension)

    def close(self) -> None:
        """Flush and let go of the lock."""
        with self._lock:
            self._shard.close()

    def _update(self, operation: Any) -> None:
        self._call(lambda shard: shard.update(operation))

    def _query(self, query: Any, scope: Scope, limit: int) -> list[Hit]:
        request = qdrant.QueryRequest(limit=limit, query=query, filter=_filter(scope))
        points = self._call(lambda shard: shard.query(request))
        return [Hit(str(point.id), float(point.score)) for point in points]

    def _call(self, act: Callable[[Any], _T]) -> _T:
        with self._lock:
            try:
                return act(self._shard)
            except Exception as fault:  # the engine raises nothing narrower
                raise StoreFault(f"The vectors in {self._folder}: {fault}.") from fault


def _open(folder: Path, dimension: int) -> Any:
    config = qdrant.EdgeConfig(
        vectors={DENSE: qdrant.EdgeVectorParams(size=dimension, distance=qdrant.Distance.Cosine)},
        sparse_vectors={SPARSE: qdrant.EdgeSparseVectorParams()},
    )
    if (folder / "edge_config.json").exists():
        return _load(folder, config)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shard = qdrant.EdgeShard.create(str(folder), config)
        _make_payload_indices(shard)
    except Exception as fault:  # the engine raises nothing narrower
        raise _opening_fault(folder, fault) from fault
    return shard


def _load(folder: Path, config: Any) -> Any:
    try:
        return qdrant.EdgeShard.load(str(folder), config)
    except Exception as fault:  # the engine raises nothing narrower
        raise _opening_fault(folder, fault) from fault


def _make_payload_indices(shard: Any) -> None:
    create = qdrant.UpdateOperation.create_field_index
    for name in KEYWORDS:
        shard.update(create(name, qdrant.PayloadSchemaType.Keyword))
    for name in INTEGERS:
        shard.update(create(name, qdrant.PayloadSchemaType.Integer))


def _opening_fault(folder: Path, fault: Exception) -> StoreFault:
    if "WouldBlock" in str(fault):
        return ShardInUse(
            f"The vectors in {folder} are held by another process.",
            remedy="Ask the running service (ANDON_URL), or stop it first.",
        )
    return StoreFault(
        f"The vectors in {folder} cannot be opened: {fault}.",
        remedy="Delete that folder: it is made anew from the document store.",
    )


def _point(point: Point) -> Any:
    sparse = qdrant.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    vectors: Any = {DENSE: [float(value) for value in point.dense], SPARSE: sparse}
    return qdrant.Point(point.id, vectors, dict(point.payload))


def _filter(scope: Scope) -> Any:
    must: list[Any] = [
        qdrant.FieldCondition(name, match=qdrant.MatchAny(values))
        for name, values in scope.keywords()
    ]
    for name, low, high in scope.days():
        must.append(qdrant.FieldCondition(name, range=qdrant.RangeFloat(gte=low, lte=high)))
    return qdrant.Filter(must=must) if must else None


def is_held(folder: Path) -> bool:
    """Whether another process has the shard in that folder open."""
    if not (folder / "edge_config.json").exists():
        return False
    try:
        _load(folder, None).close()
    except ShardInUse:
        return True
    except StoreFault:  # said with its remedy by the one who opens it to use it
        return False
    return False
