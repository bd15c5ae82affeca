"""Summaries as a stream, over a real server: drafts while a model writes, the checked one last."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from ingest.errors import StoreFault
from ingest.vocabulary import Reading, Statement, Summary
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.listening import Listener
from prompting.model import EngineFault, PassingFault, Reply, Request
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from service.app import create_app
from service.drafting import drafted as drafting
from service.parts import Parts
from tests.fakes import FakeModel, drafted
from tests.wires.http.conftest import NOON

GENEROUS_S = 60.0
FALSE = Statement("Oil temp peaked at 98.6 degC.", ("E0001",))
PIECES = 4


def speak(request: Request) -> Reply:
    """A headline and a sentence with a number of its own, in pieces."""
    assert request.on_text is not None
    text = drafted(FALSE, FALSE)
    size = len(text) // PIECES + 1
    for at in range(0, len(text), size):
        request.on_text(text[at : at + size])
    return Reply(text, "stop", tokens_in=1, tokens_out=1)


@contextmanager
def serving(parts: Parts, model: FakeModel, port: int) -> Iterator[str]:
    """The service with that model, over a window in which oil was too hot."""
    asker = Asker(model, PromptingSettings(llm_tries=2), observer=parts.model_figures)
    summarizer = Summarizer(asker, PromptLibrary(), timezone="UTC", machines=["press-3"])
    app = create_app(replace(parts, asker=asker, summarizer=summarizer))
    running = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        while not running.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join(GENEROUS_S)
        assert not thread.is_alive()


def body(**more: Any) -> dict[str, Any]:
    span = {"start": (NOON - timedelta(minutes=2)).isoformat(), "end": NOON.isoformat()}
    return {"machine": "press-3", "stream": True, **span, **more}


def events(reply: httpx.Response) -> Iterator[tuple[str, Any]]:
    kind = ""
    for line in reply.iter_lines():
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        if line.startswith("data:"):
            yield kind, json.loads(line.removeprefix("data:"))


@pytest.fixture
def hot(parts: Parts, readings: list[Reading]) -> Parts:
    """Oil that went over its limit in the last minute."""
    rows = [
        replace(
            one, value=80.0, sequence=1000 + n, source_time=one.source_time + timedelta(seconds=1)
        )
        for n, one in enumerate(readings)
        if n > 20
    ]
    parts.history.write([replace(one, source="hot") for one in rows])
    return parts


def streamed(address: str, **more: Any) -> list[tuple[str, Any]]:
    with httpx.stream(
        "POST", f"{address}/v1/summaries", json=body(**more), timeout=GENEROUS_S
    ) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        return list(events(reply))


def test_drafts_come_first_and_the_checked_summary_supersedes(
    hot: Parts, free_port: Callable[[], int]
) -> None:
    """What the model made up stands in the draft and not in the summary."""
    with serving(hot, FakeModel(speak), free_port()) as address:
        *drafts, (kind, summary) = streamed(address)
        figures = httpx.get(f"{address}/metrics", timeout=GENEROUS_S).text
    assert [kind for kind, _ in drafts] == ["draft"] * PIECES
    assert "98.6" in "".join(piece["text"] for _, piece in drafts)
    assert (kind, summary["engine"], len(summary["replaced"])) == (
        "summary",
        "openai-compatible",
        2,
    )
    assert "98.6" not in summary["headline"] + json.dumps(summary["statements"])
    labels = 'engine="openai-compatible",model="parrot"'
    assert f"andon_llm_replaced_sentences_total{{{labels}}} 2.0" in figures
    assert f'andon_llm_requests_total{{{labels},outcome="answered"}} 1.0' in figures
    assert f"andon_llm_breaker_open{{{labels}}} 0.0" in figures


def test_a_second_try_voids_the_draft(hot: Parts, free_port: Callable[[], int]) -> None:
    """`again` says so."""
    turns = iter([True, False])

    def hang_up_once(request: Request) -> Reply:
        if next(turns):
            assert request.on_text is not None
            request.on_text("{")
            raise PassingFault("Hung up.", "failed")
        return speak(request)

    with serving(hot, FakeModel(hang_up_once), free_port()) as address:
        kinds = [kind for kind, _ in streamed(address)]
    assert kinds == ["draft", "again", *["draft"] * PIECES, "summary"]


def test_a_model_that_fails_ends_in_a_summary_too(hot: Parts, free_port: Callable[[], int]) -> None:
    """By rule, and said so, in the account, in the figures and in /readyz."""
    model = FakeModel(EngineFault("No.", "refused"))
    with serving(hot, model, free_port()) as address:
        found = [streamed(address, language="de")[-1] for _ in range(6)]
        figures = httpx.get(f"{address}/metrics", timeout=GENEROUS_S).text
        ready = httpx.get(f"{address}/readyz", timeout=GENEROUS_S).json()
    assert {(kind, summary["engine"]) for kind, summary in found} == {("summary", "deterministic")}
    reasons = [summary["account"]["fallback"] for _, summary in found]
    assert reasons == ["refused"] * 5 + ["breaker"]
    assert found[0][1]["note"].startswith("Ohne das Modell parrot geschrieben: Sein Server")
    assert 'andon_llm_fallbacks_total{reason="breaker"} 1.0' in figures
    (writer,) = [part for part in ready["components"] if part["name"] == "writer"]
    assert writer["state"] == "degraded"
    assert "left alone" in writer["detail"]


def test_who_hangs_up_ends_the_models_work(hot: Parts, free_port: Callable[[], int]) -> None:
    """The model hears of it between two pieces."""
    ended = threading.Event()

    def speak_on(request: Request) -> Reply:
        assert request.on_text is not None
        assert request.stop is not None
        try:
            while True:
                request.on_text("x")
                request.stop.wait(0.02)
        finally:
            ended.set()

    with serving(hot, FakeModel(speak_on), free_port()) as address:
        with httpx.stream(
            "POST", f"{address}/v1/summaries", json=body(), timeout=GENEROUS_S
        ) as reply:
            told = events(reply)  # held: a generator that is collected closes the connection
            assert next(told)[0] == "draft"
            assert not ended.is_set()
        assert ended.wait(GENEROUS_S)


def test_what_cannot_be_summed_up_is_told_by_status(
    hot: Parts, free_port: Callable[[], int]
) -> None:
    """Before anything is streamed."""
    with serving(hot, FakeModel(speak), free_port()) as address:
        asked = body(machine="x")
        reply = httpx.post(f"{address}/v1/summaries", json=asked, timeout=GENEROUS_S)
    assert (reply.status_code, "x" in reply.json()["detail"]) == (404, True)


def test_a_fault_in_the_middle_ends_the_stream_as_a_problem() -> None:
    """With the status that it would have had."""

    def work(listener: Listener) -> Summary:
        listener.heard("half \ud83d")
        raise StoreFault("The history is gone.", remedy="Look for it.")

    async def all_events() -> list[dict[str, str]]:
        return [event async for event in drafting(work)]

    draft, problem = asyncio.run(all_events())
    assert (draft["event"], json.loads(draft["data"])) == ("draft", {"text": "half ?"})
    told = json.loads(problem["data"])
    assert (problem["event"], told["status"], told["remedy"]) == ("problem", 503, "Look for it.")


def test_a_quiet_machine_costs_no_model_call(
    parts: Parts, readings: list[Reading], free_port: Callable[[], int]
) -> None:
    """One event: the summary."""
    model = FakeModel(speak)
    with serving(parts, model, free_port()) as address:
        ((kind, summary),) = streamed(address)
    assert (kind, summary["engine"], model.asked) == ("summary", "deterministic", [])


def test_the_evidence_of_the_stream_is_that_of_the_reply(
    hot: Parts, free_port: Callable[[], int]
) -> None:
    """The same summary, whichever way it is asked for."""
    with serving(hot, FakeModel(speak), free_port()) as address:
        _, last = streamed(address)[-1]
        reply = httpx.post(f"{address}/v1/summaries", json=body(stream=False), timeout=GENEROUS_S)
    same = ("headline", "statements", "evidence", "engine", "replaced")
    assert {key: last[key] for key in same} == {key: reply.json()[key] for key in same}
    assert isinstance(last["evidence"], list)
