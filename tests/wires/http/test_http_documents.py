"""Documents over HTTP: taken in with their metadata, listed, shown, fetched, refused by name."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.errors import DataFault
from rag.library import Library
from rag.settings import RagSettings
from service.access import Access, Caller, Role, create_key
from service.app import create_app
from service.parts import Parts
from service.reach import Reach
from service.uploads import plain_name
from tests.cases.hostile_documents import hostile_files
from tests.fakes import FakeLibrary
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import COOLER, MANUAL, front

Keyed = Callable[[Role | None], TestClient]
FORM = {
    "id": "SOP-HP-01",
    "title": "Cleaning the oil cooler",
    "kind": "sop",
    "machine_kinds": "hydraulic-press",
    "revision": "A",
    "effective_from": "2026-01-15",
    "language": "en",
}


@pytest.fixture
def real(parts: Parts, tmp_path: Path) -> Iterator[Parts]:
    """With a real library, whose encoder needs no model."""
    settings = RagSettings(support_min=0.3)
    with Library(tmp_path / "home", HashingEncoder(), settings=settings) as library:
        yield replace(parts, library=library)


@pytest.fixture
def shelf(real: Parts) -> Iterator[TestClient]:
    """A client of a service over it, without keys."""
    with TestClient(create_app(real), base_url="http://127.0.0.1") as client:
        yield client


def sent(client: TestClient, content: str = COOLER, name: str = "a.md", **form: Any) -> Any:
    return client.post("/v1/documents", files={"file": (name, content.encode())}, data=form)


def test_a_document_comes_with_a_form_and_is_quoted(shelf: TestClient) -> None:
    """No front matter and no sidecar are needed; the file can be fetched as it came."""
    reply = sent(shelf, name="Reinigung des Ölkühlers.MD", **FORM)
    assert reply.status_code == 201, reply.text
    shown = reply.json()
    assert (shown["id"], shown["revision"], shown["status"]) == ("SOP-HP-01", "A", "current")
    assert shown["effective_from"] == "2026-01-15"
    found = shelf.post("/v1/search", json={"query": "clean the fins", "machine": "press-3"})
    assert found.json()["passages"][0]["document"] == "SOP-HP-01"
    file = shelf.get("/v1/documents/SOP-HP-01/file")
    assert file.text == COOLER
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-type"] == "application/octet-stream"
    passages = shelf.get("/v1/documents/SOP-HP-01/passages").json()["passages"]
    assert any("compressed air" in one["text"] and one["page"] == 1 for one in passages)


def test_the_list_passes_every_filter(shelf: TestClient) -> None:
    """By kind, machine, standing, language and day."""
    sent(shelf, **FORM)
    sent(shelf, **{**FORM, "revision": "B", "effective_from": "2027-01-01"})
    sent(shelf, MANUAL, **{**FORM, "id": "MILL", "kind": "manual", "machine_kinds": "cnc-mill"})

    def listed(query: str) -> list[str]:
        found = shelf.get(f"/v1/documents?{query}").json()["documents"]
        return [f"{one['id']}@{one['revision']}" for one in found]

    assert listed("machine=press-3") == ["SOP-HP-01@A", "SOP-HP-01@B"]
    assert listed("kind=manual") == ["MILL@A"]
    assert listed("machine=press-3&on=2026-11-22") == ["SOP-HP-01@A"]
    assert listed("machine=press-3&on=2027-02-01") == ["SOP-HP-01@B"]
    assert listed("language=de") == listed("status=withdrawn") == []
    shown = shelf.get("/v1/documents/SOP-HP-01").json()
    assert [one["revision"] for one in shown["revisions"]] == ["A", "B"]
    assert [(one["action"], one["by"]) for one in shown["changes"]] == [("added", "open")] * 2
    assert shelf.delete("/v1/documents/SOP-HP-01?revision=B").status_code == 204
    assert listed("machine=press-3") == ["SOP-HP-01@A"]


def test_a_failing_upload_changes_nothing(shelf: TestClient) -> None:
    """The revision before is found as it was."""
    sent(shelf, **FORM)
    before = shelf.get("/v1/documents").json()
    for content, form in (
        ("", FORM),
        (COOLER, {**FORM, "id": "../x"}),
        (COOLER, {**FORM, "effective_from": "soon"}),
        (COOLER, {**FORM, "kind": "poem"}),
        (COOLER, {**FORM, "readers": "cook"}),
        (COOLER, {**FORM, "effectve_until": "2027-01-01"}),
        ("\0" * 9, {**FORM, "revision": "B"}),
    ):
        reply = sent(shelf, content, **form)
        assert reply.status_code == 422, (form, reply.text)
        assert reply.headers["content-type"] == "application/problem+json"
    assert shelf.get("/v1/documents").json() == before
    figures = shelf.get("/metrics").text
    assert 'andon_documents_uploads_total{outcome="added"} 1.0' in figures
    assert 'andon_documents{status="current"} 1.0' in figures


def test_an_upload_can_tell_how_far_it_is(shelf: TestClient) -> None:
    """As events; the document last, or a problem with its words."""
    told = sent(shelf, stream="true", **FORM)
    assert told.status_code == 201
    assert told.headers["content-type"].startswith("text/event-stream")
    assert "event: document" in told.text
    failed = sent(shelf, "", stream="true", **FORM)
    assert "event: problem" in failed.text
    assert '"status":422' in failed.text


def test_many_at_once_are_sent_away_with_a_time(client: TestClient, parts: Parts) -> None:
    """So that questions keep their threads."""
    while parts.upload_slots.acquire(blocking=False):
        pass
    reply = sent(client)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    parts.upload_slots.release()
    assert sent(client).status_code == 201


def test_others_are_served_while_a_file_takes_its_time(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health, questions and lists, with every place for uploads taken."""
    begun, over = threading.Semaphore(0), threading.Event()

    def hang(_: FakeLibrary, path: Path, **__: Any) -> None:
        begun.release()
        assert over.wait(60)
        raise DataFault(f"{path.name}: it takes too long.")

    monkeypatch.setattr(FakeLibrary, "add", hang)
    with TestClient(create_app(parts), base_url="http://127.0.0.1") as client:
        replies: list[Any] = []
        threads = [threading.Thread(target=lambda: replies.append(sent(client))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert begun.acquire(timeout=60)
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/ask", json={"question": "what now?"}).status_code == 200
        assert client.get("/v1/documents").status_code == 200
        over.set()
        for thread in threads:
            thread.join(60)
    assert [reply.status_code for reply in replies] == [422] * 4


def test_others_are_answered_while_a_bomb_is_read(shelf: TestClient) -> None:
    """50 MiB of packed stream in a small PDF: refused by name, and the shelf is as it was."""
    sent(shelf, **FORM)
    replies: list[Any] = []
    bomb = {"file": ("bomb.pdf", hostile_files.zeros())}
    form = {**FORM, "id": "BOMB"}
    thread = threading.Thread(
        target=lambda: replies.append(shelf.post("/v1/documents", files=bomb, data=form))
    )
    thread.start()
    question = {"question": "How do I clean the fins of the cooler?", "machine": "press-3"}
    during = 0
    while thread.is_alive():
        assert shelf.get("/healthz").status_code == 200
        assert not shelf.post("/v1/ask", json=question).json()["declined"]
        during += 1
    assert during > 0
    (reply,) = replies
    assert reply.status_code == 422, reply.text
    assert "bomb.pdf" in reply.json()["detail"]
    assert [one["id"] for one in shelf.get("/v1/documents").json()["documents"]] == ["SOP-HP-01"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Manual.PDF", "Manual.pdf"),
        ("manual.exe.pdf", "manual.exe.pdf"),
        ("Prüfanweisung (neu) 3.md", "Prüfanweisung (neu) 3.md"),
        ("a" * 190 + ".md", "a" * 190 + ".md"),
    ],
)
def test_a_plain_name_is_kept(name: str, kept: str) -> None:
    """With its ending in small letters."""
    assert plain_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../a.md",
            "..\\a.md",
            "/etc/passwd.md",
            "C:a.md",
            "a/../b.md",
            ".a.md",
            "a.md.",
            " a.md",
        ),
        *("a\n.md", "a\u202egpj.md", "a\0.md", "%2e%2e%2fa.md", "a?.md", "a*.md", "a|b.md"),
        *("a" * 300 + ".md", "ü" * 120 + ".md", "manual.pdf.exe", "manual", "md", ""),
    ],
)
def test_another_name_is_refused(name: str) -> None:
    """It leads elsewhere, cannot be seen, is too long, or says nothing of its content."""
    with pytest.raises(DataFault):
        plain_name(name)


