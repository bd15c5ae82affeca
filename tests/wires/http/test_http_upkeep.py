"""Documents are withdrawn, restored, and their index rebuilt over HTTP and by command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import typer
from starlette.testclient import TestClient
from typer.testing import CliRunner

from ingest.errors import DataFault, NotKnown, WireFault
from ingest.peer import Peer
from rag.library import Library
from rag.settings import RagSettings
from service.access import Role
from service.app import create_app
from service.cli import docs
from service.cli.upkeep import ServiceUpkeep
from service.folder_watch import FolderWatch
from service.parts import Parts
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import PUMP, front, write, write_library


@pytest.fixture
def real(parts: Parts, tmp_path: Path) -> Iterator[Parts]:
    """With a real library of three documents and a second revision of one."""
    settings = RagSettings(support_min=0.3)
    with Library(tmp_path / "home", HashingEncoder(), settings=settings) as library:
        watch = FolderWatch(library, write_library(tmp_path / "documents"))
        watch.read()
        newer = front("SOP-HP-02", title="Replacing the pump", revision="2") + PUMP
        library.add(write(tmp_path, "newer.md", newer))
        yield replace(parts, library=library, folder_watch=watch)


@pytest.fixture
def shelf(real: Parts) -> Iterator[TestClient]:
    """A client of a service over it, without keys."""
    with TestClient(create_app(real), base_url="http://127.0.0.1") as client:
        yield client


def by_command(client: TestClient, told: list[tuple[int, int, str]]) -> ServiceUpkeep:
    """What a command does at that service."""

    def handle(request: httpx.Request) -> httpx.Response:
        kept = {"content-type": request.headers.get("content-type", "")}
        reply = client.request(
            request.method, request.url.path, content=request.content, headers=kept
        )
        return httpx.Response(reply.status_code, content=reply.content, headers=dict(reply.headers))

    def moved(done: int, total: int, name: str) -> None:
        told.append((done, total, name))

    return ServiceUpkeep(Peer("http://andon.test"), moved, transport=httpx.MockTransport(handle))


def standing(client: TestClient) -> dict[str, str]:
    found = client.get("/v1/documents/SOP-HP-02").json()["revisions"]
    return {each["revision"]: each["status"] for each in found}


def quoted(client: TestClient) -> set[str]:
    found = client.post("/v1/search", json={"query": "lift the pump"}).json()["passages"]
    return {each["revision"] for each in found if each["document"] == "SOP-HP-02"}


def test_a_document_is_withdrawn_and_restored(shelf: TestClient) -> None:
    """The reply says how its revisions stand then; who did it stands with the document."""
    body = {"revision": "2", "reason": "wrong torque"}
    reply = shelf.post("/v1/documents/SOP-HP-02/withdraw", json=body)
    assert [d["status"] for d in reply.json()["documents"]] == ["current", "withdrawn"]
    assert quoted(shelf) == {"1"}
    shelf.post("/v1/documents/SOP-HP-02/withdraw", json={})
    assert quoted(shelf) == set()
    shelf.post("/v1/documents/SOP-HP-02/restore", json={})
    assert standing(shelf) == {"1": "superseded", "2": "current"}
    changes = shelf.get("/v1/documents/SOP-HP-02").json()["changes"]
    assert changes[-1]["action"] == "added"
    assert ("withdrawn", "wrong torque", "open") in [
        (each["action"], each["reason"], each["by"]) for each in changes
    ]


def test_what_is_not_there_or_not_withdrawn_is_said(shelf: TestClient) -> None:
    """With 404 and 422; nothing changes."""
    assert shelf.post("/v1/documents/NONE/withdraw", json={}).status_code == 404
    wrong = shelf.post("/v1/documents/SOP-HP-02/withdraw", json={"revision": "9"})
    assert wrong.status_code == 404
    reply = shelf.post("/v1/documents/SOP-HP-02/restore", json={})
    assert (reply.status_code, reply.json()["detail"]) == (422, "SOP-HP-02 is not withdrawn.")
    assert standing(shelf) == {"1": "superseded", "2": "current"}


def test_the_index_is_rebuilt_while_questions_are_answered(shelf: TestClient, real: Parts) -> None:
    """With how far it is, for whoever wants to see that."""
    passages = sum(document.passages for document in real.library.documents())
    assert shelf.post("/v1/documents/rebuild", json={}).json() == {"passages": passages}
    told: list[tuple[int, int, str]] = []
    with by_command(shelf, told) as service:
        assert service.rebuild() == passages
    assert [done for done, *_ in told] == [1, 2, 3, 4]
    assert quoted(shelf) == {"2"}


def test_only_engineers_change_how_documents_stand(
    keyed: Callable[[Role | None], TestClient],
) -> None:
    """An operator is told so."""
    for path in ("/v1/documents/X/withdraw", "/v1/documents/X/restore", "/v1/documents/rebuild"):
        assert keyed(Role.OPERATOR).post(path, json={}).status_code == 403
        assert keyed(None).post(path, json={}).status_code == 401


def test_a_command_at_a_running_service_goes_through_it(shelf: TestClient) -> None:
    """With its words where it refuses."""
    with by_command(shelf, []) as service:
        found = service.withdraw("SOP-HP-02", "2", "unsafe")
        assert [each["status"] for each in found] == ["current", "withdrawn"]
        assert service.restore("SOP-HP-02", None)[1]["status"] == "current"
        with pytest.raises(DataFault, match="is not withdrawn"):
            service.restore("SOP-HP-02", None)
        with pytest.raises(NotKnown):
            service.withdraw("NONE", None, "")


def test_a_rebuilding_that_breaks_off_is_no_success(
    shelf: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one with a fault nor one without an end."""

    def fail(*_: object) -> int:
        raise WireFault("No Qdrant server answers.")

    monkeypatch.setattr(Library, "rebuild", fail)
    with by_command(shelf, []) as service, pytest.raises(WireFault, match="No Qdrant server"):
        service.rebuild()


