"""Every documented endpoint under values that nobody means: a status of the contract, never 500."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rag.library import Library
from rag.settings import RagSettings
from service.app import ERRORS, create_app
from service.parts import Parts
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write_library

NASTY: tuple[Any, ...] = (
    *("", " ", "\0", "\u202e", "\ud83d", "../../etc/passwd", "%2e%2e%2f", "a" * 5000, "'; --"),
    *("SOP-HP-01", "1", "press-3", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00"),
    *(None, True, -1, 0, 10**30, 1.5e308, [], {}, [None], {"a": {"b": []}}, ["x"] * 300),
)
UNENDING = {
    ("get", "/v1/stream"),
    ("post", "/v1/models/{task}/train"),
    ("post", "/v1/comparisons"),
}
"""A stream never ends; a training and a comparison go on in a process of their own."""
ROUNDS = 6
ALLOWED = {200, 201, 202, 204, 405, *ERRORS}


@pytest.fixture
def open_service(parts: Parts, tmp_path: Path) -> Iterator[TestClient]:
    """A service over a real library with documents."""
    settings = RagSettings(support_min=0.3)
    with Library(tmp_path / "home", HashingEncoder(), settings=settings) as library:
        library.sync(write_library(tmp_path / "documents"))
        app = create_app(replace(parts, library=library))
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            yield client


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if (verb, path) not in UNENDING:
                yield verb, path, operation


class Fuzz:
    """Requests to one operation, some of it as its example says, some of it nasty."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self._schemas = document["components"]["schemas"]
        self._dice = random.Random(seed)

    def request(self, path: str, operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The address with its query, and the body."""
        query = []
        for one in operation.get("parameters", []):
            word = self._word()
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", quote(word, safe="") or "x")
            elif one["in"] == "query" and self._dice.random() < 0.5:
                query.append(f"{one['name']}={quote(word, safe='')}")
        return f"{path}?{'&'.join(query)}", self._body(operation)

    def _word(self) -> str:
        word = str(self._dice.choice(NASTY))[:2000]
        return word.encode("utf-8", "replace").decode()

    def _body(self, operation: dict[str, Any]) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            sent = self._damaged(self._example(content["application/json"]["schema"]))
            headers = {"Content-Type": "application/json"}
            return {"content": json.dumps(sent).encode(), "headers": headers}
        if "multipart/form-data" in content:
            schema = self._resolved(content["multipart/form-data"]["schema"])
            fields = [name for name in schema["properties"] if self._dice.random() < 0.3]
            form = {name: self._word() for name in fields if name not in ("file", "stream")}
            name = self._word().replace('"', "") or "a.md"
            return {"files": {"file": (name, self._dice.randbytes(40))}, "data": form}
        return {}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref") or schema.get("anyOf", [{}])[0].get("$ref")
        found: dict[str, Any] = self._schemas[reference.rsplit("/", 1)[1]] if reference else schema
        return found

    def _example(self, schema: dict[str, Any]) -> Any:
        return self._dice.choice(self._resolved(schema).get("examples", [{}]))

    def _damaged(self, body: Any) -> Any:
        if self._dice.random() < 0.1 or not isinstance(body, dict):
            return self._dice.choice(NASTY)
        name = self._dice.choice([*body, "language", "machine", "strange"])
        return {**body, name: self._dice.choice(NASTY), "stream": False} if body else {name: 1}


def test_nothing_that_is_sent_is_our_own_fault(open_service: TestClient) -> None:
    """Every reply has a status that is documented, and every error is a problem."""
    document = open_service.get("/openapi.json").json()
    fuzz = Fuzz(document, seed=6)
    asked = 0
    for verb, path, operation in operations(document):
        for _ in range(ROUNDS):
            address, body = fuzz.request(path, operation)
            reply = open_service.request(verb, address, **body)
            asked += 1
            told = (verb, address, body, reply.text[:300])
            assert reply.status_code in ALLOWED, told
            if reply.status_code >= 400 and "readyz" not in path:
                assert reply.headers["content-type"] == "application/problem+json", told
    assert asked > 45 * ROUNDS
    assert open_service.get("/healthz").status_code == 200
