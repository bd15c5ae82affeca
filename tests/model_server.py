"""A model server on a loopback port: chat completions, with whatever reply a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Model:
    """What the server does with its n-th request: a status and a body, or silence."""

    replies: list[Callable[[], tuple[int, bytes]]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    trickle: bool = False


class Handler(BaseHTTPRequestHandler):
    """POST /v1/chat/completions and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        model: Model = self.server.model  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        model.asked.append(json.loads(body))
        model.keys.append(self.headers.get("Authorization", ""))
        reply = model.replies[min(len(model.asked), len(model.replies)) - 1]
        status, content = reply()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self._send(model, content)

    def _send(self, model: Model, content: bytes) -> None:
        try:
            if not model.trickle:
                self.wfile.write(content)
                return
            for at in range(len(content)):
                self.wfile.write(content[at : at + 1])
                self.wfile.flush()
                if model.released.wait(0.25):
                    return
        except OSError:
            return  # the client hung up, as it should

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""


@contextmanager
def model_servers() -> Iterator[Callable[[Model], str]]:
    """Starts a server for a model and gives its base URL; all of them end with the block."""
    started: list[tuple[ThreadingHTTPServer, threading.Thread, Model]] = []

    def start(model: Model) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False
        server.model = model  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        started.append((server, thread, model))
        return f"http://127.0.0.1:{server.server_address[1]}/v1"

    try:
        yield start
    finally:
        for server, thread, model in started:
            model.released.set()
            server.shutdown()
            server.server_close()
            thread.join()


def completion(content: str, *, finish: str = "stop", tokens_in: int = 700) -> tuple[int, bytes]:
    """A reply with that content."""
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content},
            }
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": 60,
            "total_tokens": tokens_in + 60,
        },
    }
    return 200, json.dumps(body).encode()
