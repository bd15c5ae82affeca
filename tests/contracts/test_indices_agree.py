"""The same questions over our own manuals find the same passages, in order, on every engine."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from rag.document import DocumentStatus
from rag.index import Hit, Scope
from rag.library import Library
from rag.settings import RagSettings
from rag.terms import query_vector, terms
from tests.qdrant_server import QdrantServer, serving
from tests.unit.rag.hashing import HashingEncoder

SERVER = os.environ.get("ANDON_TEST_QDRANT_URL", "")
DOCUMENTS = Path(__file__).parents[2] / "simulators" / "documents"
TODAY = date(2026, 11, 22)
NEAR = 1e-5
SCOPES = (
    Scope(),
    Scope(on=TODAY),
    Scope(on=date(2020, 1, 1)),
    Scope(statuses=()),
    Scope(machine_kind="hydraulic-press", machine="press-3", on=TODAY),
    Scope(machine_kind="cnc-mill", kinds=("sop",), on=TODAY),
    Scope(kinds=("manual", "code_list"), languages=("en",)),
    Scope(languages=("de",)),
    Scope(reader="operator", on=TODAY),
    Scope(codes=("E217", "E108"), on=TODAY),
    Scope(defines=("E217",)),
    Scope(documents=("SOP-HP-01", "IM-MAN"), statuses=(DocumentStatus.CURRENT.value,)),
)


def asked() -> list[dict[str, Any]]:
    """Every question of the demo plant."""
    lines = (DOCUMENTS / "questions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Library]]:
    """One store, read once, behind each engine."""
    home = tmp_path_factory.mktemp("edge")
    with ExitStack() as stack:
        wire = stack.enter_context(serving(QdrantServer()))
        urls = {"memory": ":memory:", "wire": wire, **({"server": SERVER} if SERVER else {})}
        with library_at(home, "") as first:
            first.sync(DOCUMENTS)
        opened = {"edge": stack.enter_context(library_at(home, ""))}
        for name, url in urls.items():
            copied = tmp_path_factory.mktemp(name)
            shutil.copytree(home / "documents", copied / "documents")
            opened[name] = stack.enter_context(library_at(copied, url))
        yield opened
        if SERVER:
            opened["server"]._index.clear(HashingEncoder().dimension)


def library_at(home: Path, url: str) -> Library:
    settings = RagSettings(qdrant_url=url, qdrant_collection=f"andon-test-{uuid.uuid4().hex[:8]}")
    return Library(home, HashingEncoder(), settings=settings, today=lambda: TODAY)


def same(ours: list[Hit], theirs: list[Hit]) -> bool:
    """The same passages in the same order, with scores that differ by rounding alone."""
    return [hit.id for hit in ours] == [hit.id for hit in theirs] and all(
        abs(one.score - other.score) <= NEAR * max(1.0, abs(one.score))
        for one, other in zip(ours, theirs, strict=True)
    )


def test_every_engine_holds_the_same(libraries: dict[str, Library]) -> None:
    """All passages of the store, and there are enough of them to tell engines apart."""
    ids = {name: library._index.ids() for name, library in libraries.items()}
    assert len(ids["edge"]) > 100
    assert all(each == ids["edge"] for each in ids.values())


@pytest.mark.parametrize("scope", SCOPES)
def test_every_engine_finds_the_same(libraries: dict[str, Library], scope: Scope) -> None:
    """By vector, by terms and by listing, with limits that cut through equal scores.

    Every question under one of the scopes.
    """
    encoder = HashingEncoder()
    limits = cycle((1, 3, 10, 100))
    for question in asked()[SCOPES.index(scope) :: len(SCOPES)]:
        vector = encoder.encode([question["question"]])[0].tolist()
        words = query_vector(dict.fromkeys(terms(question["question"]), 1.0))
        limit = next(limits)
        found = {
            name: (
                library._index.nearest(vector, scope, limit),
                library._index.matching(words, scope, limit),
                library._index.within(scope, limit),
            )
            for name, library in libraries.items()
        }
        for name, (near, matched, within) in found.items():
            assert same(near, found["edge"][0]), (name, question["question"])
            assert same(matched, found["edge"][1]), (name, question["question"])
            assert within == found["edge"][2], (name, question["question"])


def test_every_library_answers_the_same(libraries: dict[str, Library]) -> None:
    """From the question to the citations: the same passages in the same order."""
    several = 0
    for question in asked()[::4]:
        scope = {name: question.get(name) for name in ("machine", "machine_kind")}
        found = {
            name: [
                (each.document, each.revision, each.page, each.quote)
                for each in library.search(question["question"], **scope, limit=10)
            ]
            for name, library in libraries.items()
        }
        assert all(each == found["edge"] for each in found.values()), question["question"]
        several += len(found["edge"]) > 3
    assert several > 20
