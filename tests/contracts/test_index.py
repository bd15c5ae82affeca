"""What every vector index does, embedded or behind a client."""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import SettingsFault, StoreFault, WireFault
from rag.client import ClientIndex
from rag.edge import EdgeIndex
from rag.index import EVERY, FIRST_DAY, LAST_DAY, PassageIndex, Payload, Point, Scope
from rag.settings import RagSettings
from rag.terms import SparseVector

Open = Callable[[], PassageIndex]
SERVER = os.environ.get("ANDON_TEST_QDRANT_URL", "")


@pytest.fixture(params=["edge", "memory", *(["server"] if SERVER else [])])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageIndex]:
    """An empty index for vectors of dimension 4."""
    opened: PassageIndex
    if request.param == "edge":
        opened = EdgeIndex(tmp_path / "vectors", 4)
    elif request.param == "memory":
        opened = ClientIndex.at(RagSettings(qdrant_url=":memory:"), 4)
    else:
        name = f"andon-test-{uuid.uuid4().hex[:8]}"
        opened = ClientIndex.at(RagSettings(qdrant_url=SERVER, qdrant_collection=name), 4)
    yield opened
    if request.param == "server":
        opened.remove(sorted(opened.ids()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened.close()


def name(number: int) -> str:
    return str(uuid.UUID(int=number))


def point(
    number: int, dense: list[float], sparse: dict[int, float], **fields: str | int | list[str]
) -> Point:
    payload: Payload = {
        "document": "D",
        "revision": "1",
        "kind": "sop",
        "machine_kinds": [EVERY],
        "machines": [EVERY],
        "status": "current",
        "language": "en",
        "codes": [],
        "defines": [],
        "page": 1,
        "from_day": FIRST_DAY,
        "until_day": LAST_DAY,
        **fields,
    }
    terms = SparseVector(tuple(sparse), tuple(sparse.values()))
    return Point(name(number), dense, terms, payload)


def fill(index: PassageIndex) -> None:
    index.put(
        [
            point(1, [1, 0, 0, 0], {7: 1.0}, machine_kinds=["press"], codes=["E217"]),
            point(2, [0, 1, 0, 0], {7: 2.0, 9: 1.0}, machine_kinds=["mill"], kind="manual"),
            point(3, [0.9, 0.1, 0, 0], {9: 1.0}, machines=["press-3"], defines=["E217"]),
            point(4, [1, 0, 0, 0], {7: 5.0}, status="withdrawn"),
        ]
    )


def test_the_nearest_come_first_with_their_cosine(index: PassageIndex) -> None:
    """Only current ones, unless asked otherwise."""
    fill(index)
    hits = index.nearest([2, 0, 0, 0], Scope(), 10)
    assert [hit.id for hit in hits] == [name(1), name(3), name(2)]
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert hits[1].score == pytest.approx(0.9 / (0.82**0.5), abs=1e-4)
    everything = Scope(statuses=())
    assert len(index.nearest([1, 0, 0, 0], everything, 10)) == 4
    assert len(index.nearest([1, 0, 0, 0], everything, 2)) == 2


def test_matching_multiplies_term_weights(index: PassageIndex) -> None:
    """A passage without a term in common is not found."""
    fill(index)
    hits = index.matching(SparseVector((7, 9), (1.0, 10.0)), Scope(), 10)
    assert [(hit.id, round(hit.score, 4)) for hit in hits] == [
        (name(2), 12.0),
        (name(3), 10.0),
        (name(1), 1.0),
    ]
    assert index.matching(SparseVector((), ()), Scope(), 10) == []
    assert index.matching(SparseVector((4_294_967_295,), (1.0,)), Scope(), 10) == []


@pytest.mark.parametrize(
    ("scope", "numbers"),
    [
        (Scope(), {1, 2, 3}),
        (Scope(machine_kind="press"), {1, 3}),
        (Scope(machine_kind="lathe"), {3}),
        (Scope(machine="press-3"), {1, 2, 3}),
        (Scope(machine="press-4"), {1, 2}),
        (Scope(kinds=("manual",)), {2}),
        (Scope(statuses=("withdrawn",)), {4}),
        (Scope(codes=("E217", "E9")), {1}),
        (Scope(defines=("E217",)), {3}),
        (Scope(documents=("other",)), set()),
        (Scope(machine_kind="mill", kinds=("sop",)), {3}),
    ],
)
def test_a_scope_is_a_filter(index: PassageIndex, scope: Scope, numbers: set[int]) -> None:
    """The same passages by vector, by terms and by listing."""
    fill(index)
    expected = {name(number) for number in numbers}
    assert set(index.within(scope, 10)) == expected
    assert {hit.id for hit in index.nearest([1, 1, 1, 1], scope, 10)} == expected
    both = SparseVector((7, 9), (1.0, 1.0))
    assert {hit.id for hit in index.matching(both, scope, 10)} == expected


def test_a_day_is_inside_or_outside(index: PassageIndex) -> None:
    """The first day counts, the last named day does not."""
    begin, end = date(2026, 6, 1), date(2026, 7, 1)
    days = {"from_day": begin.toordinal(), "until_day": end.toordinal()}
    index.put([point(1, [1, 0, 0, 0], {1: 1.0}, **days)])
    found = {
        day: bool(index.within(Scope(on=day), 1))
        for day in (date(2026, 5, 31), begin, date(2026, 6, 30), end)
    }
    assert list(found.values()) == [False, True, True, False]


def test_the_same_id_is_replaced(index: PassageIndex) -> None:
    """Vectors and payload, at once."""
    index.put([point(1, [1, 0, 0, 0], {1: 1.0})])
    index.put([point(1, [0, 1, 0, 0], {2: 1.0}, status="withdrawn")])
    assert index.count() == 1
    assert index.within(Scope(), 10) == []
    assert index.matching(SparseVector((1,), (1.0,)), Scope(statuses=()), 10) == []


def test_what_is_removed_is_gone(index: PassageIndex) -> None:
    """Unknown ids are no fault."""
    fill(index)
    index.remove([name(1), name(99)])
    assert index.ids() == {name(2), name(3), name(4)}
    assert index.count() == 3
    assert name(1) not in {hit.id for hit in index.nearest([1, 0, 0, 0], Scope(), 10)}
    index.remove([])


def test_thousands_of_ids_are_listed(index: PassageIndex) -> None:
    """Across the pages of the engine."""
    index.put([point(i, [1, 0, 0, i], {i: 1.0}) for i in range(1, 1300)])
    assert index.ids() == {name(i) for i in range(1, 1300)}


def test_an_index_can_be_made_anew_for_other_vectors(index: PassageIndex) -> None:
    """Empty, and of another dimension."""
    fill(index)
    index.clear(3)
    assert index.count() == 0
    index.put([point(1, [1, 0, 0], {1: 1.0})])
    assert index.nearest([1, 0, 0], Scope(), 1)[0].id == name(1)


def test_a_vector_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    """By the engine, as a fault of the store."""
    index = EdgeIndex(tmp_path, 4)
    with pytest.raises(StoreFault):
        index.put([point(1, [1, 0], {})])
    index.close()


def test_the_embedded_index_survives_its_process(tmp_path: Path) -> None:
    """What was put is there when it is opened again."""
    index = EdgeIndex(tmp_path / "v", 4)
    fill(index)
    index.close()
    again = EdgeIndex(tmp_path / "v", 4)
    assert again.count() == 4
    assert [hit.id for hit in again.nearest([1, 0, 0, 0], Scope(), 1)] == [name(1)]
    again.close()


def test_a_flag_is_a_keyword_because_booleans_never_match(tmp_path: Path) -> None:
    """qdrant-edge 0.9: a filter on True finds nothing, so withdrawn would leak if it were one."""
    import qdrant_edge

    index = EdgeIndex(tmp_path, 4)
    index.put([point(1, [1, 0, 0, 0], {1: 1.0}, withdrawn=True)])
    match = qdrant_edge.FieldCondition("withdrawn", match=qdrant_edge.MatchValue(True))
    request = qdrant_edge.CountRequest(filter=qdrant_edge.Filter(must=[match]))
    assert index._shard.count(request) == 0
    index.close()


def test_a_server_that_is_away_is_named(free_port: Callable[[], int]) -> None:
    """With the setting to look at, once it is needed."""
    settings = RagSettings(qdrant_url=f"http://127.0.0.1:{free_port()}")
    index = ClientIndex.at(settings, 4)
    with pytest.raises(WireFault, match="ANDON_QDRANT_URL"):
        index.count()
    index.close()


def test_a_collection_of_another_dimension_is_refused() -> None:
    """Somebody else's collection is not touched."""
    from qdrant_client import QdrantClient

    client = QdrantClient(":memory:")
    ClientIndex(client, "andon", 4).count()
    with pytest.raises(SettingsFault, match="ANDON_QDRANT_COLLECTION"):
        ClientIndex(client, "andon", 8).count()