def test_readers_alone_find_a_document(real: Parts, tmp_path: Path) -> None:
    """For the others it is not there: no list, no passage, no file, no answer, no viewer."""
    path = tmp_path / "keys.json"
    tokens = {role: create_key(path, role) for role in (Role.OPERATOR, Role.ENGINEER)}
    with TestClient(
        create_app(replace(real, access=Access(path))), base_url="http://andon.plant"
    ) as client:

        def by(role: Role) -> TestClient:
            client.headers["Authorization"] = f"Bearer {tokens[role]}"
            return client

        assert sent(by(Role.OPERATOR), **FORM).status_code == 403
        assert sent(by(Role.ENGINEER), **FORM, readers="engineer").status_code == 201
        question = {"question": "How do I clean the fins of the cooler?", "machine": "press-3"}
        answer = by(Role.ENGINEER).post("/v1/ask", json=question).json()
        assert not answer["declined"]
        page = f"/v1/documents/SOP-HP-01/A/pages?passage={answer['citations'][0]['passage']}"
        assert client.get(page).status_code == 200
        operator = by(Role.OPERATOR)
        declined = operator.post("/v1/ask", json=question).json()
        assert declined["declined"]
        assert "compressed" not in json.dumps(declined)
        assert operator.post("/v1/search", json={"query": "fins"}).json()["passages"] == []
        assert operator.get("/v1/documents").json() == {"documents": [], "failures": []}
        for missing in ("", "/file", "/passages"):
            assert operator.get(f"/v1/documents/SOP-HP-01{missing}").status_code == 404
        assert operator.get(page).status_code == 404
        verdict = {"answer": declined["id"], "verdict": "wrong", "document": "SOP-HP-01"}
        assert operator.post("/v1/feedback", json=verdict).status_code == 404
        withdrawn = {"query": "fins", "statuses": ["withdrawn"]}
        assert operator.post("/v1/search", json=withdrawn).status_code == 403


