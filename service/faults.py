"""What went wrong, as HTTP: one table from fault class to status, problem details of RFC 9457."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ingest.errors import (
    AndonFault,
    DataFault,
    ModelFault,
    NotKnown,
    SettingsFault,
    StoreFault,
    WireFault,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_S = "5"


class Unauthorised(AndonFault):
    """No key, or one that is not ours."""


class Forbidden(AndonFault):
    """A good key whose role may not do this, or a page of another origin that tries to."""


class Conflict(AndonFault):
    """The thing is in a state in which this cannot be done."""

    def __init__(self, message: str, *, remedy: str = "", reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.reasons = reasons
        """One by one, where there are several."""


class Busy(AndonFault):
    """Too much of the same is under way; the same call will work soon."""


class TooLarge(AndonFault):
    """A body beyond the limit."""


STATUS: Mapping[type[AndonFault], HTTPStatus] = {
    Unauthorised: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotKnown: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    DataFault: HTTPStatus.UNPROCESSABLE_ENTITY,
    ModelFault: HTTPStatus.BAD_GATEWAY,
    WireFault: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreFault: HTTPStatus.SERVICE_UNAVAILABLE,
    SettingsFault: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(fault: AndonFault) -> HTTPStatus:
    """The status of the nearest class in the table."""
    for kind in type(fault).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A reply of RFC 9457; `more` are extension members, left out when empty."""
    body = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
        **{name: value for name, value in more.items() if value},
    }
    return JSONResponse(body, int(status), dict(headers or {}), media_type=MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let every error leave the app as problem details."""
    app.add_exception_handler(AndonFault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_surprise)


async def _on_fault(request: Request, error: Exception) -> Response:
    if not isinstance(error, AndonFault):
        raise error
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request failed", extra={"path": request.url.path, "fault": str(error)})
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    if isinstance(error, Busy):
        headers = {"Retry-After": RETRY_S}
    return problem(
        request,
        status,
        error.message,
        kind=f"urn:andon:fault:{type(error).__name__}",
        headers=headers,
        remedy=error.remedy,
        reasons=error.reasons if isinstance(error, Conflict) else (),
    )


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong and where; what was sent is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    defects = [
        {"pointer": _pointer(defect["loc"]), "detail": str(defect["msg"])}
        for defect in error.errors()
    ]
    return problem(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{len(defects)} fault(s) in the request.",
        kind="urn:andon:fault:InvalidRequest",
        errors=defects,
    )


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem(request, error.status_code, str(error.detail), headers=error.headers)


async def _on_surprise(request: Request, error: Exception) -> Response:
    log.error("unexpected error", extra={"path": request.url.path}, exc_info=error)
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something that should not happen did; the log of the service has the trace.",
    )


def _pointer(location: tuple[int | str, ...]) -> str:
    return "/" + "/".join(str(part).encode("ascii", "replace").decode() for part in location)
