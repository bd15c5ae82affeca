"""What every vector index does, embedded or behind a client."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from ingest.errors import AndonFault, DataFault, SettingsFault, StoreFault, WireFault
from rag.client import ClientIndex
from rag.edge import EdgeIndex
from rag.index import EVERY, FIRST_DAY, LAST_DAY, PassageIndex, Payload, Point, Scope
from rag.settings import RagSettings
from rag.terms import SparseVector
from tests.qdrant_server import QdrantServer, serving

Open = Callable[[], PassageIndex]
SERVER = os.environ.get("ANDON_TEST_QDRANT_URL", "")
no_server = pytest.mark.skipif(
    not SERVER, reason="no Qdrant server: start one and name it in ANDON_TEST_QDRANT_URL"
)


ENGINES = ["edge", "memory", "wire", pytest.param("server", marks=no_server)]


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PassageIndex]:
    """One index for all tests of this file: a shard takes long to make."""
    if request.param == "edge":
        opened: PassageIndex = EdgeIndex(tmp_path_factory.mktemp("edge") / "vectors", 4)
        yield opened
        opened.close()
    elif request.param == "wire":
        with serving(QdrantServer()) as url:
            yield from behind(url)
    else:
        yield from behind(":memory:" if request.param == "memory" else SERVER)


@pytest.fixture
def index(engine: PassageIndex) -> PassageIndex:
    """An empty index for vectors of dimension 4."""
    engine.remove(sorted(engine.ids()))
    return engine


def behind(url: str) -> Iterator[PassageIndex]:
    """A client with a collection of its own, dropped at the end."""
    name = f"andon-test-{uuid.uuid4().hex[:8]}"
    opened = ClientIndex.at(RagSettings(qdrant_url=url, qdrant_collection=name), 4)
    yield opened
    opened._client.delete_collection(name)
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
    index.clear(4)


@pytest.mark.parametrize(
    ("dense", "sparse", "fault"),
    [
        ([1, 0], {}, StoreFault),
        ([math.nan, 0, 0, 0], {}, DataFault),
        ([math.inf, 0, 0, 0], {}, DataFault),
        ([0, 0, 0, 0], {}, DataFault),
        ([1, 0, 0, 0], {3: math.nan}, DataFault),
        ([1, 0, 0, 0], {-3: 1.0}, DataFault),
        ([1, 0, 0, 0], {9: 1.0, 3: 1.0}, DataFault),
    ],
)
def test_what_is_no_vector_is_refused(
    index: PassageIndex, dense: list[float], sparse: dict[int, float], fault: type[AndonFault]
) -> None:
    """With a fault that names the passage, and nothing of the same call is kept."""
    with pytest.raises(fault, match=name(2)):
        index.put([point(1, [1, 0, 0, 0], {1: 1.0}), point(2, dense, sparse)])
    assert index.count() == 0


def test_a_question_that_is_no_vector_is_refused(index: PassageIndex) -> None:
    """In the same words."""
    for vector in ([math.nan] * 4, [0.0] * 4, [math.inf] * 4):
        with pytest.raises(DataFault, match="the question"):
            index.nearest(vector, Scope(), 3)
    with pytest.raises(StoreFault, match="3 numbers, those of the index 4"):
        index.nearest([1, 0, 0], Scope(), 3)
    with pytest.raises(DataFault):
        index.matching(SparseVector((1,), (math.nan,)), Scope(), 3)


VALUES = (
    "press-3", "PRESS-3", "press 3", "Presse-Ü", "Presse-U\u0308", "压机", "a.b", "a[0]", "*.*",
    'say "x"', "it's", "back\\slash", "a\nb", "", " ", "true", "1", "null", "x" * 5000, "🛠",
    "machines", "%", "{}", "a\x00b",
)  # fmt: skip


def test_a_value_is_only_ever_itself(index: PassageIndex) -> None:
    """Case, accents, stars, dots, quotes: nothing is a pattern, nothing is folded."""
    index.put(
        [
            point(number, [1, 0, 0, number], {number: 1.0}, machines=[value], codes=[value])
            for number, value in enumerate(VALUES, start=1)
        ]
    )
    for number, value in enumerate(VALUES, start=1):
        assert index.within(Scope(machine=value), 50) == [name(number)], value
        assert index.within(Scope(codes=(value,)), 50) == [name(number)], value


def test_half_a_character_is_refused(index: PassageIndex) -> None:
    """On the way in and in a question; JSON lets it pass."""
    with pytest.raises(DataFault, match="machines"):
        index.put([point(1, [1, 0, 0, 0], {}, machines=["\ud800"])])
    with pytest.raises(DataFault, match="machines"):
        index.nearest([1, 0, 0, 0], Scope(machine="\ud800"), 3)


def test_every_filter_of_a_scope_narrows(index: PassageIndex) -> None:
    """Reader, language, and all of them together; an empty list is for nobody in particular."""
    ours: dict[str, str | int | list[str]] = {"machines": ["m"], "machine_kinds": ["k"]}
    index.put(
        [
            point(1, [1, 0, 0, 0], {1: 1.0}, readers=["engineer"], language="de", **ours),
            point(2, [1, 0, 0, 0], {1: 1.0}, readers=[EVERY]),
            point(3, [1, 0, 0, 0], {1: 1.0}, readers=[], machines=[]),
        ]
    )
    assert index.within(Scope(), 9) == [name(1), name(2), name(3)]
    assert index.within(Scope(reader="operator"), 9) == [name(2)]
    assert index.within(Scope(reader="engineer"), 9) == [name(1), name(2)]
    assert index.within(Scope(languages=("de", "fr")), 9) == [name(1)]
    assert index.within(Scope(machine="m"), 9) == [name(1), name(2)]
    every = Scope("k", "m", ("sop",), languages=("de",), reader="engineer", on=date(2026, 1, 1))
    assert index.within(every, 9) == [name(1)]
    assert [hit.id for hit in index.nearest([1, 0, 0, 0], every, 9)] == [name(1)]


def test_thousands_of_values_may_be_asked_for(index: PassageIndex) -> None:
    """As many documents as a folder holds."""
    fill(index)
    codes = tuple(f"E{number}" for number in range(5000))
    assert index.within(Scope(codes=codes), 10) == [name(1)]
    assert [hit.id for hit in index.nearest([1, 0, 0, 0], Scope(codes=codes), 10)] == [name(1)]


def test_of_equal_passages_the_lower_ids_come_first(index: PassageIndex) -> None:
    """No limit cuts through them at random, however many there are and in whatever order put."""
    numbers = [7, 3, 9, 1, 8, 2, 6, 4, 5, *range(10, 200)]
    index.put([point(number, [0.3, 0.1, 0.7, 0.2], {5: 1.7}) for number in numbers])
    index.put([point(500, [0.1, 0.3, 0.2, 0.7], {6: 1.0})])
    expected = [name(number) for number in range(1, 6)]
    near = index.nearest([0.1, 0.2, 0.3, 0.4], Scope(), 6)
    assert [hit.id for hit in near] == [name(500), *expected]
    assert [hit.id for hit in index.matching(SparseVector((5,), (2.0,)), Scope(), 5)] == expected
    assert index.within(Scope(), 5) == expected


def test_what_is_settled_or_closed_stays_closed(index: PassageIndex) -> None:
    """Settling changes nothing that can be seen."""
    fill(index)
    index.settle()
    assert index.count() == 4


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
