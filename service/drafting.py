"""Work told as server-sent events: drafts while a model writes, what was checked at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from ingest.errors import AndonFault
from ingest.vocabulary import Summary
from prompting.listening import HungUp, Listener
from prompting.replies import sendable
from service.faults import status_of
from service.schemas import SummaryOut

PING_S = 10
Told = dict[str, str]
"""A server-sent event."""
Tell = Callable[[Told], None]
Work = Callable[[Tell, threading.Event], Iterable[Told]]
"""Tells events while it goes on, and returns the last ones; the event is set by who hangs up."""


async def streamed(work: Work) -> AsyncIterator[Told]:
    """What the work tells, then what it returns or one `problem`."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Told | None] = asyncio.Queue()
    gone = threading.Event()

    def tell(message: Told | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, message)

    def run() -> None:
        try:
            for message in _finished(work, tell, gone):
                tell(message)
        finally:
            tell(None)

    task = asyncio.create_task(run_in_threadpool(run))
    try:
        while (message := await queue.get()) is not None:
            yield message
    finally:
        gone.set()
        await task


async def drafted(work: Callable[[Listener], Summary]) -> AsyncIterator[Told]:
    """Events `draft` and `again`, then one `summary` or `problem`; who hangs up ends the work."""

    def summed_up(tell: Tell, gone: threading.Event) -> Iterable[Told]:
        summary = SummaryOut.model_validate(work(listener(tell, gone)))
        return [{"event": "summary", "data": summary.model_dump_json()}]

    async for message in streamed(summed_up):
        yield message


def listener(tell: Tell, gone: threading.Event) -> Listener:
    """Hears what a model writes, and passes it on unchecked."""
    return Listener(
        piece=lambda text: tell(event("draft", {"text": sendable(text)})),
        again=lambda: tell(event("again", {})),
        gone=gone,
    )


def event(kind: str, body: dict[str, Any]) -> Told:
    """A server-sent event with a JSON document."""
    return {"event": kind, "data": orjson.dumps(body).decode()}


def _finished(work: Work, tell: Tell, gone: threading.Event) -> Iterable[Told]:
    try:
        return work(tell, gone)
    except HungUp:
        return []
    except AndonFault as fault:
        status = status_of(fault)
        kind = f"urn:andon:fault:{type(fault).__name__}"
        told = {"type": kind, "title": status.phrase, "status": int(status)}
        return [event("problem", {**told, "detail": fault.message, "remedy": fault.remedy})]
