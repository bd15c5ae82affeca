"""The index on qdrant-client: a Qdrant server by its URL, or the client's own memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

from ingest.errors import SettingsFault, WireFault
from rag.index import DENSE, INTEGERS, KEYWORDS, SPARSE, Hit, Point, Scope
from rag.terms import SparseVector

if TYPE_CHECKING:
    from rag.settings import RagSettings

MEMORY = ":memory:"
_T = TypeVar("_T")
_BATCH = 200


class ClientIndex:
    """One collection, named for what is in it."""

    def __init__(self, client: QdrantClient, collection: str, dimension: int) -> None:
        self._client = client
        self._collection = collection
        self._dimension = dimension
        self._lock = threading.RLock()
        self._call(self._ensure)

    @classmethod
    def at(cls, settings: RagSettings, dimension: int) -> ClientIndex:
        """The index that the settings name."""
        key = settings.qdrant_api_key
        if settings.qdrant_url == MEMORY:
            client = QdrantClient(MEMORY)
        else:
            client = QdrantClient(
                url=settings.qdrant_url,
                api_key=key.get_secret_value() if key else None,
                timeout=10,
                check_compatibility=False,
            )
        return cls(client, settings.qdrant_collection, dimension)

    def put(self, points: Sequence[Point]) -> None:
        """Insert or replace."""
        for start in range(0, len(points), _BATCH):
            self._upsert([_point(point) for point in points[start : start + _BATCH]])

    def remove(self, ids: Sequence[str]) -> None:
        """Take out."""
        if ids:
            selector = models.PointIdsList(points=list(ids))
            self._call(lambda: self._client.delete(self._collection, selector, wait=True))

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine."""
        return self._query([float(value) for value in vector], DENSE, scope, limit)

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights."""
        if not vector.indices:
            return []
        terms = models.SparseVector(indices=list(vector.indices), values=list(vector.values))
        return self._query(terms, SPARSE, scope, limit)

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope."""
        records, _ = self._call(
            lambda: self._client.scroll(
                self._collection, scroll_filter=_filter(scope), limit=limit, with_payload=False
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

    def _upsert(self, batch: list[models.PointStruct]) -> None:
        self._call(lambda: self._client.upsert(self._collection, batch, wait=True))

    def _scroll(self, offset: Any) -> tuple[list[models.Record], Any]:
        """A page of points, and where the next one begins: an id of the REST or the gRPC client."""
        return self._call(
            lambda: self._client.scroll(
                self._collection, limit=1000, offset=offset, with_payload=False
            )
        )

    def count(self) -> int:
        """How many there are."""
        return self._call(lambda: self._client.count(self._collection).count)

    def clear(self, dimension: int) -> None:
        """Make the collection anew."""
        self._dimension = dimension
        self._call(lambda: self._client.delete_collection(self._collection))
        self._call(self._ensure)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _ensure(self) -> None:
        if self._client.collection_exists(self._collection):
            self._check_dimension()
            return
        dense = models.VectorParams(size=self._dimension, distance=models.Distance.COSINE)
        self._client.create_collection(
            self._collection,
            vectors_config={DENSE: dense},
            sparse_vectors_config={SPARSE: models.SparseVectorParams()},
        )
        if not _is_local(self._client):
            self._make_payload_indices()

    def _make_payload_indices(self) -> None:
        fields = dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD)
        fields |= dict.fromkeys(INTEGERS, models.PayloadSchemaType.INTEGER)
        for name, schema in fields.items():
            self._client.create_payload_index(self._collection, name, schema, wait=True)

    def _check_dimension(self) -> None:
        vectors = self._client.get_collection(self._collection).config.params.vectors
        size = vectors[DENSE].size if isinstance(vectors, dict) and DENSE in vectors else None
        if size != self._dimension:
            raise SettingsFault(
                f"The collection {self._collection} holds vectors of dimension {size}, "
                f"the encoder makes {self._dimension}.",
                remedy="Name another with ANDON_QDRANT_COLLECTION.",
            )

    def _query(
        self, query: list[float] | models.SparseVector, using: str, scope: Scope, limit: int
    ) -> list[Hit]:
        response = self._call(
            lambda: self._client.query_points(
                self._collection,
                query=query,
                using=using,
                query_filter=_filter(scope),
                limit=limit,
                with_payload=False,
            )
        )
        return [Hit(str(point.id), float(point.score)) for point in response.points]

    def _call(self, act: Callable[[], _T]) -> _T:
        with self._lock:
            try:
                return act()
            except (ApiException, ResponseHandlingException, httpx.HTTPError) as fault:
                raise WireFault(
                    f"The Qdrant server failed: {fault}.", remedy="Check ANDON_QDRANT_URL."
                ) from fault


def _is_local(client: QdrantClient) -> bool:
    """The client's own memory knows no payload indices and warns when asked for one."""
    return type(client._client).__name__ == "QdrantLocal"


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
    for name, low, high in scope.days():
        must.append(models.FieldCondition(key=name, range=models.Range(gte=low, lte=high)))
    return models.Filter(must=must) if must else None
