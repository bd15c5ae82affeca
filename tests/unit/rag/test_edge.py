"""The embedded shard: held by one process, told apart from a damaged one, alive after a kill."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import uuid
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge

from ingest.errors import StoreFault
from rag import edge, seal
from rag.edge import EdgeIndex
from rag.errors import ShardInUse
from rag.index import DENSE, INTEGERS, KEYWORDS, SPARSE, Payload, Point, Scope
from rag.shard import is_held
from rag.terms import SparseVector

KILLS = 30


def name(number: int) -> str:
    return str(uuid.UUID(int=number))


def point(number: int) -> Point:
    drawn = random.Random(number)
    payload: Payload = {"status": "current", "machines": ["*"]}
    dense = [drawn.random() for _ in range(8)]
    return Point(name(number), dense, SparseVector((1, number + 2), (1.0, 2.0)), payload)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder with 20 passages that nobody has open."""
    index = EdgeIndex(folder, 8)
    index.put([point(number) for number in range(20)])
    index.close()
    return folder


@pytest.fixture
def opened(closed: Path) -> Iterator[EdgeIndex]:
    index = EdgeIndex(closed, 8)
    yield index
    index.close()


def test_a_shard_survives_its_process(opened: EdgeIndex) -> None:
    """What was put is there when it is opened again, and closing twice is no fault."""
    assert opened.count() == 20
    assert opened.nearest(point(3).dense, Scope(), 1)[0].id == name(3)
    opened.close()


def test_a_flag_is_a_keyword_because_booleans_never_match(opened: EdgeIndex) -> None:
    """qdrant-edge 0.9: a filter on True finds nothing, so withdrawn would leak if it were one."""
    flagged = point(90)
    opened.put([Point(name(90), flagged.dense, flagged.sparse, {"withdrawn": True})])
    match = qdrant_edge.FieldCondition("withdrawn", match=qdrant_edge.MatchValue(True))
    request = qdrant_edge.CountRequest(filter=qdrant_edge.Filter(must=[match]))
    assert opened._shard.count(request) == 0


def test_a_shard_is_one_process_alone(opened: EdgeIndex, closed: Path) -> None:
    """A second one is told by whom it is held and what to do; the first goes on."""
    assert is_held(closed)
    with pytest.raises(ShardInUse, match=rf"held by process {os.getpid()}.*ANDON_URL"):
        EdgeIndex(closed, 8)
    assert opened.count() == 20
    opened.close()
    assert not is_held(closed)


def test_a_held_shard_of_an_older_version_is_known_too(opened: EdgeIndex, closed: Path) -> None:
    """It has the engine's own lock alone."""
    (closed.parent / "vectors.lock").unlink()
    with pytest.raises(ShardInUse, match="another process"):
        EdgeIndex(closed, 8)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 255]))


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
def test_what_is_not_as_it_was_closed_is_not_opened(closed: Path, harm: object) -> None:
    """Any file: the engine itself would find less, or nothing, without a word."""
    drawn = random.Random(7)
    path = drawn.choice([path for path in files(closed) if path.stat().st_size > 2])
    assert callable(harm)
    harm(path)
    with pytest.raises(StoreFault, match=f"{path.name}.*made anew"):
        EdgeIndex(closed, 8)
    assert not is_held(closed)


def test_every_file_is_under_the_seal(closed: Path) -> None:
    """One byte of each of them, and a file that was not there."""
    assert seal.broken(closed) == []
    flipped = [path for path in files(closed) if path.stat().st_size]
    for path in flipped:
        flip(path)
    (closed / "new").write_text("")
    assert seal.broken(closed) == sorted(
        ["new", *(str(path.relative_to(closed)) for path in flipped)]
    )


@pytest.mark.parametrize(
    "harmed", ["edge_config.json", "segment.json", "status.dat", "config.json", "first-index"]
)
def test_damage_after_a_kill_is_a_fault_of_the_store(closed: Path, harmed: str) -> None:
    """There is no seal then; the engine raises, or panics, which is no Exception in Python."""
    seal.unseal(closed)
    for path in files(closed):
        if path.name == harmed:
            path.write_bytes(b"")
    with pytest.raises(StoreFault, match="vectors"):
        EdgeIndex(closed, 8)


