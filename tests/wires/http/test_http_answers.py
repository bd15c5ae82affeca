"""Answers over HTTP: conversations, streams, the audit, and questions out of feedback."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from ingest.errors import DataFault
from ingest.vocabulary import Answer
from prompting.listening import HungUp, Listener
from rag.conversation import Turn
from service import database
from service.access import Access, Role, create_key
from service.answer_log import CONVERSATION_KEPT, MOST_TURNS, AnswerLog, Wanted
from service.app import create_app
from service.database import Database
from service.parts import Parts
from tests.fakes import FakeLibrary
from tests.wires.http.conftest import NOON

GENEROUS_S = 60.0
Clocked = Callable[[datetime], TestClient]


@pytest.fixture
def at(parts: Parts) -> Iterator[Clocked]:
    """A client whose service has the clock that is set."""
    now = [NOON]
    with TestClient(
        create_app(replace(parts, clock=lambda: now[0])), base_url="http://127.0.0.1"
    ) as client:

        def set_to(moment: datetime) -> TestClient:
            now[0] = moment
            return client

        yield set_to


def ask(client: TestClient, question: str = "what now?", **more: Any) -> Any:
    return client.post("/v1/ask", json={"question": question, **more})


def test_a_follow_up_knows_what_was_asked_before(client: TestClient, parts: Parts) -> None:
    """Question, machine and passages of the turns before it; only within the conversation."""
    first = ask(client, "E217?", machine="press-3").json()
    talk = {"conversation": first["conversation"]}
    second = ask(client, "And then?", language="de", **talk).json()
    assert second["conversation"] == first["conversation"]
    assert isinstance(parts.library, FakeLibrary)
    assert parts.library.asked[0] == {"reader": None, "earlier": (), "language": None}
    earlier = (Turn("E217?", "press-3", ("SOP-1-4",)),)
    assert parts.library.asked[1] == {"reader": None, "earlier": earlier, "language": "de"}
    assert ask(client).json()["conversation"] != first["conversation"]


def test_a_conversation_ends(at: Clocked) -> None:
    """After hours without a question, and after many questions."""
    first = ask(at(NOON)).json()["conversation"]
    late = at(NOON + CONVERSATION_KEPT + timedelta(seconds=1))
    over = ask(late, conversation=first)
    assert (over.status_code, "new one" in over.json()["remedy"]) == (404, True)
    talk = ask(late).json()["conversation"]
    for _ in range(MOST_TURNS - 1):
        assert ask(late, conversation=talk).status_code == 200
    assert ask(late, conversation=talk).status_code == 409


def test_a_conversation_is_its_callers_own(parts: Parts, tmp_path: Path) -> None:
    """Also where two keys bear one name."""
    path = tmp_path / "keys.json"
    tokens = [create_key(path, Role.OPERATOR, name="hall") for _ in range(2)]
    with TestClient(
        create_app(replace(parts, access=Access(path))), base_url="http://andon.plant"
    ) as client:
        client.headers["Authorization"] = f"Bearer {tokens[0]}"
        talk = ask(client).json()["conversation"]
        client.headers["Authorization"] = f"Bearer {tokens[1]}"
        assert ask(client, conversation=talk).status_code == 404
        assert ask(client, conversation="c0").status_code == 404
        assert client.get("/v1/answers").status_code == 403
        client.headers["Authorization"] = f"Bearer {tokens[0]}"
        assert ask(client, conversation=talk).status_code == 200


def test_every_answer_is_kept_with_what_it_stood_on(client: TestClient) -> None:
    """Words of the passages, scope, caller; also of those that were declined."""
    answer = ask(client, machine="press-3", language="de").json()
    declined = ask(client, "what is the weather?").json()
    listed = client.get("/v1/answers").json()
    assert [one["id"] for one in listed["answers"]] == [declined["id"], answer["id"]]
    assert listed["next"] is None
    kept = client.get(f"/v1/answers/{answer['id']}").json()
    assert (kept["caller"], kept["role"], kept["machine"]) == ("open", "engineer", "press-3")
    assert kept["scope"] == {
        "machine": "press-3",
        "machine_kind": "hydraulic-press",
        "reader": None,
        "language": "de",
        "codes": [],
        "earlier": 0,
    }
    assert [one["quote"] for one in kept["passages"]] == [answer["text"]]
    assert kept["answer"]["text"] == answer["text"]
    assert client.get("/v1/answers/a1").status_code == 404
    figures = client.get("/metrics").text
    assert 'andon_answers_total{engine="quote",outcome="declined"} 1.0' in figures
    assert 'andon_answers_total{engine="quote",outcome="answered"} 1.0' in figures


def test_the_audit_is_filtered_and_paged(at: Clocked) -> None:
    """By machine, time, outcome and verdict; pages follow one another without a gap."""
    ids = [
        ask(
            at(NOON + timedelta(minutes=n)),
            "the weather" if n == 4 else "how?",
            **({"machine": "press-3"} if n < 2 else {}),
        ).json()["id"]
        for n in range(5)
    ]
    client = at(NOON + timedelta(hours=1))
    client.post("/v1/feedback", json={"answer": ids[0], "verdict": "right"})
    client.post("/v1/feedback", json={"answer": ids[0], "verdict": "wrong", "comment": "old"})

    def found(query: str) -> list[int]:
        rows = client.get(f"/v1/answers?{query}").json()["answers"]
        return [ids.index(row["id"]) for row in rows]

    assert found("machine=press-3") == [1, 0]
    assert found("declined=true") == [4]
    assert found("verdict=wrong") == [0]
    assert found("verdict=right") == []
    assert found("verdict=none") == [4, 3, 2, 1]
    assert found("start=2026-11-22T12:01:00Z&end=2026-11-22T12:03:00Z") == [2, 1]
    first = client.get("/v1/answers?limit=2").json()
    assert first["next"] == ids[3]
    assert found(f"limit=2&before={first['next']}") == [2, 1]
    assert client.get("/v1/answers?before=a1").status_code == 404
    (said, again) = client.get(f"/v1/answers/{ids[0]}").json()["verdicts"]
    assert (said["verdict"], again["comment"]) == ("right", "old")


def test_an_answer_is_forgotten_in_time(parts: Parts, tmp_path: Path) -> None:
    """After the days of the settings; what a person said about it stays."""
    with Database(tmp_path / "history.db") as base:
        log = AnswerLog(base, timedelta(days=2))
        now = [NOON]
        app = create_app(replace(parts, answers=log, clock=lambda: now[0]))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            old = ask(client, "how?").json()["id"]
            client.post("/v1/feedback", json={"answer": old, "verdict": "right"})
            now[0] = NOON + timedelta(days=3)
            ask(client)
            assert client.get(f"/v1/answers/{old}").status_code == 404
            assert '"question": "how?"' in client.get("/v1/answers/questions").text


def test_answers_of_an_older_andon_move_to_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their ids, so that feedback still finds them."""
    path = tmp_path / "old.db"
    before = database.MIGRATIONS.index(database._asked)
    monkeypatch.setattr(database, "MIGRATIONS", database.MIGRATIONS[:before])
    Database(path).close()
    body = {"question": "E217?", "declined": False, "reason": "", "text": "Stop.", "citations": []}
    with sqlite3.connect(path) as base:
        base.execute("INSERT INTO given_answers VALUES ('a7', 'answer', 1, ?)", (json.dumps(body),))
    base.close()
    monkeypatch.undo()
    with Database(path) as moved:
        assert AnswerLog(moved).find("a7").answer.text == "Stop."
        assert moved.rows("SELECT * FROM given_answers") == []


