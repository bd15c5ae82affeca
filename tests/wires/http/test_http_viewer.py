"""A citation opened over HTTP: the page, its picture, its text, and who may see it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rag.library import Library
from service.access import Access, Role, create_key
from service.app import WEB, create_app
from service.parts import Parts
from tests.conftest import ROOT
from tests.unit.rag.hashing import HashingEncoder

LOCAL = "http://127.0.0.1"
PAPER = """---
id: {id}
title: Notes
kind: sop
machine_kinds: [hydraulic-press]
revision: "1"
readers: [{readers}]
---

# Notes

1. Say <script>alert(1)</script> and <b>bold</b> to the foreman.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A PDF, revisions, and documents for some readers only."""
    folder = tmp_path_factory.mktemp("papers")
    for path in (ROOT / "simulators" / "documents").glob("SOP-HP-01.*"):
        shutil.copy(path, folder)
    for path in (ROOT / "tests" / "manuals").glob("SOP-FM-0[23]*"):
        shutil.copy(path, folder)
    for id_, readers in (("OPEN", ""), ("SECRET", "engineer")):
        (folder / f"{id_}.md").write_text(PAPER.format(id=id_, readers=readers))
    with Library(tmp_path_factory.mktemp("home"), HashingEncoder()) as library:
        assert library.sync(folder).failed == ()
        yield library


@pytest.fixture
def papers(parts: Parts, library: Library) -> Parts:
    """Parts over that library."""
    return replace(parts, library=library)


@pytest.fixture
def reader(papers: Parts) -> Iterator[TestClient]:
    """A client of a service without keys."""
    with TestClient(create_app(papers), base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def keyed_reader(papers: Parts, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Clients by key: a role, and the machines that it is for."""
    path = tmp_path / "keys.json"
    app = create_app(replace(papers, access=Access(path)))
    with TestClient(app, base_url="http://andon.plant") as client:

        def of(role: Role | None) -> TestClient:
            client.headers.pop("Authorization", None)
            if role is not None:
                token = create_key(path, role, name=f"a-{role}")
                client.headers["Authorization"] = f"Bearer {token}"
            return client

        yield of


def passage(library: Library, document: str, words: str) -> str:
    found = library.passages(document)
    return next(each.id for each in found if words in each.text)


def pages(document: str, revision: str) -> str:
    return f"/v1/documents/{document}/{revision}/pages"


def test_a_citation_opens_at_its_page_with_its_words_marked(
    reader: TestClient, library: Library
) -> None:
    """As data, and as a picture."""
    cited = passage(library, "SOP-HP-01", "Blow the fins out")
    reply = reader.get(pages("SOP-HP-01", "C"), params={"passage": cited})
    opened = reply.json()
    assert (opened["page"], opened["pages"], opened["marked_pages"]) == (2, 3, [2])
    assert opened["in_force"] is True
    assert "Blow the fins out" in opened["words"]
    assert len(opened["picture"]["boxes"]) >= 10
    picture = reader.get(f"{pages('SOP-HP-01', 'C')}/2.png", params={"passage": cited})
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["x-content-type-options"] == "nosniff"


def test_the_page_itself_holds_nothing_of_the_document(reader: TestClient) -> None:
    """It asks with its own key, and takes nothing from outside."""
    shell = reader.get("/documents/SOP-HP-01/C?passage=x")
    assert shell.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shell.headers["content-security-policy"]
    assert "cooler" not in shell.text
    for name in ("viewer.html", "viewer.js", "viewer.css"):
        text = (WEB / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://", text)
        assert "innerHTML" not in text


def test_what_may_not_be_worked_by_says_so(reader: TestClient) -> None:
    """And names the revision that is in force; C begins in many years."""
    for document, revision, status, other in (
        ("SOP-FM-02", "A", "superseded", "B"),
        ("SOP-FM-02", "D", "draft", "B"),
        ("SOP-FM-02", "C", "current", "B"),
        ("SOP-FM-03", "A", "withdrawn", None),
    ):
        opened = reader.get(pages(document, revision)).json()
        assert opened["in_force"] is False
        assert opened["in_force_revision"] == other
        assert opened["document"]["status"] == status


@pytest.mark.parametrize(("hour", "in_force"), [("22:59", "B"), ("23:01", "C")])
def test_a_revision_is_in_force_from_midnight_in_the_plant(
    papers: Parts, hour: str, in_force: str
) -> None:
    """As it is quoted: in Berlin that is an hour before it is midnight in Greenwich."""
    now = datetime.fromisoformat(f"2089-12-31T{hour}:00+00:00")
    with TestClient(create_app(replace(papers, clock=lambda: now)), base_url=LOCAL) as client:
        opened = client.get(pages("SOP-FM-02", "C")).json()
    assert opened["in_force_revision"] == in_force


def test_without_a_revision_it_is_the_one_that_holds(reader: TestClient) -> None:
    """B, and not C, which is current too but begins in many years."""
    assert reader.get("/v1/documents/SOP-FM-02/passages").json()["revision"] == "B"


def test_markup_in_a_document_stays_text(reader: TestClient) -> None:
    """The page sets it as text."""
    lines = reader.get(pages("OPEN", "1")).json()["lines"]
    steps = ["".join(part["text"] for part in line["parts"]) for line in lines]
    assert "1. Say <script>alert(1)</script> and <b>bold</b> to the foreman." in steps


def test_what_is_not_there_is_a_problem(reader: TestClient) -> None:
    """Never a fault of the service."""
    for path, status in (
        (pages("NONE", "1"), 404),
        (pages("SOP-HP-01", "Z"), 404),
        (f"{pages('SOP-HP-01', 'C')}?page=9", 404),
        (f"{pages('SOP-HP-01', 'C')}?page=0", 422),
        (f"{pages('SOP-HP-01', 'C')}?page=999999999", 422),
        (f"{pages('SOP-HP-01', 'C')}/9.png", 404),
        (f"{pages('SOP-HP-01', 'C')}/x.png", 422),
        (f"{pages('OPEN', '1')}/1.png", 404),
        (f"{pages('OPEN', '1')}?quote={'a' * 4001}", 422),
        (pages("..%2F..%2Fetc", "passwd"), 404),
    ):
        reply = reader.get(path)
        assert reply.status_code == status, path
        assert reply.headers["content-type"] == "application/problem+json"


def test_a_document_opens_for_its_readers_only(keyed_reader: Callable[..., TestClient]) -> None:
    """For all others it is not there; without a key nothing opens."""
    path = pages("SECRET", "1")

    def statuses(role: Role | None) -> list[int]:
        client = keyed_reader(role)
        return [client.get(path).status_code, client.get(f"{path}/1.png").status_code]

    assert statuses(None) == [401, 401]
    assert statuses(Role.MACHINE) == [403, 403]
    assert statuses(Role.OPERATOR) == [404, 404]
    assert statuses(Role.ENGINEER) == [200, 404]  # Markdown has no picture
    shown: dict[str, Any] = keyed_reader(Role.OPERATOR).get(pages("OPEN", "1")).json()
    assert shown["document"]["id"] == "OPEN"
