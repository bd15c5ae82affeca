"""One exchange with a model server over HTTP: a stream of lines within one instant and one size.

The library's own timeouts are per read, so a server that sends a byte now and then never meets
them. Here every exchange runs on an event loop of its own thread under one timeout, name look-up
and handshake included, and the caller waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import ssl
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import aclosing, asynccontextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from ingest.errors import SettingsFault
from ingest.tls import TlsFiles, client_context, tls_words
from prompting.model import EngineFault, PassingFault, Reply, Request
from prompting.models.refusals import refusal

if TYPE_CHECKING:
    import httpx

BYTES_A_TOKEN = 512
"""Most bytes of one token on the wire, its envelope included."""
SMALLEST_LIMIT = 262_144
ERROR_BYTES = 4096
LISTING_BYTES = 4 * 1024 * 1024
STOP_S = 0.2
GRACE_S = 2.0
"""How much later than its deadline an exchange is left that does not end by itself."""


class Reading(Protocol):
    """Makes a reply out of the lines of one response."""

    def line(self, line: bytes) -> str:
        """The text that this line adds; "" for none. EngineFault when it is none of ours."""

    @property
    def alive(self) -> bool:
        """Whether the model has begun to answer, were it only by thinking."""

    @property
    def done(self) -> bool:
        """Whether nothing more is to come."""

    def reply(self) -> Reply:
        """The whole of it; PassingFault when the end is missing."""


class Wire:
    """The connection to one server; its client and its thread are made at the first use."""

    def __init__(self, url: str, *, key: str = "", ca_file: Any = None) -> None:
        self.url = url
        self._key = key
        self._near = _loopback(_host(url))
        self._verify = _trust(url, TlsFiles(ca_file=ca_file))
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def exchange(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        request: Request,
        reading: Reading,
        status: Callable[[int, str], None] = lambda _status, _words: None,
    ) -> Reply:
        """Send a request and read its reply; pieces of text go to `request.on_text`.

        Args:
            status: Told of a refusal before it is raised, as a code and the server's words.

        Raises:
            EngineFault: in every case but a whole reply within the deadline.
        """
        pieces: SimpleQueue[str | None] = SimpleQueue()
        most = max(SMALLEST_LIMIT, request.max_tokens * BYTES_A_TOKEN)

        async def converse(client: httpx.AsyncClient) -> Reply:
            async with (
                _in_time(request) as first,
                self._response(client, path, body=body, refused=status) as response,
                aclosing(_lines(response, most)) as lines,
            ):
                async for line in lines:
                    piece = reading.line(line)
                    if reading.alive:
                        first.reschedule(None)
                    if piece:
                        pieces.put(piece)
                    if reading.done:
                        break
            return reading.reply()

        task = self._submit(converse)
        task.add_done_callback(lambda _: pieces.put(None))
        try:
            for piece in _until_over(pieces, request):
                if request.on_text is not None:
                    request.on_text(piece)
            reply: Reply = _result(task, request.deadline)
            return reply
        finally:
            task.cancel()

    def ask(
        self,
        path: str,
        *,
        within_s: float,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON that a path answers.

        Raises:
            EngineFault: no JSON in time.
        """
        deadline = time.monotonic() + within_s

        async def fetch(client: httpx.AsyncClient) -> bytes:
            async with _until(deadline), self._response(client, path, body=body) as response:
                return b"\n".join([line async for line in _lines(response, LISTING_BYTES)])

        task = self._submit(fetch)
        try:
            return _json(_result(task, deadline))
        finally:
            task.cancel()

    def close(self) -> None:
        """Hang up and end the thread."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            loop, client = running
            asyncio.run_coroutine_threadsafe(_hang_up(client), loop).result(GRACE_S)
            loop.call_soon_threadsafe(loop.stop)

    @asynccontextmanager
    async def _response(
        self,
        client: httpx.AsyncClient,
        path: str,
        *,
        body: Mapping[str, Any] | None,
        refused: Callable[[int, str], None] = lambda _status, _words: None,
    ) -> AsyncIterator[httpx.Response]:
        import httpx

        method = "GET" if body is None else "POST"
        try:
            async with client.stream(method, f"{self.url}{path}", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    words = await _error_text(response, self._key)
                    refused(response.status_code, words)
                    raise refusal(response.status_code, words, response.headers)
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise EngineFault("The model server packs its replies unasked.", "garbled")
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as fault:
            raise PassingFault(
                f"The model server cannot be reached{_why(fault)}.", "away"
            ) from fault
        except httpx.TransportError as fault:
            words = "The model server hung up in the middle of its reply."
            raise PassingFault(words, "failed") from fault
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as fault:
            raise EngineFault(f"The model server speaks no HTTP: {fault}.", "garbled") from fault

    def _submit(
        self, converse: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]
    ) -> Future[Any]:
        with self._lock:
            if self._running is None:
                self._running = self._start()
            loop, client = self._running
        return asyncio.run_coroutine_threadsafe(converse(client), loop)

    def _start(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]:
        import httpx

        headers = {"Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        client = httpx.AsyncClient(
            headers=headers,
            verify=self._verify,
            timeout=None,  # noqa: S113 - one instant over everything holds instead
            trust_env=not self._near,  # no proxy between us and ourselves
            limits=httpx.Limits(max_keepalive_connections=0),  # nothing of one attempt in the next
        )
        loop = asyncio.new_event_loop()
        threading.Thread(target=_run, args=(loop,), name="model-wire", daemon=True).start()
        return loop, client


def _until_over(pieces: SimpleQueue[str | None], request: Request) -> Iterator[str]:
    while time.monotonic() < request.deadline + GRACE_S:
        if request.stop is not None and request.stop.is_set():
            raise EngineFault("Whoever asked is gone.", "stopped")
        try:
            piece = pieces.get(timeout=STOP_S)
        except Empty:
            continue
        if piece is None:
            return
        yield piece


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _hang_up(client: httpx.AsyncClient) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await client.aclose()


@asynccontextmanager
async def _in_time(request: Request) -> AsyncIterator[asyncio.Timeout]:
    """One instant over everything, and an earlier one until the reply begins."""
    async with _until(request.deadline):
        limit = request.first_token_s
        first = asyncio.timeout(limit if math.isfinite(limit) else None)
        try:
            async with first:
                yield first
        except TimeoutError as fault:
            if not first.expired():
                raise
            words = f"The model did not begin to answer within {limit:g} s."
            raise PassingFault(words, "silent") from fault


@asynccontextmanager
async def _until(deadline: float) -> AsyncIterator[None]:
    whole = asyncio.timeout(deadline - time.monotonic())
    try:
        async with whole:
            yield
    except TimeoutError as fault:
        raise EngineFault("The reply was not whole at the deadline.", "slow") from fault


def _result(task: Future[Any], deadline: float) -> Any:
    try:
        return task.result(max(0.0, deadline - time.monotonic()) + GRACE_S)
    except (TimeoutError, CancelledError) as fault:
        raise EngineFault("The reply was not whole at the deadline.", "slow") from fault


async def _lines(response: httpx.Response, most: int) -> AsyncGenerator[bytes]:
    """Lines without their ends; a last one without an end counts as a line."""
    taken, begun = 0, b""
    async for chunk in response.aiter_raw():
        taken += len(chunk)
        if taken > most:
            raise EngineFault(f"The model server sent more than {most} bytes.", "huge")
        *whole, begun = (begun + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
    if begun:
        yield begun


async def _error_text(response: httpx.Response, key: str) -> str:
    """The first words of what a server says about an error, without our key."""
    text = b""
    async for chunk in response.aiter_raw():
        text += chunk
        if len(text) > ERROR_BYTES:
            break
    words = text[:ERROR_BYTES].decode("utf-8", "replace")
    return words.replace(key, "***") if key else words


def _json(body: bytes) -> Any:
    import json

    try:
        return json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise EngineFault("The model server's answer is no JSON.", "garbled") from fault


def _trust(url: str, files: TlsFiles) -> ssl.SSLContext:
    """Loading the system's certificates takes 30 ms: only for https."""
    if not url.startswith("https://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return client_context(files)
    except ValueError as fault:
        raise SettingsFault(f"{fault}.", remedy="Correct ANDON_LLM_CA_FILE.") from fault


def _why(fault: BaseException) -> str:
    """What lies below a failed connection, where it is TLS."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f": {tls_words(cause)}"
        cause = cause.__cause__ or cause.__context__
    return ""


def _host(url: str) -> str:
    import httpx

    try:
        return httpx.URL(url).host
    except httpx.InvalidURL as fault:
        words = f"{url!r} is no URL of a model server: {fault}."
        raise SettingsFault(words, remedy="Correct ANDON_LLM_URL.") from fault


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