def test_feedback_becomes_questions(client: TestClient, tmp_path: Path) -> None:
    """Where the right place is known; of two verdicts on one question the newest counts."""
    file = {"file": ("SOP-9.md", b"# How\n")}
    client.post("/v1/documents", files=file)

    def judge(question: str, verdict: str, **more: Any) -> int:
        answer = ask(client, question, machine="press-3").json()["id"]
        said = {"answer": answer, "verdict": verdict, **more}
        return client.post("/v1/feedback", json=said).status_code

    assert judge("right one", "right") == 201
    assert judge("wrong one", "wrong", document="SOP-9", page=4, comment="there") == 201
    assert judge("wrong, who knows", "wrong") == 201
    assert judge("the weather", "right") == 201
    assert judge("the weather tomorrow", "wrong") == 201
    assert judge("Right ONE", "wrong", document="SOP-9") == 201
    assert judge("x", "wrong", document="SOP-77") == 404
    assert judge("x", "wrong", page=3) == 422
    assert judge("x", "right", document="SOP-9") == 422
    reply = client.get("/v1/answers/questions")
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    lines = {line["question"]: line for line in map(json.loads, reply.text.splitlines())}
    assert set(lines) == {"Right ONE", "wrong one", "the weather"}
    assert lines["wrong one"]["expected"] == [{"document": "SOP-9", "page": 4}]
    assert lines["wrong one"]["note"] == "there"
    assert lines["Right ONE"]["expected"] == [{"document": "SOP-9"}]
    assert lines["the weather"]["declined"] is True
    assert lines["the weather"]["machine"] == "press-3"


