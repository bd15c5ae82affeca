"""Search and ask: passages, and answers that quote them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from service.asking import answered, asking, found
from service.document_bodies import Ask, Search
from service.document_replies import AskedOut, FoundOut
from service.drafting import PING_S, Tell, Told, listener, streamed
from service.parts import PartsPart
from service.routes.callers import Operator
from service.schemas import CitationOut

router = APIRouter(prefix="/v1", tags=["documents"])


@router.post("/search")
def search(body: Search, parts: PartsPart, caller: Operator) -> FoundOut:
    """Passages nearest to the words, best first; a machine is a filter, not a hint."""
    passages = found(parts, caller, body)
    return FoundOut(
        query=body.query, passages=[CitationOut.model_validate(item) for item in passages]
    )


@router.post(
    "/ask",
    response_model=AskedOut,
    responses={
        200: {
            "description": "The answer. With `stream`: events `draft` with pieces of `text` that "
            "nothing has checked, `again` when the model begins anew, then a `citation` for each "
            "place, and at the end `answer` with the checked one, which supersedes the drafts, "
            "or `problem`.",
            "content": {"text/event-stream": {}},
        }
    },
)
def ask(body: Ask, parts: PartsPart, caller: Operator) -> AskedOut | EventSourceResponse:
    """An answer that quotes document, revision and page, or declines and says why."""
    asked = asking(parts, caller, body)
    if not body.stream:
        return answered(parts, caller, asked)

    def work(tell: Tell, gone: threading.Event) -> Iterable[Told]:
        return _told(answered(parts, caller, asked, listener(tell, gone)))

    return EventSourceResponse(streamed(work), ping=PING_S)


def _told(answer: AskedOut) -> Iterable[Told]:
    for citation in answer.citations:
        yield {"event": "citation", "data": citation.model_dump_json()}
    yield {"event": "answer", "data": answer.model_dump_json()}
