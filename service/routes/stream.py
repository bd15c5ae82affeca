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
from service.reach import Reach
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
async def stream(parts: PartsPart, caller: Operator) -> EventSourceResponse:
    """Issues and states of the machines that the key is for, live."""
    return EventSourceResponse(_events(parts, caller.reach), ping=PING_S)


async def _events(parts: Parts, reach: Reach) -> AsyncIterator[dict[str, str]]:
    among = reach.ids(parts.plant)
    with parts.feed.listen() as changes:
        for message in await run_in_threadpool(_snapshot, parts, reach):
            yield {"event": message.kind, "data": message.body}
        yield {"event": "ready", "data": "{}"}
        async for message in changes:
            if among is None or message.machine in among:
                yield {"event": message.kind, "data": message.body}


def _snapshot(parts: Parts, reach: Reach) -> list[Message]:
    machines = [machine_message(parts.view(machine.id)) for machine in reach.among(parts.plant)]
    cards = parts.cards.listed(states=OPEN, among=reach.ids(parts.plant))
    return machines + [issue_message(card) for card in cards]
