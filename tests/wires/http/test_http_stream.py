"""The event stream, over a real server: the whole state first, then changes, then the end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from ingest.vocabulary import Issue
from service.app import create_app
from service.feed import QUEUE, Message
from service.notices import machine_message
from service.parts import Parts


@pytest.fixture
def server(parts: Parts, free_port: Callable[[], int]) -> Iterator[str]:
    """The address of a running service."""
    port = free_port()
    config = uvicorn.Config(
        create_app(parts), port=port, log_level="error", timeout_graceful_shutdown=2
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


def _events(reply: httpx.Response) -> Iterator[tuple[str, Any]]:
    kind = ""
    for line in reply.iter_lines():
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        if line.startswith("data:"):
            yield kind, json.loads(line.removeprefix("data:"))


def test_state_first_then_changes(server: str, parts: Parts, card: Issue) -> None:
    """A machine, the open card, `ready`; then what someone does to the card."""
    with httpx.stream("GET", f"{server}/v1/stream", timeout=60) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = _events(reply)
        first = [next(events) for _ in range(3)]
        assert [kind for kind, _ in first] == ["machine", "issue", "ready"]
        assert first[0][1]["id"] == "press-3"
        assert first[1][1]["id"] == card.id
        httpx.post(f"{server}/v1/issues/{card.id}/acknowledge", json={"by": "Weber"})
        kind, changed = next(events)
        assert (kind, changed["state"]) == ("issue", "acknowledged")
        parts.feed.publish(machine_message(parts.view("press-3")))
        assert next(events)[0] == "machine"


def test_listener_that_falls_behind_is_let_go(server: str, parts: Parts) -> None:
    """It gets no torn story, and nobody waits for it."""
    with httpx.stream("GET", f"{server}/v1/stream", timeout=60) as reply:
        events = _events(reply)
        assert [next(events)[0] for _ in range(2)] == ["machine", "ready"]
        big = json.dumps("x" * 100_000)
        for _ in range(3 * QUEUE):
            parts.feed.publish(Message("machine", big))
        assert sum(1 for _ in events) < 3 * QUEUE
    deadline = time.monotonic() + 60
    while parts.feed.listeners and time.monotonic() < deadline:
        time.sleep(0.05)
    assert parts.feed.listeners == 0


def test_server_stops_while_a_stream_is_open(server: str, parts: Parts) -> None:
    """Stopping does not wait for listeners (the fixture asserts that it ends)."""
    holding = httpx.Client(timeout=60)
    reply = holding.send(holding.build_request("GET", f"{server}/v1/stream"), stream=True)
    events = _events(reply)  # held: a generator that is dropped closes the connection
    assert next(events)[0] == "machine"
    assert parts.feed.listeners == 1
    threading.Timer(3.0, holding.close).start()
