"""What every request passes on its way in and out: hosts, origins, sizes, headers and counts."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import AndonFault
from service.faults import Forbidden, TooLarge, problem, status_of
from service.metrics import Traffic
from service.settings import is_loopback

READS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Refuses pages of other origins, bodies too large, and foreign host names while it is open."""

    def __init__(self, app: ASGIApp, *, open_access: bool, traffic: Traffic, max_body: int) -> None:
        self._app = app
        self._open = open_access
        self._traffic = traffic
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            refused = self._refuse(scope)
            if refused is not None:
                request = Request(scope)
                reply = problem(request, status_of(refused), refused.message)
                await reply(scope, receive, dressed)
            else:
                packed = Headers(scope=scope).get("content-encoding", "") == "gzip"
                body = _Unpacked(receive, self._max_body) if packed else None
                await self._app(scope, body or _Bounded(receive, self._max_body), dressed)
        finally:
            self._traffic.count(scope, status, time.perf_counter() - began)

    def _refuse(self, scope: Scope) -> AndonFault | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._open and not is_loopback(_name(host)):
            return Forbidden("A service without keys answers to 127.0.0.1 and localhost only.")
        origin = headers.get("origin")
        foreign = origin is not None and _place(origin) != host
        if scope["method"] not in READS and foreign:
            return Forbidden("A page of another origin may not change anything here.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length[:19]) > self._max_body:
            return TooLarge(f"A body may have {self._max_body} bytes at most.")
        return None


class _Bounded:
    """Counts a body that does not say how long it is."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message


class _Unpacked:
    """A gzip body as it was before; what it grows to is bounded."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        try:
            body = self._stream.decompress(message.get("body", b""), self._left + 1)
        except zlib.error as fault:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The body is not gzip.") from fault
        self._left -= len(body)
        if self._left < 0:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not message.get("more_body") and not self._stream.eof:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The gzip body is cut off.")
        return {**message, "body": body}


def _place(origin: str) -> str | None:
    """Host and port of an origin; None for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