def test_a_key_for_a_mill_sees_no_document_of_a_press(parts: Parts, tmp_path: Path) -> None:
    """Unless it is for every machine; the only machine of the key need not be named."""
    assert isinstance(parts.library, FakeLibrary)
    for name, form in (("press", {"machine_kinds": ["hydraulic-press"]}), ("all", {})):
        (tmp_path / f"{name}.md").write_text("Text")
        parts.library.add(tmp_path / f"{name}.md", metadata=form)
    path = tmp_path / "keys.json"
    token = create_key(path, Role.OPERATOR, reach=Reach(machines=("gone",)))
    own = create_key(path, Role.OPERATOR, reach=Reach(machines=("press-3",)))
    with TestClient(
        create_app(replace(parts, access=Access(path))), base_url="http://andon.plant"
    ) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/v1/documents").json()["documents"] == []
        assert client.post("/v1/search", json={"query": "x"}).status_code == 422
        client.headers["Authorization"] = f"Bearer {own}"
        listed = client.get("/v1/documents").json()["documents"]
        assert [one["id"] for one in listed] == ["press", "all"]
        (found,) = client.post("/v1/search", json={"query": "x"}).json()["passages"]
        assert found["quote"].startswith("x hydraulic-press press-3")


def test_a_file_that_went_away_is_said_to(shelf: TestClient, real: Parts) -> None:
    """And nothing else of the document is lost."""
    sent(shelf, **FORM)
    (document,) = real.library.documents()
    Path(document.source).unlink()
    reply = shelf.get("/v1/documents/SOP-HP-01/file")
    assert (reply.status_code, "not there any more" in reply.json()["detail"]) == (404, True)
    assert shelf.get("/v1/documents/SOP-HP-01/passages").status_code == 200


def test_the_reader_of_a_role() -> None:
    """Engineers read everything."""
    assert Caller("x", Role.ENGINEER).reader is None
    assert Caller("x", Role.OPERATOR).reader == "operator"


def test_front_matter_is_overruled_by_the_form(shelf: TestClient) -> None:
    """What was not sent stays."""
    reply = sent(shelf, front("OWN", title="Its own") + COOLER, revision="7", title="")
    assert reply.status_code == 201, reply.text
    assert (reply.json()["id"], reply.json()["title"]) == ("OWN", "Its own")
    assert reply.json()["revision"] == "7"
