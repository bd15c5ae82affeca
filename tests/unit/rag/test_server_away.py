"""A Qdrant server that is away, comes back, loses what it had, or lets nobody in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr
from qdrant_client import models

from ingest.errors import SettingsFault, StoreFault, WireFault
from rag.client import ClientIndex
from rag.index import INTEGERS, KEYWORDS, Payload, Point, Scope
from rag.library import Library
from rag.settings import RagSettings
from rag.terms import SparseVector
from tests.qdrant_server import QdrantServer, serving
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write_library


@pytest.fixture
def server() -> QdrantServer:
    return QdrantServer()


@pytest.fixture
def url(server: QdrantServer) -> Iterator[str]:
    with serving(server) as where:
        yield where


def index_at(url: str, **settings: object) -> ClientIndex:
    return ClientIndex.at(RagSettings.model_validate({"qdrant_url": url, **settings}), 4)


def points(count: int) -> list[Point]:
    payload: Payload = {"status": "current", "machines": ["*"]}
    return [
        Point(f"{number:032x}", [1, 0, 0, number], SparseVector((1,), (1.0,)), payload)
        for number in range(count)
    ]


def test_points_are_sent_in_batches(server: QdrantServer, url: str) -> None:
    """And a busy server is asked again."""
    index = index_at(url)
    index.count()
    server.calls.clear()
    server.failing = 2
    index.put(points(450))
    assert index.count() == 450
    assert server.calls.count("PUT /collections/andon/points") == 2 + 3
    index.close()


def test_a_server_that_stays_busy_is_a_fault(server: QdrantServer, url: str) -> None:
    """After three tries, not for ever."""
    index = index_at(url)
    index.count()
    server.failing = 100
    with pytest.raises(WireFault, match=r"503.*ANDON_QDRANT_URL"):
        index.within(Scope(), 1)
    assert server.failing == 97
    index.close()


def test_a_server_that_never_answers_is_a_fault(server: QdrantServer, url: str) -> None:
    """A call may take as long as the settings say."""
    index = index_at(url, qdrant_timeout_s=1)
    index.count()
    server.waiting_s = 2.5
    with pytest.raises(WireFault, match="timed out"):
        index.count()
    server.waiting_s = 0.0
    index.close()


def test_the_key_opens_and_nothing_else(server: QdrantServer, url: str) -> None:
    """A wrong one is for a person to change."""
    server.api_key = "right"
    index = index_at(url, qdrant_api_key=SecretStr("right"))
    assert index.count() == 0
    index.close()
    stranger = index_at(url, qdrant_api_key=SecretStr("wrong"))
    with pytest.raises(SettingsFault, match="ANDON_QDRANT_API_KEY"):
        stranger.count()
    stranger.close()


def test_a_collection_of_an_older_version_gets_what_it_lacks(
    server: QdrantServer, url: str
) -> None:
    """A payload index that came later; what is there stays."""
    index_at(url).put(points(3))
    server.fields["andon"].remove("readers")
    index = index_at(url)
    assert index.count() == 3
    assert sorted(server.fields["andon"]) == sorted((*KEYWORDS, *INTEGERS))
    index.close()


def test_an_alias_stays_with_what_it_names(server: QdrantServer, url: str) -> None:
    """It can be emptied, and is not dropped for another encoder."""
    index_at(url, qdrant_collection="real").put(points(3))
    action = models.CreateAlias(collection_name="real", alias_name="andon")
    server.memory.update_collection_aliases([models.CreateAliasOperation(create_alias=action)])
    index = index_at(url)
    assert index.count() == 3
    index.clear(4)
    assert index.count() == 0
    with pytest.raises(SettingsFault, match=r"alias.*ANDON_QDRANT_COLLECTION"):
        index.clear(8)
    index.close()


def test_a_collection_of_somebody_else_is_left_alone(server: QdrantServer, url: str) -> None:
    """One without our vectors, and one for another encoder."""
    size = models.VectorParams(size=4, distance=models.Distance.COSINE)
    server.memory.create_collection("andon", vectors_config=size)
    with pytest.raises(SettingsFault, match="not hold passages of Andon"):
        index_at(url).count()
    index_at(url, qdrant_collection="ours").put(points(1))
    other = ClientIndex.at(RagSettings(qdrant_url=url, qdrant_collection="ours"), 8)
    with pytest.raises(SettingsFault, match="dimension 4, the encoder makes 8"):
        other.count()


def test_a_collection_that_vanishes_is_said(server: QdrantServer, url: str) -> None:
    """Not answered as if nothing were known."""
    index = index_at(url)
    index.put(points(3))
    server.memory.delete_collection("andon")
    with pytest.raises(StoreFault, match="404"):
        index.nearest([1, 0, 0, 0], Scope(), 3)
    index.close()


def library_at(url: str, home: Path) -> Library:
    return Library(
        home,
        HashingEncoder(),
        settings=RagSettings(qdrant_url=url, support_min=0.3),
        today=lambda: date(2026, 11, 22),
    )


def test_a_library_opens_while_its_server_is_away(
    tmp_path: Path, server: QdrantServer, free_port: Callable[[], int]
) -> None:
    """It says so, searches fail, and the first question after its return is answered."""
    port = free_port()
    with serving(server, port) as url, library_at(url, tmp_path / "home") as library:
        library.sync(write_library(tmp_path / "documents"))
        expected = library.search("the pump is loud")
        assert expected
        assert library.trouble() == ""
    with library_at(url, tmp_path / "home") as library:
        assert "ANDON_QDRANT_URL" in library.trouble()
        assert library.documents()
        with pytest.raises(WireFault):
            library.search("the pump is loud")
        with serving(server, port):
            assert library.search("the pump is loud") == expected
            assert library.trouble() == ""


def test_a_server_that_comes_back_empty_is_filled_first(
    tmp_path: Path, server: QdrantServer, free_port: Callable[[], int]
) -> None:
    """No question is answered from half an index."""
    port = free_port()
    with serving(server, port) as url, library_at(url, tmp_path / "home") as library:
        library.sync(write_library(tmp_path / "documents"))
        expected = library.search("the pump is loud")
    with library_at(url, tmp_path / "home") as library, serving(QdrantServer(), port):
        assert library.search("the pump is loud") == expected
