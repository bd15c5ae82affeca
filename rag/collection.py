"""One collection on a Qdrant server: made, checked, brought up to date, emptied."""

from __future__ import annotations

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from ingest.errors import SettingsFault
from rag.index import DENSE, INTEGERS, KEYWORDS, SPARSE
from rag.server import called, is_local, status_of

_ANOTHER = "Name another with ANDON_QDRANT_COLLECTION."
_FIELDS = dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD) | dict.fromkeys(
    INTEGERS, models.PayloadSchemaType.INTEGER
)


class Collection:
    """Named for what is in it; the name may be an alias."""

    def __init__(self, client: QdrantClient, name: str) -> None:
        self._client = client
        self.name = name

    def ensure(self, dimension: int) -> None:
        """Make it where there is none; add what an older version did not make.

        Raises:
            SettingsFault: it is somebody else's.
        """
        found = self._found()
        if found is None:
            self._make(dimension)
            found = called(lambda: self._client.get_collection(self.name))
        self._check(found.config.params, dimension)
        if not is_local(self._client):
            self._index_payload(found.payload_schema)

    def empty(self, dimension: int) -> None:
        """Without a point, for vectors of that dimension; an alias stays with what it names."""
        found = self._found()
        if found is not None and _size(found.config.params) == dimension:
            everything = models.FilterSelector(filter=models.Filter())
            called(lambda: self._client.delete(self.name, everything, wait=True))
        elif found is not None:
            self._refuse_alias()
            called(lambda: self._client.delete_collection(self.name))
        self.ensure(dimension)

    def _found(self) -> models.CollectionInfo | None:
        def look() -> models.CollectionInfo | None:
            try:
                return self._client.get_collection(self.name)
            except UnexpectedResponse as fault:
                if status_of(fault) == 404:
                    return None
                raise
            except ValueError:  # the client's own memory says it so
                return None

        return called(look)

    def _make(self, dimension: int) -> None:
        def create() -> None:
            try:
                self._client.create_collection(
                    self.name,
                    vectors_config={
                        DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)
                    },
                    sparse_vectors_config={SPARSE: models.SparseVectorParams()},
                )
            except UnexpectedResponse as fault:
                if status_of(fault) != 409:  # another process was quicker
                    raise

        called(create)

    def _check(self, params: models.CollectionParams, dimension: int) -> None:
        if _size(params) is None or SPARSE not in (params.sparse_vectors or {}):
            raise SettingsFault(
                f"The collection {self.name} does not hold passages of Andon.", remedy=_ANOTHER
            )
        if _size(params) != dimension:
            raise SettingsFault(
                f"The collection {self.name} holds vectors of dimension {_size(params)}, "
                f"the encoder makes {dimension}.",
                remedy=_ANOTHER,
            )

    def _index_payload(self, there: dict[str, models.PayloadIndexInfo]) -> None:
        for field, schema in _FIELDS.items():
            if field not in there:
                self._index_field(field, schema)

    def _index_field(self, field: str, schema: models.PayloadSchemaType) -> None:
        called(lambda: self._client.create_payload_index(self.name, field, schema, wait=True))

    def _refuse_alias(self) -> None:
        aliases = called(self._client.get_aliases).aliases
        if any(alias.alias_name == self.name for alias in aliases):
            raise SettingsFault(
                f"{self.name} is an alias of a collection for another encoder.", remedy=_ANOTHER
            )


def _size(params: models.CollectionParams) -> int | None:
    vectors = params.vectors
    return vectors[DENSE].size if isinstance(vectors, dict) and DENSE in vectors else None
