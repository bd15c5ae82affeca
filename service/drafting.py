"""A summary as server-sent events: drafts while a model writes, the checked one at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from ingest.errors import AndonFault
from ingest.vocabulary import Summary
from prompting.listening import Listener
from prompting.replies import sendable
from service.faults import status_of
from service.schemas import SummaryOut

Work = Callable[[Listener], Summary]


async def drafted(work: Work) -> AsyncIterator[dict[str, str]]:
    """Events `draft` and `again`, then one `summary` or `problem`; who hangs up ends the work."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[dict[str, str] | None] = asyncio.Queue()

    def tell(message: dict[str, str] | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, message)

    listener = Listener(
        piece=lambda text: tell(_event("draft", {"text": sendable(text)})),
        again=lambda: tell(_event("again", {})),
    )

    def run() -> None:
        try:
            tell(_finished(work, listener))
        finally:
            tell(None)

    task = asyncio.create_task(run_in_threadpool(run))
    try:
        while (message := await queue.get()) is not None:
            yield message
    finally:
        listener.gone.set()
        await task


def _finished(work: Work, listener: Listener) -> dict[str, str]:
    try:
        summary = SummaryOut.model_validate(work(listener))
    except AndonFault as fault:
        status = status_of(fault)
        kind = f"urn:andon:fault:{type(fault).__name__}"
        told = {"type": kind, "title": status.phrase, "status": int(status)}
        return _event("problem", {**told, "detail": fault.message, "remedy": fault.remedy})
    return {"event": "summary", "data": summary.model_dump_json()}


def _event(kind: str, body: dict[str, Any]) -> dict[str, str]:
    return {"event": kind, "data": orjson.dumps(body).decode()}
