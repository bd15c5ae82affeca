"""A prompt edited on disk changes the next result of the running service, and a broken one none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from ingest.vocabulary import Event, EventState, Severity, Statement
from prompting.asking import Asker
from prompting.library import SHIPPED, PromptLibrary
from prompting.model import Reply, Request
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from service.app import create_app
from service.parts import Parts
from tests.fakes import FakeModel, drafted
from tests.wires.http.conftest import NOON

SHIPPED_EN = (SHIPPED / "issue-summary.en.md").read_text(encoding="utf-8")
WORDS = "You write as the plant of Celle writes."
ASKED = {
    "machine": "press-3",
    "start": (NOON - timedelta(hours=1)).isoformat(),
    "end": NOON.isoformat(),
}


def obedient(request: Request) -> Reply:
    """One true sentence over the first item that may be cited."""
    cited = request.schema["properties"]["headline"]["properties"]["evidence"]
    identity = cited["items"]["enum"][0]
    text = f"{{{identity}.codes}} is up."
    said = Statement(text, (identity,))
    return Reply(drafted(said, said), "stop", tokens_in=1, tokens_out=1)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The plant's own issue summary, first as it is shipped."""
    path = tmp_path / "prompts" / "summary.md"
    path.parent.mkdir()
    path.write_text(SHIPPED_EN, encoding="utf-8")
    return path


@pytest.fixture
def model() -> FakeModel:
    """Keeps what it is asked."""
    return FakeModel(obedient)


@pytest.fixture
def service(
    parts: Parts, own: Path, model: FakeModel, free_port: Callable[[], int]
) -> Iterator[httpx.Client]:
    """A client of a running service whose press-3 has an alarm."""
    at = NOON - timedelta(minutes=5)
    alarm = Event(
        "press-3", "E217", Severity.WARNING, EventState.RAISED, "hot", at, at, "test", sequence=1
    )
    parts.history.write([alarm])
    prompts = PromptLibrary(own.parent)
    asker = Asker(model, PromptingSettings())
    summarizer = Summarizer(asker, prompts, timezone="Europe/Berlin", machines=["press-3"])
    port = free_port()
    app = create_app(replace(parts, summarizer=summarizer, prompts=prompts))
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client
    running.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


def summary(service: httpx.Client) -> dict[str, Any]:
    """The next result."""
    reply = service.post("/v1/summaries", json=ASKED)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def prompts_state(service: httpx.Client) -> dict[str, str]:
    """What readiness says of the prompts."""
    reply = service.get("/readyz").json()
    return next(part for part in reply["components"] if part["name"] == "prompts")


def test_an_edit_changes_the_next_result_and_a_broken_one_is_refused(
    service: httpx.Client, own: Path, model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a restart: new words and a new hash; then named by file and line, the last serves."""
    first = summary(service)
    assert first["engine"] == "openai-compatible"
    assert first["prompt"].startswith("issue-summary@")
    assert WORDS not in model.asked[-1].turns[0].text
    assert prompts_state(service)["state"] == "ok"

    edited = SHIPPED_EN.replace("# System\n", f"# System\n{WORDS}\n")
    own.write_text(edited, encoding="utf-8")
    second = summary(service)
    assert model.asked[-1].turns[0].text.startswith(WORDS)
    assert second["prompt"] != first["prompt"]

    own.write_text(edited.replace("{{ scope }}", "{{ scoop }}"), encoding="utf-8")
    third = summary(service)
    assert third["prompt"] == second["prompt"]
    assert model.asked[-1].turns[0].text.startswith(WORDS)
    line = edited.count("\n", 0, edited.index("{{ scope }}")) + 1
    fault = f"{own}:{line}: there is no value scoop; did you mean scope?."
    state = prompts_state(service)
    assert (state["state"], state["detail"]) == ("degraded", f"Not taken over: {fault}")
    named = [entry.getMessage() for entry in caplog.records]
    assert named.count(f"prompt file is not taken over: {fault}") == 1
    assert service.get("/readyz").json()["ready"] is True

    own.unlink()
    fourth = summary(service)
    assert fourth["prompt"] == first["prompt"]
    assert prompts_state(service)["state"] == "ok"


def test_a_prompt_that_writes_no_summaries_is_refused(service: httpx.Client) -> None:
    """By its id, with those that do."""
    reply = service.post("/v1/summaries", json={**ASKED, "prompt": "field-extraction"})
    assert reply.status_code == 404
    assert "Those are: engineer-explanation, issue-summary" in reply.text