class Writes(FakeLibrary):
    """A library whose model writes on until it is hung up on."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.ended = threading.Event()

    def ask(self, question: str, **more: Any) -> Answer:
        """Pieces first."""
        listener = more["listener"]
        assert isinstance(listener, Listener)
        try:
            for number in range(self.pieces):
                listener.heard(f"piece {number}")
                listener.gone.wait(0.01)
        except HungUp:
            self.ended.set()  # and quotes instead, as it does where a model fails
        if "break" in question:
            raise DataFault("It broke.", remedy="Ask again.")
        return super().ask(question, **more)


@contextmanager
def serving(parts: Parts, port: int) -> Iterator[str]:
    app = create_app(parts)
    config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=2)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        while not running.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join(GENEROUS_S)


def test_drafts_come_before_the_answer_and_a_fault_ends_them(
    parts: Parts, free_port: Callable[[], int]
) -> None:
    """Pieces, citations, and the kept answer at the end; or a problem."""
    with serving(replace(parts, library=Writes(3)), free_port()) as address:
        body = {"question": "how?", "stream": True}
        told = httpx.post(f"{address}/v1/ask", json=body, timeout=GENEROUS_S).text
        body["question"] = "break"
        broken = httpx.post(f"{address}/v1/ask", json=body, timeout=GENEROUS_S).text
    kinds = [line[7:] for line in told.splitlines() if line.startswith("event: ")]
    assert kinds == ["draft", "draft", "draft", "citation", "answer"]
    last = json.loads([line for line in told.splitlines() if line.startswith("data: ")][-1][6:])
    assert parts.answers.find(last["id"]).answer.text == last["text"]
    kinds = [line[7:] for line in broken.splitlines() if line.startswith("event: ")]
    assert kinds == ["draft", "draft", "draft", "problem"]
    assert "Ask again." in broken
    assert len(parts.answers.listed(Wanted(), limit=9)) == 1


def test_who_hangs_up_ends_the_work_and_nothing_is_kept(
    parts: Parts, free_port: Callable[[], int]
) -> None:
    """The model is not left writing for nobody."""
    library = Writes(10**9)
    with serving(replace(parts, library=library), free_port()) as address:
        body = {"question": "how?", "stream": True}
        with httpx.stream("POST", f"{address}/v1/ask", json=body, timeout=GENEROUS_S) as reply:
            lines = reply.iter_lines()  # held: a generator that is collected closes the connection
            assert next(lines) == "event: draft"
            assert not library.ended.is_set()
        assert library.ended.wait(GENEROUS_S)
    assert parts.answers.listed(Wanted(), limit=9) == []
