"""How documents stand: withdraw, restore; and the index, made anew from the store."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import StringConstraints
from sse_starlette import EventSourceResponse

from service.access import Caller
from service.bodies import Body
from service.document_replies import DocumentOut, DocumentsOut
from service.drafting import PING_S, Tell, Told, event, streamed
from service.parts import Parts, PartsPart
from service.routes.callers import Engineer
from service.schemas import Noun, example
from service.shelf_access import readable, revisions

router = APIRouter(prefix="/v1", tags=["documents"])

Words = Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)]


class Withdrawal(Body):
    """Which revisions are withdrawn, and why."""

    model_config = example(revision="C", reason="wrong torque in step 4")
    revision: Words | None = None
    """Without: every revision."""
    reason: Words = ""


class Restoring(Body):
    """Which revisions are restored."""

    model_config = example(revision="C")
    revision: Words | None = None
    """Without: every revision that was withdrawn."""


class Rebuilding(Body):
    """How the rebuilding is told."""

    model_config = example(stream=True)
    stream: bool = False
    """Tell `progress` as server-sent events, and `rebuilt` at the end."""


class RebuiltOut(Noun):
    """The index after it was made anew."""

    model_config = example(passages=212)
    passages: int


@router.post(
    "/documents/rebuild",
    response_model=RebuiltOut,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def rebuild_documents(body: Rebuilding, parts: PartsPart, _: Engineer) -> RebuiltOut | Response:
    """Write the index anew from the stored documents; searches go on meanwhile."""
    if not body.stream:
        return RebuiltOut(passages=parts.library.rebuild())

    def work(tell: Tell, gone: threading.Event) -> Iterable[Told]:  # noqa: ARG001 - it is finished in any case
        def moved(done: int, total: int, name: str) -> None:
            tell(event("progress", {"done": done, "total": total, "name": name}))

        return [event("rebuilt", {"passages": parts.library.rebuild(moved)})]

    return EventSourceResponse(streamed(work), ping=PING_S)


@router.post("/documents/{document}/withdraw")
def withdraw_document(
    document: str, body: Withdrawal, parts: PartsPart, caller: Engineer
) -> DocumentsOut:
    """Quote a document no more, whatever file comes for it, until it is restored.

    The reply has its revisions as they stand then: an earlier one may hold again.
    """
    readable(parts, caller, document, body.revision)
    parts.library.withdraw(document, body.revision, reason=body.reason, by=caller.name)
    return _standing(parts, caller, document)


@router.post("/documents/{document}/restore")
def restore_document(
    document: str, body: Restoring, parts: PartsPart, caller: Engineer
) -> DocumentsOut:
    """Take a withdrawal back."""
    readable(parts, caller, document, body.revision)
    parts.library.restore(document, body.revision, by=caller.name)
    return _standing(parts, caller, document)


def _standing(parts: Parts, caller: Caller, document: str) -> DocumentsOut:
    found = revisions(parts, caller, document)
    return DocumentsOut(documents=[DocumentOut.model_validate(one) for one in found], failures=[])
