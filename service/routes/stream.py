"""Server-sent events: the whole state first, then every change."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from ingest.vocabulary import IssueState
from service.feed import Message
from service.notices import issue_message, machine_message
from service.parts import Parts, PartsPart
from service.routes.callers import Operator

router = APIRouter(prefix="/v1", tags=["stream"])

OPEN = (IssueState.OPEN, IssueState.ACKNOWLEDGED)
PING_S = 10


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events `machine` and `issue`, each a JSON document as of "
            "/v1/machines/{machine} and /v1/issues/{issue}; `ready` after the state at the start.",
            "content": {"text/event-stream": {}},
        }
    },
)
async def stream(parts: PartsPart, _: Operator) -> EventSourceResponse:
    """Issues and machine states, live."""
    return EventSourceResponse(_events(parts), ping=PING_S)


async def _events(parts: Parts) -> AsyncIterator[dict[str, str]]:
    with parts.feed.listen() as changes:
        for message in await run_in_threadpool(_snapshot, parts):
            yield {"event": message.kind, "data": message.body}
        yield {"event": "ready", "data": "{}"}
        async for message in changes:
            yield {"event": message.kind, "data": message.body}


def _snapshot(parts: Parts) -> list[Message]:
    machines = [machine_message(parts.view(machine.id)) for machine in parts.plant.machines]
    return machines + [issue_message(card) for card in parts.cards.listed(states=OPEN)]
