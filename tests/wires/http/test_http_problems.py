"""Errors are problem details, whatever went wrong, and the documentation is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.errors import (
    AndonFault,
    DataFault,
    ModelFault,
    NotKnown,
    PlantDefect,
    PlantFault,
    SettingsFault,
    StoreFault,
    WireFault,
)
from service.parts import Parts

JSON = {"Content-Type": "application/json"}


def _problem(reply: Any, status: int) -> dict[str, Any]:
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["status"] == status
    assert body["title"]
    return body


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NotKnown("x"), 404),
        (DataFault("x"), 422),
        (ModelFault("x"), 502),
        (WireFault("x"), 503),
        (StoreFault("x"), 503),
        (SettingsFault("x"), 503),
        (PlantFault([PlantDefect(Path("p"), 1, "x")]), 503),
        (AndonFault("x"), 500),
        (RuntimeError("secret"), 500),
    ],
)
def test_every_fault_has_its_status(
    client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    """By its class or the nearest one above; a surprise tells nothing of the inside."""

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(type(parts.library), "search", fail)
    body = _problem(client.post("/v1/search", json={"query": "a"}), status)
    assert body["instance"] == "/v1/search"
    assert "secret" not in str(body)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"query": "\\ud800"}'],
)
def test_bodies_that_are_no_request(client: TestClient, content: bytes) -> None:
    """Malformed, nested without end, half a character: refused, never a crash."""
    reply = client.post("/v1/search", content=content, headers=JSON)
    _problem(reply, reply.status_code)
    assert reply.status_code in {400, 422}


@pytest.mark.parametrize("prompt", ["issue-summary", "shift-handover"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_the_ends_of_the_calendar_are_no_shift(
    client: TestClient, start: str, end: str, prompt: str
) -> None:
    """Nothing lies before or behind them to hold it against."""
    sent = {"machine": "press-3", "start": start, "end": end, "prompt": prompt}
    body = _problem(client.post("/v1/summaries", json=sent), 422)
    assert {error["pointer"] for error in body["errors"]} == {"/body/start", "/body/end"}


def test_invalid_request_says_where_and_repeats_nothing(client: TestClient) -> None:
    """One entry a fault, with a pointer."""
    body = _problem(client.post("/v1/search", json={"query": "", "secret": "s3"}), 422)
    assert {error["pointer"] for error in body["errors"]} == {"/body/query", "/body/secret"}
    assert "s3" not in str(body)


def test_unknown_paths_and_methods(client: TestClient) -> None:
    """Problem details too."""
    _problem(client.get("/nowhere"), 404)
    _problem(client.put("/v1/machines"), 405)
    _problem(client.get("/static/../app.py"), 404)


@pytest.mark.parametrize("page", ["v0001/gate", "v0001/card", "v0001/plots/confusion", "drift"])
def test_a_name_that_no_task_has_is_not_known(client: TestClient, page: str) -> None:
    """No fault of the settings, whichever way the route looks for it."""
    for name in ("a%20b", ".runtimes", "x" * 65):
        assert client.get(f"/v1/models/{name}/{page}").status_code == 404
    sent = {"version": "v0001"}
    assert client.post("/v1/models/.runtimes/shadow", json=sent).status_code == 404


def test_documentation_is_complete(client: TestClient) -> None:
    """Every endpoint of the contract, each with words, and every body with an example."""
    document = client.get("/openapi.json").json()
    contract = {
        "/healthz": {"get"},
        "/readyz": {"get"},
        "/metrics": {"get"},
        "/v1/readings": {"post"},
        "/v1/events": {"post"},
        "/v1/machines": {"get"},
        "/v1/machines/{machine}": {"get"},
        "/v1/machines/{machine}/readings": {"get"},
        "/v1/machines/{machine}/events": {"get"},
        "/v1/issues": {"get"},
        "/v1/issues/{issue}": {"get"},
        "/v1/issues/{issue}/acknowledge": {"post"},
        "/v1/issues/{issue}/resolve": {"post"},
        "/v1/instructions": {"get", "post"},
        "/v1/instructions/{instruction}/clear": {"post"},
        "/v1/summaries": {"post"},
        "/v1/classify": {"post"},
        "/v1/tasks": {"get"},
        "/v1/models": {"get"},
        "/v1/models/{task}/promote": {"post"},
        "/v1/models/{task}/rollback": {"post"},
        "/v1/models/{task}/train": {"post"},
        "/v1/models/{task}/evaluate": {"post"},
        "/v1/models/{task}/shadow": {"get", "post"},
        "/v1/models/{task}/drift": {"get"},
        "/v1/models/{task}/{version}/card": {"get"},
        "/v1/models/{task}/{version}/gate": {"get"},
        "/v1/models/{task}/{version}/plots/{plot}": {"get"},
        "/v1/tasks/{task}/rows": {"get"},
        "/v1/comparisons": {"get", "post"},
        "/v1/comparisons/{comparison}": {"get"},
        "/v1/comparisons/{comparison}/report": {"get"},
        "/v1/comparisons/{comparison}/cancel": {"post"},
        "/v1/tasks/{task}/route": {"get", "put", "delete"},
        "/v1/trainings": {"get"},
        "/v1/trainings/{training}": {"get"},
        "/v1/trainings/{training}/cancel": {"post"},
        "/v1/feedback": {"post"},
        "/v1/documents": {"get", "post"},
        "/v1/documents/{document}": {"delete", "get"},
        "/v1/documents/{document}/file": {"get"},
        "/v1/documents/{document}/passages": {"get"},
        "/v1/documents/{document}/restore": {"post"},
        "/v1/documents/{document}/withdraw": {"post"},
        "/v1/documents/rebuild": {"post"},
        "/v1/documents/{document}/{revision}/pages": {"get"},
        "/v1/documents/{document}/{revision}/pages/{page}.png": {"get"},
        "/v1/answers": {"get"},
        "/v1/answers/questions": {"get"},
        "/v1/answers/{answer}": {"get"},
        "/v1/search": {"post"},
        "/v1/ask": {"post"},
        "/v1/stream": {"get"},
    }
    assert {path: set(verbs) for path, verbs in document["paths"].items()} == contract
    operations = [verb for path in document["paths"].values() for verb in path.values()]
    assert all(operation.get("description") for operation in operations)
    schemas = document["components"]["schemas"]
    for operation in operations:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None and "$ref" in content["schema"]:
            name = content["schema"]["$ref"].rsplit("/", 1)[1]
            assert schemas[name].get("examples"), name
