"""A real server over the tiny model, in OpenAI's form and in Ollama's, that fails as it is told."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.tiny_model import Brain

NAME = "tiny"
NOISE_TOKENS = 30
"""As much as it says without a schema; it would never end by itself."""
Pieces = tuple[list[str], str, int, int]
"""Pieces of the text, how it ended, tokens in, tokens out."""


@dataclass
class Behaviour:
    """What the server does, and what it has been asked."""

    brain: Brain
    fault: str = ""
    """One of FAULTS; empty: it does everything right."""
    only_first: int = 1_000_000
    """How many requests the fault holds for."""
    obeys: tuple[str, ...] = ("json_schema",)
    """The types of response_format whose schema it keeps to."""
    says: str | None = None
    """Instead of the model's own words."""
    digest: str = "first"
    slow_from: int = 1_000_000
    """A prompt of so many tokens is not answered before the end of the test."""
    context: int = 8192
    """A longer prompt is cut without a word."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a client hung up in the middle of a reply."""

    @property
    def failing(self) -> str:
        """The fault that this request meets."""
        return self.fault if len(self.asked) <= self.only_first else ""

    def hear(self, asked: dict[str, Any], request: Request) -> None:
        """Keep what came in."""
        self.asked.append(asked)
        self.keys.append(request.headers.get("authorization", ""))

    def make(self, asked: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Pieces:
        """A reply of the model, spoilt where it is told so."""
        most = int(asked.get("max_tokens") or asked["options"]["num_predict"])
        ids = self.brain.ids(asked["messages"])[-self.context :]
        if self.says is not None:
            pieces, finish = [self.says[:1], self.says[1:]], "stop"
        elif self.failing == "argues along":
            pieces, finish = [_argued(asked["messages"][-1]["content"])], "stop"
        elif schema is None or self.failing == "ignores the schema":
            pieces, finish = self.brain.answer(ids, None, NOISE_TOKENS)[0], "stop"
        else:
            most = 6 if self.failing == "truncates" else most
            pieces, finish = self.brain.answer(ids, schema, most)
        if self.failing in SPOILT:
            pieces = SPOILT[self.failing](pieces)
        return pieces, finish, len(ids), sum(map(len, pieces)) // 3 + 1


def _argued(prompt: str) -> str:
    """What a good model says that is held by nothing: the JSON that the prompt argues for."""
    found = re.search(r"\{[^{}]*\}", prompt)
    return found.group() if found else "{}"


def _wrong_enum(pieces: list[str]) -> list[str]:
    return ["".join(pieces).replace("E0001", "E9999").replace("E0002", "E9998")]


SPOILT: dict[str, Callable[[list[str]], list[str]]] = {
    "fences the JSON": lambda pieces: ["```json\n", *pieces, "\n```"],
    "invents an id": _wrong_enum,
    "talks without end": lambda pieces: ["many words " * 200] * 2000,
}
STATUSES = {"answers 500": 500, "answers 429": 429, "answers 404": 404}
BYTES = {
    "sends garbage": b"data: {broken\n\nnothing\n\n",
    "sends no UTF-8": b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n',
}
FAULTS = (
    *SPOILT,
    *STATUSES,
    *BYTES,
    "ignores the schema",
    "argues along",
    "repeats the key",
    "truncates",
    "begins late",
    "stalls in the middle",
    "hangs up in the middle",
    "ends early",
    "refuses to stream",
    "does not stream",
    "counts nothing",
)


def app_of(behaviour: Behaviour) -> FastAPI:
    """The application."""
    app = FastAPI()

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        row = {"id": NAME, "object": "model", "owned_by": behaviour.digest}
        return {"object": "list", "data": [row]}

    @app.get("/api/version")
    def version() -> dict[str, str]:
        return {"version": "0.32.9"}

    @app.get("/api/tags")
    def tags() -> dict[str, Any]:
        return {"models": [{"name": f"{NAME}:latest", "digest": behaviour.digest}]}

    @app.post("/api/show")
    def show() -> dict[str, Any]:
        return {"model_info": {"llama.context_length": 8192}}

    @app.post("/v1/chat/completions")
    async def completions(request: Request) -> Response:
        asked = await request.json()
        behaviour.hear(asked, request)
        return await _answer(behaviour, asked, _schema(asked, behaviour.obeys), _OpenAI())

    @app.post("/api/chat")
    async def chat(request: Request) -> Response:
        asked = await request.json()
        behaviour.hear(asked, request)
        return await _answer(behaviour, asked, asked.get("format"), _Ollama())

    return app


def _schema(asked: Mapping[str, Any], obeys: tuple[str, ...]) -> Mapping[str, Any] | None:
    form = asked.get("response_format") or {}
    if form.get("type") not in obeys:
        return None
    found: Mapping[str, Any] = form.get("schema") or form["json_schema"]["schema"]
    return found


async def _answer(
    behaviour: Behaviour,
    asked: Mapping[str, Any],
    schema: Mapping[str, Any] | None,
    form: _OpenAI | _Ollama,
) -> Response:
    fault = behaviour.failing
    if fault == "repeats the key":
        return JSONResponse({"error": {"message": f"wrong key: {behaviour.keys[-1][7:]}"}}, 401)
    if fault in STATUSES:
        headers = {"Retry-After": "1"} if fault == "answers 429" else {}
        return JSONResponse({"error": {"message": "no"}}, STATUSES[fault], headers)
    if fault == "refuses to stream" and asked.get("stream"):
        words = "stream is not supported by this server"
        return JSONResponse({"error": {"message": words}}, 400)
    if fault in BYTES:
        return Response(BYTES[fault], media_type=form.media)
    long = len(behaviour.brain.ids(asked["messages"])) >= behaviour.slow_from
    if fault == "begins late" or long:
        await _pause(behaviour)
    loop = asyncio.get_running_loop()
    made = await loop.run_in_executor(None, behaviour.make, asked, schema)
    if fault == "counts nothing":
        made = (*made[:2], 0, 0)
    if not asked.get("stream") or fault == "does not stream":
        return JSONResponse(form.whole(made))
    return StreamingResponse(_stream(behaviour, fault, form, made), media_type=form.media)


async def _pause(behaviour: Behaviour) -> None:
    while not behaviour.over.is_set():  # noqa: ASYNC110 - set by the thread of the test
        await asyncio.sleep(0.02)


async def _stream(
    behaviour: Behaviour, fault: str, form: _OpenAI | _Ollama, made: Pieces
) -> AsyncIterator[bytes]:
    pieces = made[0]
    try:
        for number, piece in enumerate(pieces):
            yield form.piece(piece)
            if number == len(pieces) // 2 and fault == "stalls in the middle":
                await _pause(behaviour)
            if number == len(pieces) // 2 and fault == "hangs up in the middle":
                raise ConnectionAbortedError
        for line in () if fault == "ends early" else form.end(made):
            yield line
    except asyncio.CancelledError:
        behaviour.gone.set()
        raise


class _OpenAI:
    media = "text/event-stream"

    def piece(self, text: str) -> bytes:
        return self._event({"choices": [{"index": 0, "delta": {"content": text}}]})

    def end(self, made: Pieces) -> Iterator[bytes]:
        yield self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": made[1]}]})
        yield self._event({"choices": [], "usage": self._usage(made)})
        yield b"data: [DONE]\n\n"

    def whole(self, made: Pieces) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(made[0])}
        choice = {"index": 0, "message": message, "finish_reason": made[1]}
        return {"object": "chat.completion", "choices": [choice], "usage": self._usage(made)}

    def _event(self, body: Mapping[str, Any]) -> bytes:
        return (
            b"data: " + json.dumps({"object": "chat.completion.chunk", **body}).encode() + b"\n\n"
        )

    def _usage(self, made: Pieces) -> dict[str, int] | None:
        if not made[2]:
            return None
        return {"prompt_tokens": made[2], "completion_tokens": made[3]}


class _Ollama:
    media = "application/x-ndjson"

    def piece(self, text: str) -> bytes:
        line = {"model": NAME, "message": {"role": "assistant", "content": text}, "done": False}
        return json.dumps(line).encode() + b"\n"

    def end(self, made: Pieces) -> Iterator[bytes]:
        yield json.dumps({**self.whole(made), "message": {"content": ""}}).encode() + b"\n"

    def whole(self, made: Pieces) -> dict[str, Any]:
        return {
            "model": NAME,
            "message": {"role": "assistant", "content": "".join(made[0])},
            "done": True,
            "done_reason": made[1],
            "prompt_eval_count": made[2],
            "eval_count": made[3],
        }


@contextmanager
def served(behaviour: Behaviour, port: int = 0, **tls: Any) -> Iterator[str]:
    """The server on a loopback port; its root address, without a path."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        config = uvicorn.Config(
            app_of(behaviour),
            log_config=None,
            ws="none",
            lifespan="off",
            log_level="critical",
            **tls,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            scheme = "https" if tls else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            behaviour.over.set()
            server.should_exit = True
            thread.join()