def test_readyz_says_what_is_broken_in_the_folder(
    shelf: TestClient, real: Parts, tmp_path: Path
) -> None:
    """And that it works all the same."""
    write(tmp_path / "documents", "bad.md", "no metadata at all")
    assert real.folder_watch is not None
    real.folder_watch.look()
    real.folder_watch.look()
    ready = shelf.get("/readyz").json()
    (documents,) = [part for part in ready["components"] if part["name"] == "documents"]
    assert (documents["state"], ready["ready"]) == ("degraded", True)
    assert "bad.md: " in documents["detail"]


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    docs.register(app)
    result = CliRunner().invoke(app, ["docs", *arguments], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_the_commands_work_without_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Withdraw, restore, and rebuild where the folder of the engine is broken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANDON_URL", raising=False)
    monkeypatch.setattr("service.cli.desk.command_encoder", lambda **_: HashingEncoder())
    write_library(tmp_path / "documents")
    plant = '[plant]\nname = "P"\ntimezone = "Europe/Berlin"\n[documents]\nfolder = "documents"\n'
    write(tmp_path, "plant.toml", f'{plant}[[machines]]\nid = "m"\nline = "l"\nkind = "k"\n')
    code, out = run("withdraw", "SOP-HP-02", "--reason", "unsafe")
    assert (code, out) == (0, "SOP-HP-02 revision 1: withdrawn\n")
    withdrawn = json.loads(run("restore", "SOP-HP-02", "--json")[1])
    assert [each["status"] for each in withdrawn] == ["current"]
    (tmp_path / ".andon" / "vectors" / "edge_config.json").write_text("{")
    code, out = run("rebuild", "--json")
    assert (code, list(json.loads(out))) == (0, ["passages"])
    shutil.rmtree(tmp_path / ".andon" / "vectors")
    code, out = run("rebuild")
    assert out.startswith("The index holds ")
