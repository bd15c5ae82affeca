"""Documents: upload, list, show, fetch, delete."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response, status
from fastapi.responses import FileResponse
from sse_starlette import EventSourceResponse

from ingest.errors import NotKnown
from rag.standing import holds
from service.access import Role
from service.document_bodies import Kind, Language, Status, Upload
from service.document_replies import (
    ChangeOut,
    DocumentOut,
    DocumentShownOut,
    DocumentsOut,
    FailureOut,
    PassageOut,
    PassagesOut,
    RevisionOut,
)
from service.drafting import PING_S, streamed
from service.parts import PartsPart
from service.routes.callers import Engineer, Operator, form_only
from service.shelf_access import is_about, readable, revisions, shelf_of
from service.uploads import save, taken_in, told

router = APIRouter(prefix="/v1", tags=["documents"])

Revision = Annotated[
    str | None, Query(max_length=120, description="Without: the current one, else the last.")
]


@router.post(
    "/documents",
    status_code=status.HTTP_201_CREATED,
    response_model=DocumentOut,
    dependencies=[form_only],
    responses={
        201: {
            "description": "The document, as it can be quoted from now on. With `stream`: events "
            "`progress` with `done` and `total`, and at the end `document` or `problem`.",
            "content": {"text/event-stream": {}},
        }
    },
)
def upload(
    form: Annotated[Upload, Form()], parts: PartsPart, caller: Engineer
) -> DocumentOut | Response:
    """Take in a document; a new revision replaces the one before in one step.

    The reply comes when it can be quoted. One that cannot be taken in changes nothing.
    """
    folder = TemporaryDirectory(prefix="andon-upload-")
    try:
        saved = save(form, Path(folder.name))
        if form.stream:
            work = told(parts, caller, saved, folder)
            return EventSourceResponse(streamed(work), ping=PING_S, status_code=201)
        with folder:
            return DocumentOut.model_validate(taken_in(parts, caller, saved))
    except BaseException:
        folder.cleanup()
        raise


@router.get("/documents")
def list_documents(
    parts: PartsPart,
    caller: Operator,
    *,
    kind: Annotated[list[Kind] | None, Query(description="May be repeated.")] = None,
    machine: Annotated[str | None, Query(max_length=120)] = None,
    status: Annotated[list[Status] | None, Query(description="May be repeated.")] = None,
    language: Annotated[list[Language] | None, Query(description="May be repeated.")] = None,
    on: Annotated[date | None, Query(description="Only what holds on that day.")] = None,
) -> DocumentsOut:
    """Every revision that the caller may read; with filters, those that pass all of them."""
    about = caller.reach.machine(parts.plant, machine) if machine is not None else None
    found = [
        one
        for one in shelf_of(parts, caller)
        if (not kind or one.kind in kind)
        and (not status or one.status in status)
        and (not language or one.language in language)
        and (about is None or is_about(one, about))
        and (on is None or holds(one, on))
    ]
    failed = parts.library.failures() if caller.role is Role.ENGINEER else ()
    return DocumentsOut(
        documents=[DocumentOut.model_validate(one) for one in found],
        failures=[FailureOut(source=Path(f.source).name, reason=f.reason) for f in failed],
    )


@router.get("/documents/{document}")
def show_document(document: str, parts: PartsPart, caller: Operator) -> DocumentShownOut:
    """Every revision of a document, and for engineers what was done to it."""
    found = revisions(parts, caller, document)
    changes = parts.library.changes(document) if caller.role is Role.ENGINEER else ()
    return DocumentShownOut(
        id=document,
        revisions=[RevisionOut.model_validate(one) for one in found],
        changes=[ChangeOut.model_validate(one) for one in changes],
    )


@router.get("/documents/{document}/passages")
def list_passages(
    document: str, parts: PartsPart, caller: Operator, revision: Revision = None
) -> PassagesOut:
    """The passages of a revision, in the order of the document."""
    found = readable(parts, caller, document, revision)
    passages = parts.library.passages(found.id, found.revision)
    return PassagesOut(
        document=found.id,
        revision=found.revision,
        passages=[PassageOut.model_validate(one) for one in passages],
    )


@router.get(
    "/documents/{document}/file",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def fetch_file(
    document: str, parts: PartsPart, caller: Operator, revision: Revision = None
) -> FileResponse:
    """The file that a revision was read from, to be kept and not to be shown."""
    found = readable(parts, caller, document, revision)
    path = Path(found.source)
    if not path.is_file():
        raise NotKnown(f"The file of {found.key} is not there any more.")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"{found.id} {found.revision}{path.suffix.lower()}",
        content_disposition_type="attachment",
    )


@router.delete("/documents/{document}", status_code=status.HTTP_204_NO_CONTENT)
def delete_document(
    document: str,
    parts: PartsPart,
    caller: Engineer,
    revision: Annotated[
        str | None, Query(max_length=120, description="Without: every revision.")
    ] = None,
) -> Response:
    """Forget a document; from then on it is neither found nor quoted."""
    parts.library.remove(document, revision, by=caller.name)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
