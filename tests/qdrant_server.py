"""Qdrant's REST interface as far as our client uses it, over the client's own memory.

Where a real server can be had its URL goes into ANDON_TEST_QDRANT_URL; this one shows what goes
over the wire, and can fail, wait and refuse when it is told to.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

Body = dict[str, Any]
_QUERY: TypeAdapter[Any] = TypeAdapter(models.SparseVector | list[float])


class QdrantServer:
    """One server; its collections outlive a time of being away."""

    def __init__(self, *, api_key: str = "") -> None:
        self.api_key = api_key
        self.memory = QdrantClient(":memory:")
        self.fields: dict[str, list[str]] = {}
        """Payload indices by collection."""
        self.calls: list[str] = []
        self.failing = 0
        """How many of the next calls are answered 503."""
        self.waiting_s = 0.0
        self.lock = threading.Lock()

    def answer(self, method: str, path: str, body: Body) -> tuple[int, Any]:
        """Status and result."""
        with self.lock:
            self.calls.append(f"{method} {path}")
            if self.failing > 0:
                self.failing -= 1
                return 503, {"error": "busy"}
            for pattern, act in _ROUTES.items():
                verb, _, route = pattern.partition(" ")
                if verb == method and (match := re.fullmatch(route, path)):
                    return _answered(act, self, body, *match.groups())
        return 404, {"error": f"no route {method} {path}"}


def _answered(act: Callable[..., Any], *given: Any) -> tuple[int, Any]:
    try:
        return 200, act(*given)
    except ValueError as fault:
        known = "not found" in str(fault)
        return (404 if known else 409 if "exists" in str(fault) else 400), {"error": str(fault)}


def _described(server: QdrantServer, _: Body, name: str) -> Any:
    info = server.memory.get_collection(name)
    schema = models.PayloadIndexInfo(data_type=models.PayloadSchemaType.KEYWORD, points=0)
    info.payload_schema = dict.fromkeys(server.fields.get(name, []), schema)
    return info


def _created(server: QdrantServer, body: Body, name: str) -> bool:
    wanted = models.CreateCollection.model_validate(body)
    return server.memory.create_collection(
        name, vectors_config=wanted.vectors, sparse_vectors_config=wanted.sparse_vectors
    )


def _dropped(server: QdrantServer, _: Body, name: str) -> bool:
    server.fields.pop(name, None)
    return server.memory.delete_collection(name)


def _indexed(server: QdrantServer, body: Body, name: str) -> Any:
    server.fields.setdefault(name, []).append(body["field_name"])
    return _DONE


def _upserted(server: QdrantServer, body: Body, name: str) -> Any:
    points = [models.PointStruct.model_validate(point) for point in body["points"]]
    server.memory.upsert(name, points)
    return _DONE


def _deleted(server: QdrantServer, body: Body, name: str) -> Any:
    selector: Any = models.PointIdsList if "points" in body else models.FilterSelector
    server.memory.delete(name, selector.model_validate(body))
    return _DONE


def _queried(server: QdrantServer, body: Body, name: str) -> Any:
    return server.memory.query_points(
        name,
        query=_QUERY.validate_python(body["query"]["nearest"]),
        using=body["using"],
        query_filter=_filter(body),
        limit=body["limit"],
        with_payload=False,
    )


def _scrolled(server: QdrantServer, body: Body, name: str) -> Any:
    points, offset = server.memory.scroll(
        name,
        scroll_filter=_filter(body),
        limit=body["limit"],
        offset=body.get("offset"),
        with_payload=False,
    )
    return {"points": [point.model_dump() for point in points], "next_page_offset": offset}


def _counted(server: QdrantServer, _: Body, name: str) -> Any:
    return server.memory.count(name)


def _aliases(server: QdrantServer, _: Body) -> Any:
    return server.memory.get_aliases()


def _filter(body: Body) -> models.Filter | None:
    return models.Filter.model_validate(body["filter"]) if body.get("filter") else None


_DONE = {"operation_id": 1, "status": "completed"}
_ROUTES: dict[str, Callable[..., Any]] = {
    "GET /collections/([^/]+)": _described,
    "PUT /collections/([^/]+)": _created,
    "DELETE /collections/([^/]+)": _dropped,
    "PUT /collections/([^/]+)/index": _indexed,
    "PUT /collections/([^/]+)/points": _upserted,
    "POST /collections/([^/]+)/points/delete": _deleted,
    "POST /collections/([^/]+)/points/query": _queried,
    "POST /collections/([^/]+)/points/scroll": _scrolled,
    "POST /collections/([^/]+)/points/count": _counted,
    "GET /aliases": _aliases,
}


class _Handler(BaseHTTPRequestHandler):
    qdrant: QdrantServer
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.qdrant.waiting_s)
        status, result = 401, {"error": "no key"}
        if self.headers.get("api-key", "") == self.qdrant.api_key:
            body = json.loads(content) if content else {}
            status, result = self.qdrant.answer(self.command, self.path.partition("?")[0], body)
        if hasattr(result, "model_dump"):
            result = result.model_dump(mode="json")
        sent = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Silent."""


@contextmanager
def serving(server: QdrantServer, port: int = 0) -> Iterator[str]:
    """Its URL, while it is reachable."""
    handler = type("Handler", (_Handler,), {"qdrant": server})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
            thread.join()