def test_a_folder_of_a_later_engine_is_a_fault_of_the_store(closed: Path) -> None:
    """And of one that was made for other vectors."""
    with pytest.raises(StoreFault, match="made anew"):
        EdgeIndex(closed, 16)
    seal.unseal(closed)
    for path in files(closed):
        if path.name == "segment.json":
            path.write_text(path.read_text().replace('"dense"', '"denser"'))
    with pytest.raises(StoreFault, match="made anew"):
        EdgeIndex(closed, 8)


def test_a_shard_of_an_earlier_version_gets_what_it_lacks(folder: Path) -> None:
    """The fields that were not indexed then, and vectors in eight bits."""
    folder.mkdir(parents=True)
    vectors = qdrant_edge.EdgeVectorParams(size=8, distance=qdrant_edge.Distance.Cosine)
    sparse = qdrant_edge.EdgeSparseVectorParams()
    config = qdrant_edge.EdgeConfig(vectors={DENSE: vectors}, sparse_vectors={SPARSE: sparse})
    older = qdrant_edge.EdgeShard.create(str(folder), config)
    put = [edge._point(point(number)) for number in range(5)]
    older.update(qdrant_edge.UpdateOperation.upsert_points(put))
    older.close()
    index = EdgeIndex(folder, 8)
    assert set(index._shard.info().payload_schema) == {*KEYWORDS, *INTEGERS}
    assert index.nearest(point(3).dense, Scope(machine="press-3"), 1)[0].id == name(3)
    index.close()
    assert list(folder.rglob("quantized*"))


def test_a_shard_whose_folder_is_gone_can_be_cleared(opened: EdgeIndex, closed: Path) -> None:
    """It is the way out of every damage."""
    for path in files(closed):
        path.unlink()
    opened.clear(8)
    opened.put([point(1)])
    assert opened.ids() == {name(1)}


def test_the_nearest_are_those_by_all_their_numbers(opened: EdgeIndex) -> None:
    """Eight bits choose whom to look at; the whole vectors say who is nearest, and how near."""
    drawn = np.random.default_rng(4)
    vectors = 1 + drawn.normal(size=(3000, 8)) / 50
    payload: Payload = {"status": "current"}
    opened.put(
        [
            Point(name(number + 100), vector.tolist(), SparseVector((), ()), payload)
            for number, vector in enumerate(vectors)
        ]
    )
    question = 1 + drawn.normal(size=8) / 50
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ question / np.linalg.norm(question)
    found = opened.nearest(question.tolist(), Scope(), 20)
    expected = np.sort(cosines)[::-1][:20]
    assert [hit.score for hit in found] == pytest.approx(expected.tolist(), abs=2e-6)


def test_questions_go_on_while_passages_are_put(opened: EdgeIndex) -> None:
    """They come between the batches, and never find half a passage or an engine half closed."""
    made = [point(number) for number in range(1000, 2500)]
    found: list[int] = []
    with ThreadPoolExecutor(3) as threads:
        putting = threads.submit(opened.put, made)
        while not putting.done():
            asked = [threads.submit(opened.nearest, point(3).dense, Scope(), 5) for _ in range(2)]
            assert all(each.result()[0].id == name(3) for each in asked)
            found.append(opened.count())
        putting.result()
        clearing = threads.submit(opened.clear, 8)
        while not clearing.done():
            assert len(opened.nearest(point(3).dense, Scope(), 5)) in (0, 5)
        clearing.result()
    assert any(20 < count < 1520 for count in found)
    assert opened.count() == 0


def test_a_full_disk_takes_in_nothing(opened: EdgeIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the engine writes: it would take the process with it. What is there is found."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, 10**6))
    with pytest.raises(StoreFault, match="is full: 1 MB are free"):
        opened.put([point(50)])
    assert opened.count() == 20
    assert opened.nearest(point(3).dense, Scope(), 1)[0].id == name(3)


def test_a_killed_process_leaves_what_it_had_finished(folder: Path) -> None:
    """Thirty times, at any moment: it opens, and no finished put or removal is undone."""
    command = [sys.executable, "-m", "tests.edge_kills", str(folder), str(KILLS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    turns = json.loads(done.stdout)
    assert len(turns) == KILLS
    for turn in turns:
        assert set(turn["finished"]) - set(turn["begun"]) <= set(turn["found"]), turn
        assert set(turn["found"]) <= set(turn["finished"]) | set(turn["begun"]), turn
    assert any(turn["begun"] for turn in turns), "no kill fell into a change"
