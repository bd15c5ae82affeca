"""andon docs and ask: the library here, or the service that holds it."""

from __future__ import annotations

import getpass
import json
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from ingest.errors import DataFault, NotKnown, SettingsFault, WireFault
from ingest.peer import Peer
from rag.evaluation.questions import read_questions
from rag.library import Library
from service.cli import docs
from service.cli.desk import Among, LibraryDesk, ServiceDesk, open_desk
from service.database import Database
from service.judged_answers import JudgedAnswer, Place
from service.ledger import Ledger, Verdict
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.test_evaluation import collection
from tests.unit.rag.writing import front, write, write_library

PLANT = """
[plant]
name = "Test"
timezone = "UTC"

[documents]
folder = "documents"

[mqtt]
url = "mqtt://127.0.0.1:1883"

[[mqtt.routes]]
topic = "andon/{line}/{machine}/telemetry"
codec = "json"

[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"

[[machines]]
id = "mill-1"
line = "line-1"
kind = "cnc-mill"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plant with documents, and an encoder without a model."""
    write(tmp_path, "plant.toml", PLANT)
    write_library(tmp_path / "documents")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANDON_URL", raising=False)
    monkeypatch.setenv("ANDON_SUPPORT_MIN", "0.3")
    monkeypatch.setattr("service.cli.desk.command_encoder", lambda **_: HashingEncoder())
    monkeypatch.setattr(
        "service.cli.docs_evaluate.quick_encoder", lambda: nullcontext(HashingEncoder())
    )
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    docs.register(app)
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_question_is_answered_from_the_plants_folder(place: Path) -> None:
    """Without a service, without anything prepared."""
    code, out = run("ask", "E217, what do I do?", "--machine", "press-3", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["citations"][0]["document"] == "SOP-HP-01"
    assert answer["machine"] == "press-3"
    code, out = run("ask", "E217, what do I do?", "--machine", "press-3")
    assert "1. Stop the press" in out


def test_no_answer_is_exit_code_1(place: Path) -> None:
    """The answer is no, with the reason."""
    code, out = run("ask", "E217", "--machine", "mill-1")
    assert code == 1
    assert "No answer." in out


def test_an_unknown_machine_is_a_fault(place: Path) -> None:
    """It is not taken for no machine at all."""
    with pytest.raises(NotKnown):
        run("ask", "E217", "--machine", "press-9")


def test_documents_are_added_listed_searched_and_removed(place: Path) -> None:
    """The whole round, as JSON."""
    good = write(place, "rail.md", front("RAIL", title="Rail") + "Grease the guide rail.")
    bad = write(place, "bad.md", "no metadata")
    code, out = run("docs", "add", str(good), str(bad), "--json")
    report = json.loads(out)
    assert code == 1
    assert [d["id"] for d in report["added"]] == ["RAIL"]
    assert "bad.md" in report["failed"][0]["reason"]
    listed = json.loads(run("docs", "list", "--json")[1])
    assert {"RAIL", "HP-MAN"} < {d["id"] for d in listed}
    found = json.loads(run("docs", "search", "grease the guide rail", "--json")[1])
    assert found["passages"][0]["document"] == "RAIL"
    assert run("docs", "remove", "RAIL")[0] == 0
    assert "RAIL" not in run("docs", "list")[1]
    with pytest.raises(NotKnown):
        run("docs", "remove", "RAIL")


def test_a_collection_is_evaluated(place: Path) -> None:
    """With exactly the keys that are promised; the library is not touched."""
    code, out = run("docs", "evaluate", str(collection(place / "beir")), "--json")
    assert code == 0
    assert list(json.loads(out))[:7] == [
        "passages",
        "questions",
        "ndcg_at_10",
        "recall_at_10",
        "hit_at_1",
        "cpu_ms_per_query",
        "fusion",
    ]
    assert not (place / ".andon").exists()


def desk(answer: httpx.Response | Exception, seen: list[httpx.Request]) -> ServiceDesk:
    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ServiceDesk(Peer("http://andon.test"), transport=httpx.MockTransport(handle))


def test_a_question_of_bytes_that_are_no_text_is_refused() -> None:
    """The terminal hands them on as lone surrogates, which no JSON can carry."""
    with (
        desk(httpx.Response(200, json={}), []) as service,
        pytest.raises(DataFault, match="no UTF-8 text"),
    ):
        service.ask("\udcff", None)


def test_the_service_is_asked_in_its_own_words(tmp_path: Path) -> None:
    """Paths and bodies of version 1."""
    seen: list[httpx.Request] = []
    body: dict[str, Any] = {
        "passages": [{"document": "D"}],
        "documents": [{"id": "D"}],
        "revision": "B",
    }
    among = Among(kinds=("sop",), on=date(2026, 12, 1))
    with desk(httpx.Response(200, json=body), seen) as service:
        service.ask("why?", None)
        assert service.search("x", "press-3", 3, among) == [{"document": "D"}]
        assert service.documents() == [{"id": "D"}]
        assert service.failures() == []
        assert service.show("D 1", "B")["passages"] == [{"document": "D"}]
        service.remove("a/b")
        service.remove("D", "B")
    assert [(r.method, r.url.raw_path.decode()) for r in seen] == [
        ("POST", "/v1/ask"),
        ("POST", "/v1/search"),
        ("GET", "/v1/documents"),
        ("GET", "/v1/documents"),
        ("GET", "/v1/documents/D%201"),
        ("GET", "/v1/documents/D%201/passages?revision=B"),
        ("DELETE", "/v1/documents/a%2Fb"),
        ("DELETE", "/v1/documents/D?revision=B"),
    ]
    assert json.loads(seen[0].content) == {"question": "why?"}
    assert json.loads(seen[1].content) == {
        "query": "x",
        "machine": "press-3",
        "limit": 3,
        "kinds": ["sop"],
        "on": "2026-12-01",
    }


def told(*events: tuple[str, dict[str, Any]]) -> httpx.Response:
    """A stream of events."""
    text = "".join(f"event: {kind}\r\ndata: {json.dumps(body)}\r\n\r\n" for kind, body in events)
    return httpx.Response(201, text=text, headers={"content-type": "text/event-stream"})


def test_a_file_is_sent_with_what_is_said_of_it(tmp_path: Path) -> None:
    """Its sidecar too; how far the service is is heard, and the document comes at the end."""
    seen: list[httpx.Request] = []
    path = write(tmp_path, "a.pdf", "%PDF")
    write(tmp_path, "a.pdf.yaml", "id: A")
    moved: list[tuple[int, int, str]] = []
    progress = {"done": 3, "total": 9, "name": "A"}
    with desk(told(("progress", progress), ("document", {"id": "A"})), seen) as service:
        found = service.add(path, {"machines": ["m1", "m2"]}, lambda *at: moved.append(at))
    assert found == {"id": "A"}
    assert moved == [(3, 9, "A")]
    assert b'name="file"; filename="a.pdf"' in seen[0].content
    assert b'name="sidecar"; filename="a.pdf.yaml"' in seen[0].content
    assert seen[0].content.count(b'name="machines"') == 2
    problem = {"status": 422, "detail": "It is no PDF."}
    with desk(told(("problem", problem)), []) as service, pytest.raises(DataFault, match="no PDF"):
        service.add(path)
    with desk(told(), []) as service, pytest.raises(WireFault, match="broke off"):
        service.add(path)
    gone = httpx.Response(503, json={"detail": "Busy."})
    with desk(gone, []) as service, pytest.raises(WireFault, match="Busy"):
        service.add(path)


def test_what_is_said_of_a_file_stands_above_its_own_words(place: Path) -> None:
    """And is shown with its revisions, its pages and what was done to it."""
    file = write(place, "rail.md", "Grease the guide rail.")
    said = ["--id", "RAIL", "--title", "Rail", "--kind", "sop", "--revision", "B"]
    limits = ["--machine-kind", "cnc-mill", "--machine", "mill-1", "--reader", "engineer"]
    days = ["--effective-from", "2026-01-01", "--effective-until", "2030-01-01"]
    assert run("docs", "add", str(file), *said, *limits, *days)[0] == 0
    shown = json.loads(run("docs", "show", "RAIL", "--json")[1])
    (revision,) = shown["revisions"]
    assert (revision["machines"], revision["readers"]) == (["mill-1"], ["engineer"])
    assert (revision["effective_from"], revision["effective_until"]) == ("2026-01-01", "2030-01-01")
    assert [one["action"] for one in shown["changes"]] == ["added"]
    assert shown["passages"][0]["page"] == 1
    words = run("docs", "show", "RAIL")[1]
    assert "Grease the guide rail." in words
    assert "added" in words
    found = json.loads(run("docs", "search", "guide rail", "--kind", "manual", "--json")[1])
    assert "RAIL" not in {one["document"] for one in found["passages"]}
    assert run("docs", "remove", "RAIL", "--revision", "B")[0] == 0


def test_a_document_that_is_out_of_force_is_shown_with_who_did_it(place: Path) -> None:
    """The last revision stands for it; who took it in is kept as well."""
    rail = write(place, "rail.md", front("RAIL", title="Rail") + "Grease the guide rail.")
    assert run("docs", "add", str(rail))[0] == 0
    assert run("docs", "withdraw", "RAIL", "--reason", "wrong")[0] == 0
    shown = json.loads(run("docs", "show", "RAIL", "--json")[1])
    assert (shown["revision"], len(shown["passages"])) == ("1", 1)
    done = [(one["action"], one["by"]) for one in shown["changes"]]
    assert done == [("withdrawn", getpass.getuser()), ("added", getpass.getuser())]


def test_one_name_for_many_files_is_refused(place: Path) -> None:
    """Before anything is taken in."""
    files = [str(write(place, f"{n}.md", front(n) + "Text.")) for n in ("ONE", "TWO")]
    with pytest.raises(SettingsFault, match="--id is said of one document"):
        run("docs", "add", *files, "--id", "X")
    assert "ONE" not in run("docs", "list", "--json")[1]


def test_judged_answers_are_written_as_questions(place: Path) -> None:
    """None where nobody judged anything yet."""
    code, out = run("docs", "questions", "--out", str(place / "q.jsonl"), "--json")
    assert (code, json.loads(out)["questions"]) == (0, 0)
    verdict = Verdict(
        *("answer", "a1", "wrong", "", "", "M. Weber"),
        answered=JudgedAnswer("E217?", machine="press-3", right=Place("HP-MAN", 2)),
    )
    (place / ".andon").mkdir(exist_ok=True)
    with Database(place / ".andon" / "history.db") as base:
        Ledger(base).judge(verdict, datetime(2026, 11, 22, tzinfo=UTC))
    run("docs", "questions", "--out", str(place / "q.jsonl"))
    (question,) = read_questions(place / "q.jsonl")
    assert (question.question, question.machine) == ("E217?", "press-3")
    assert (question.expected[0].document, question.expected[0].page) == ("HP-MAN", 2)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(404, NotKnown), (422, DataFault), (401, SettingsFault), (503, WireFault), (500, WireFault)],
)
def test_a_problem_of_the_service_is_the_same_fault_here(
    status: int, fault: type[Exception]
) -> None:
    """With its words."""
    answer = httpx.Response(status, json={"detail": "it is so"})
    with desk(answer, []) as service, pytest.raises(fault, match="it is so"):
        service.documents()


