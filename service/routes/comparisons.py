"""Comparisons of prompting, retrieval and fine-tuning: started, listed, read, ended."""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response, status
from fastapi.responses import FileResponse

from service.comparison.report_html import policy_of
from service.comparison_bodies import Compare
from service.comparison_replies import ComparisonOut, ComparisonReportOut, ComparisonsOut
from service.comparison_requests import begun
from service.parts import PartsPart
from service.routes.callers import Engineer, Operator, form_only

router = APIRouter(tags=["comparisons"])
WEB = File(__file__).parents[1] / "web"
HTML = "text/html; charset=utf-8"


@router.get("/comparisons", include_in_schema=False)
def show_comparisons_page() -> FileResponse:
    """The page of the engineers: what was compared, and a form for more."""
    return FileResponse(WEB / "comparisons.html", media_type=HTML)


@router.get("/comparisons/{comparison}", include_in_schema=False)
def show_report_page(comparison: str) -> FileResponse:  # noqa: ARG001 - the page reads it
    """The page that shows a report; it holds nothing of it and asks with its own key."""
    return FileResponse(WEB / "report.html", media_type=HTML)


@router.post("/v1/comparisons", status_code=status.HTTP_202_ACCEPTED, dependencies=[form_only])
def compare(form: Annotated[Compare, Form()], parts: PartsPart, caller: Engineer) -> ComparisonOut:
    """Compare the three ways for a task, in a process of its own, on the rows of a file.

    What comes of it is a report with a recommendation; nothing is put into use unless `apply` says
    so.
    """
    return ComparisonOut.of(begun(parts.learning.comparisons, form, by=caller.name))


@router.get("/v1/comparisons")
def list_comparisons(
    parts: PartsPart, _: Operator, *, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> ComparisonsOut:
    """Newest first, those that were made with the command among them."""
    found = parts.learning.comparisons.listed(limit)
    return ComparisonsOut(comparisons=[ComparisonOut.of(one) for one in found])


@router.get("/v1/comparisons/{comparison}")
def show_comparison(comparison: str, parts: PartsPart, _: Operator) -> ComparisonReportOut:
    """How far it is, or its report."""
    return ComparisonReportOut.of(parts.learning.comparisons.find(comparison))


@router.get(
    "/v1/comparisons/{comparison}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
def show_report(comparison: str, parts: PartsPart, _: Operator) -> Response:
    """The report as one HTML page without any outside asset, to be read, kept or sent on."""
    page = parts.learning.comparisons.page(comparison)
    policy = f"{policy_of(page)}; frame-ancestors 'none'; sandbox"
    named = f'inline; filename="{comparison}.html"'
    headers = {"Content-Security-Policy": policy, "Content-Disposition": named}
    return Response(page, media_type=HTML, headers=headers)


@router.post("/v1/comparisons/{comparison}/cancel")
def cancel_comparison(comparison: str, parts: PartsPart, _: Engineer) -> ComparisonOut:
    """End it; what is in use stays in use."""
    return ComparisonOut.of(parts.learning.comparisons.cancel(comparison))
