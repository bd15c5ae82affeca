"""A citation opened: the page of the document, with the words marked."""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response

from rag.document import Document
from rag.standing import holds
from rag.viewing import Opened, Place
from service.access import Caller
from service.document_replies import DocumentOut
from service.opened_replies import LineOut, OpenedOut, PictureOut
from service.parts import Parts, PartsPart
from service.plant_day import today_in
from service.routes.callers import Operator
from service.shelf_access import readable, revisions

router = APIRouter(tags=["documents"])
SHELL = File(__file__).parents[1] / "web" / "viewer.html"

Passage = Annotated[str, Query(max_length=64, description="Id of the passage to be marked.")]
Quote = Annotated[str, Query(max_length=4000, description="Words to be marked in its place.")]
Page = Annotated[int | None, Query(ge=1, le=100_000, description="Without: where the passage is.")]


@router.get("/documents/{document}/{revision}", include_in_schema=False)
def show_page(document: str, revision: str) -> FileResponse:  # noqa: ARG001 - the page reads both
    """The page that shows a document; it holds nothing of it and asks with its own key."""
    return FileResponse(SHELL, media_type="text/html; charset=utf-8")


@router.get("/v1/documents/{document}/{revision}/pages")
def open_document(
    document: str,
    revision: str,
    parts: PartsPart,
    caller: Operator,
    passage: Passage = "",
    quote: Quote = "",
    page: Page = None,
) -> OpenedOut:
    """A page with the passage marked: its picture, or its text where it has none."""
    found = readable(parts, caller, document, revision)
    opened = parts.library.viewer.open(found, Place(page, passage, quote))
    return _out(opened, _in_force(parts, caller, found))


@router.get(
    "/v1/documents/{document}/{revision}/pages/{page}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def draw_page(
    document: str,
    revision: str,
    page: Annotated[int, Path(ge=1, le=100_000)],
    parts: PartsPart,
    caller: Operator,
    passage: Passage = "",
    quote: Quote = "",
) -> Response:
    """The page as it was printed, with the passage marked; only a PDF has such pages."""
    found = readable(parts, caller, document, revision)
    picture = parts.library.viewer.picture(found, Place(page, passage, quote))
    return Response(picture.png, media_type="image/png")


def _in_force(parts: Parts, caller: Caller, document: Document) -> Document | None:
    """The revision that holds today, among those that the caller may see."""
    today = today_in(parts.plant.timezone, parts.clock)()
    found = revisions(parts, caller, document.id)
    return next((one for one in found if holds(one, today)), None)


def _out(opened: Opened, in_force: Document | None) -> OpenedOut:
    document, page = opened.document, opened.page
    labels = document.page_labels
    return OpenedOut(
        document=DocumentOut.model_validate(document),
        in_force=in_force is not None and in_force.revision == document.revision,
        in_force_revision=in_force.revision if in_force else None,
        page=page,
        page_label=labels[page - 1] if page <= len(labels) else str(page),
        pages=opened.pages,
        marked_pages=opened.marked_pages,
        picture=PictureOut.model_validate(opened.picture) if opened.picture else None,
        lines=tuple(LineOut.model_validate(line) for line in opened.lines),
        words=opened.words,
        note=opened.note,
    )