def test_the_revision_that_holds_is_shown(place: Path) -> None:
    """And not one that is current too but begins in many years."""
    for revision, begin in (("A", "2026-01-01"), ("B", "2090-01-01")):
        head = f"id: RAIL\ntitle: Rail\nkind: sop\nrevision: {revision}\neffective_from: {begin}"
        paper = write(place, f"{revision}.md", f"---\n{head}\n---\n# Rail\n\nGrease the rail.\n")
        run("docs", "add", str(paper))
    assert json.loads(run("docs", "show", "RAIL", "--json")[1])["revision"] == "A"


def test_what_the_service_says_to_do_is_said_here(tmp_path: Path) -> None:
    """In a reply, and in a stream that has begun."""
    problem = {"status": 422, "detail": "It is a scan.", "remedy": "Install Tesseract."}
    path = write(tmp_path, "a.pdf", "%PDF")
    for answer in (httpx.Response(422, json=problem), told(("problem", problem))):
        with desk(answer, []) as service, pytest.raises(DataFault, match=r"scan\. Install T"):
            service.add(path)


def test_every_fault_of_a_request_is_named() -> None:
    """Not only how many there are."""
    errors = [{"pointer": "/body/query", "detail": "Too long"}]
    answer = httpx.Response(422, json={"detail": "1 fault(s) in the request.", "errors": errors})
    with desk(answer, []) as service, pytest.raises(DataFault, match=r"/body/query: Too long\."):
        service.documents()


def test_a_service_that_is_away_is_named() -> None:
    """With where it was looked for."""
    with (
        desk(httpx.ConnectError("refused"), []) as service,
        pytest.raises(WireFault, match=r"http://andon\.test.*ANDON_URL"),
    ):
        service.documents()


def test_the_holder_of_the_vectors_is_asked(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here while the library is free, at the service while it holds it or is named."""
    home, plant, told = place / ".andon", place / "plant.toml", list[str]()
    with open_desk(home=home, plant=plant, told=told.append) as here:
        assert isinstance(here, LibraryDesk)
    with (
        Library(home, HashingEncoder()),
        open_desk(home=home, plant=plant, told=told.append) as there,
    ):
        assert isinstance(there, ServiceDesk)
    assert "http://127.0.0.1:8080" in told[-1]
    monkeypatch.setenv("ANDON_URL", "http://elsewhere:1")
    with open_desk(home=home, plant=plant, told=told.append) as named:
        assert isinstance(named, ServiceDesk)
