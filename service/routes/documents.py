"""Documents: upload, list, delete, search, ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, UploadFile, status
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from ingest.plant import Machine
from ingest.vocabulary import Answer
from service.bodies import Ask, Search
from service.parts import Parts, PartsPart
from service.replies import AskedOut, DocumentOut, DocumentsOut, FoundOut
from service.routes.callers import Engineer, Operator
from service.schemas import CitationOut
from service.uploads import shelve

router = APIRouter(prefix="/v1", tags=["documents"])


@router.post("/documents", status_code=status.HTTP_201_CREATED)
def upload(
    parts: PartsPart,
    _: Engineer,
    file: Annotated[UploadFile, "Markdown with front matter, or PDF"],
    sidecar: Annotated[UploadFile | None, "YAML with the metadata of a PDF"] = None,
) -> DocumentOut:
    """Take in a document; a new revision replaces the one before in one step."""
    return DocumentOut.model_validate(shelve(parts.library, file, sidecar=sidecar))


@router.get("/documents")
def list_documents(parts: PartsPart, _: Operator) -> DocumentsOut:
    """Every document that can be quoted."""
    found = parts.library.documents()
    return DocumentsOut(documents=[DocumentOut.model_validate(item) for item in found])


@router.delete("/documents/{document}", status_code=status.HTTP_204_NO_CONTENT)
def delete_document(document: str, parts: PartsPart, _: Engineer) -> Response:
    """Forget a document; from then on it is neither found nor quoted."""
    parts.library.remove(document)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post("/search")
def search(body: Search, parts: PartsPart, _: Operator) -> FoundOut:
    """Passages nearest to the words, best first; a machine is a filter, not a hint."""
    machine = _machine(parts, body.machine)
    found = parts.library.search(
        body.query,
        machine_kind=machine.kind if machine else None,
        machine=machine.id if machine else None,
        kinds=body.kinds,
        limit=body.limit,
    )
    return FoundOut(query=body.query, passages=[CitationOut.model_validate(item) for item in found])


@router.post(
    "/ask",
    response_model=AskedOut,
    responses={200: {"content": {"text/event-stream": {}}}},
)
def ask(body: Ask, parts: PartsPart, _: Operator) -> AskedOut | Response:
    """An answer that quotes document, revision and page, or declines and says why."""
    machine = _machine(parts, body.machine)
    answer = parts.library.ask(
        body.question,
        machine_kind=machine.kind if machine else None,
        machine=machine.id if machine else None,
        codes=_codes(parts, machine),
    )
    asked = _kept(parts, answer)
    return EventSourceResponse(_told(asked)) if body.stream else asked


async def _told(asked: AskedOut) -> AsyncIterator[dict[str, str]]:
    for citation in asked.citations:
        yield {"event": "citation", "data": citation.model_dump_json()}
    yield {"event": "answer", "data": asked.model_dump_json()}


def _machine(parts: Parts, machine: str | None) -> Machine | None:
    return parts.plant.machine(machine) if machine is not None else None


def _codes(parts: Parts, machine: Machine | None) -> tuple[str, ...]:
    """Codes on the machine's open card: a question about it may not repeat them."""
    card = parts.cards.last(machine.id) if machine else None
    if card is None or card.resolved_at is not None:
        return ()
    return tuple(dict.fromkeys(code for item in card.evidence for code in item.codes))


def _kept(parts: Parts, answer: Answer) -> AskedOut:
    identity = parts.ledger.keep("answer", asdict(answer), parts.clock())
    return AskedOut.model_validate({**asdict(answer), "id": identity})
