"""The index on qdrant-client: a Qdrant server by its URL, or the client's own memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from qdrant_client import QdrantClient, models

from rag.collection import Collection
from rag.index import DENSE, SPARSE, Hit, Point, Scope
from rag.ranking import best
from rag.server import called, client_of, is_local
from rag.soundness import sound_points, sound_scope, sound_terms, sound_vector
from rag.terms import SparseVector

if TYPE_CHECKING:
    from rag.settings import RagSettings

_T = TypeVar("_T")
_BATCH = 200
_PAGE = 2000
_SEARCH = models.SearchParams(hnsw_ef=256)
"""Where a server has built a graph: looks at more of it than by itself, to find the same."""


class ClientIndex:
    """One collection. The server is first asked when it is first needed: it may be away."""

    def __init__(self, client: QdrantClient, collection: str, dimension: int) -> None:
        self._client = client
        self._collection = Collection(client, collection)
        self._name = collection
        self._dimension = dimension
        self._search = None if is_local(client) else _SEARCH
        self._ensured = False
        self._ensuring = threading.Lock()
        self._alone = threading.RLock() if is_local(client) else nullcontext()
        """The client's own memory is not for several threads at once."""

    @classmethod
    def at(cls, settings: RagSettings, dimension: int) -> ClientIndex:
        """The index that the settings name."""
        return cls(client_of(settings), settings.qdrant_collection, dimension)

    def put(self, points: Sequence[Point]) -> None:
        """Insert or replace."""
        sound_points(points, self._dimension)
        for start in range(0, len(points), _BATCH):
            self._upsert([_point(point) for point in points[start : start + _BATCH]])

    def remove(self, ids: Sequence[str]) -> None:
        """Take out."""
        for start in range(0, len(ids), _PAGE):
            self._delete(list(ids[start : start + _PAGE]))

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine."""
        return self._query(
            sound_vector(vector, self._dimension, "the question"), DENSE, scope, limit
        )

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights."""
        sound_terms(vector, "the question")
        if not vector.indices:
            return []
        terms = models.SparseVector(indices=list(vector.indices), values=list(vector.values))
        return self._query(terms, SPARSE, scope, limit)

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope."""
        sound_scope(scope)
        records, _ = self._call(
            lambda: self._client.scroll(
                self._name, scroll_filter=_filter(scope), limit=limit, with_payload=False
            )
        )
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

    def count(self) -> int:
        """How many there are."""
        return self._call(lambda: self._client.count(self._name, exact=True).count)

    def settle(self) -> None:
        """Nothing to do: a server answers once its own log has what it was given."""

    def clear(self, dimension: int) -> None:
        """Empty the collection."""
        with self._alone:
            self._collection.empty(dimension)
            self._dimension, self._ensured = dimension, True

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _upsert(self, batch: list[models.PointStruct]) -> None:
        self._call(lambda: self._client.upsert(self._name, batch, wait=True))

    def _delete(self, batch: list[models.ExtendedPointId]) -> None:
        selector = models.PointIdsList(points=batch)
        self._call(lambda: self._client.delete(self._name, selector, wait=True))

    def _scroll(self, offset: Any) -> tuple[list[models.Record], Any]:
        """A page of points, and where the next one begins: an id of the REST or the gRPC client."""
        return self._call(
            lambda: self._client.scroll(self._name, limit=_PAGE, offset=offset, with_payload=False)
        )

    def _query(
        self, query: list[float] | models.SparseVector, using: str, scope: Scope, limit: int
    ) -> list[Hit]:
        sound_scope(scope)
        within = _filter(scope)

        def fetch(asked: int) -> list[tuple[str, float]]:
            response = self._call(
                lambda: self._client.query_points(
                    self._name,
                    query=query,
                    using=using,
                    query_filter=within,
                    search_params=self._search,
                    limit=asked,
                    with_payload=False,
                )
            )
            return [(str(point.id), point.score) for point in response.points]

        return best(limit, fetch)

    def _call(self, act: Callable[[], _T]) -> _T:
        self._ensure()
        with self._alone:
            return called(act)

    def _ensure(self) -> None:
        with self._ensuring:
            if not self._ensured:
                self._collection.ensure(self._dimension)
                self._ensured = True


def _point(point: Point) -> models.PointStruct:
    sparse = models.SparseVector(
        indices=list(point.sparse.indices), values=list(point.sparse.values)
    )
    dense = [float(value) for value in point.dense]
    return models.PointStruct(
        id=point.id, vector={DENSE: dense, SPARSE: sparse}, payload=dict(point.payload)
    )


def _filter(scope: Scope) -> models.Filter | None:
    must: list[models.Condition] = [
        models.FieldCondition(key=name, match=models.MatchAny(any=values))
        for name, values in scope.keywords()
    ]
    must_not: list[models.Condition] = [
        models.FieldCondition(key=name, range=models.Range(**{comparison: day}))
        for name, comparison, day in scope.outside()
    ]
    return models.Filter(must=must, must_not=must_not) if must or must_not else None
