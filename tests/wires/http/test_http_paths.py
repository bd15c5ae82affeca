"""The three paths over HTTP: classify, models, documents, search, ask, feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.errors import DataFault
from ingest.vocabulary import Issue
from service.parts import Parts
from tests.fakes import FakeLibrary


def _classify(client: TestClient, *inputs: dict[str, Any], task: str = "error_code") -> Any:
    return client.post("/v1/classify", json={"task": task, "inputs": list(inputs)})


def test_text_is_classified_among_the_labels_of_the_machine(client: TestClient) -> None:
    """With id, confidence, engine and version."""
    reply = _classify(client, {"text": "pump is whining", "machine": "press-3"}, {"text": "fine"})
    first, second = reply.json()["predictions"]
    assert (first["label"], first["engine"], first["model_version"]) == (
        "pump_worn",
        "classifier",
        "fake-1",
    )
    assert second["label"] == "no_fault"
    assert first["id"] != second["id"]


def test_window_of_a_machine_is_classified_by_its_words(client: TestClient) -> None:
    """What the events of that time say."""
    note = {"machine": "press-3", "source_time": "2026-11-22T11:30:00Z", "text": "pump whines"}
    client.post("/v1/events", json={"events": [note]})
    span = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T12:00:00Z"}
    reply = _classify(client, {"machine": "press-3", **span})
    assert reply.json()["predictions"][0]["label"] == "pump_worn"


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({}, 422),
        ({"text": "a", "features": {"x": 1.0}}, 422),
        ({"features": {"x": 1.0}}, 422),
        ({"text": "a", "machine": "press-9"}, 404),
        ({"machine": "press-3", "start": "2026-11-22T11:00:00Z"}, 422),
        ({"text": "a" * 100_001}, 422),
    ],
)
def test_inputs_that_cannot_be_classified(
    client: TestClient, item: dict[str, Any], status: int
) -> None:
    """Each refused by name."""
    assert _classify(client, item).status_code == status


def test_task_without_a_model_is_not_found(client: TestClient) -> None:
    """And the reply says how to get one."""
    reply = _classify(client, {"text": "a"}, task="defect_type")
    assert reply.status_code == 404
    assert reply.json()["remedy"] == "andon train defect_type"


def test_models_are_promoted_and_rolled_back(client: TestClient) -> None:
    """The list says which one serves."""
    task = client.get("/v1/tasks").json()["tasks"][0]
    assert (task["name"], task["version"]) == ("error_code", "fake-1")
    rolled = client.post("/v1/models/error_code/rollback").json()["models"]
    assert [model["version"] for model in rolled if model["current"]] == ["fake-0"]
    again = client.post("/v1/models/error_code/promote", json={"version": "fake-1"}).json()
    assert [model["version"] for model in again["models"] if model["current"]] == ["fake-1"]
    assert client.post("/v1/models/error_code/promote", json={"version": "no"}).status_code == 404


def test_document_is_uploaded_listed_and_deleted(client: TestClient) -> None:
    """What the library made of it comes back."""
    file = {"file": ("SOP-9.md", b"# How to mend\n", "text/markdown")}
    reply = client.post("/v1/documents", files=file)
    assert reply.status_code == 201
    assert reply.json()["id"] == "SOP-9"
    plain = client.post("/v1/documents", files={"file": ("NOTE-1.txt", b"Text", "text/plain")})
    assert plain.status_code == 201
    assert client.delete("/v1/documents/NOTE-1").status_code == 204
    assert [d["id"] for d in client.get("/v1/documents").json()["documents"]] == ["SOP-9"]
    assert client.delete("/v1/documents/SOP-9").status_code == 204
    assert client.delete("/v1/documents/SOP-9").status_code == 404


@pytest.mark.parametrize(
    "name", ["../evil.md", "a/b.md", "x.exe", "", ".md", "a\\b.md", "x.md\x00.pdf", "é" * 300]
)
def test_names_that_lead_elsewhere_are_refused(client: TestClient, parts: Parts, name: str) -> None:
    """The library never sees them."""
    reply = client.post("/v1/documents", files={"file": (name, b"text", "text/markdown")})
    assert reply.status_code == 422
    assert parts.library.documents() == []


def test_metadata_comes_beside_the_file(client: TestClient, monkeypatch: Any) -> None:
    """The library finds it under the name that it looks for."""
    seen: list[list[str]] = []

    def look(_: FakeLibrary, path: Path, **__: Any) -> None:
        seen.append(sorted(file.name for file in path.parent.iterdir()))
        raise DataFault("enough")

    monkeypatch.setattr(FakeLibrary, "add", look)
    files = {"file": ("a.pdf", b"%PDF"), "sidecar": ("anything", b"id: A")}
    assert client.post("/v1/documents", files=files).status_code == 422
    assert seen == [["a.pdf", "a.pdf.yaml"]]


def test_body_beyond_the_limit_is_refused(client: TestClient, parts: Parts) -> None:
    """Before it is read to its end."""
    big = b"x" * int(parts.settings.upload_limit_mb * 1_000_000 + 1)
    reply = client.post("/v1/documents", files={"file": ("a.md", big, "text/markdown")})
    assert reply.status_code == 413
    assert reply.headers["content-type"] == "application/problem+json"
    chunks = iter([b"x" * 1_000_000] * 40)
    chunked = client.post("/v1/search", content=chunks, headers={"Content-Type": "text/plain"})
    assert chunked.status_code == 413


def test_machine_is_a_filter_of_the_search(client: TestClient) -> None:
    """Its kind goes with it."""
    body = {"query": "bleed", "machine": "press-3", "kinds": ["sop"]}
    (found,) = client.post("/v1/search", json=body).json()["passages"]
    assert found["quote"] == "bleed hydraulic-press press-3 ['sop']"
    assert (found["document"], found["revision"], found["page"]) == ("SOP-1", "A", 2)


def test_question_takes_the_codes_of_the_open_card(client: TestClient, card: Issue) -> None:
    """So that "what do I do?" is a question about E217."""
    body = {"question": "what do I do?", "machine": "press-3"}
    answer = client.post("/v1/ask", json=body).json()
    assert answer["text"] == "hydraulic-press E217"
    assert not answer["declined"]


def test_question_without_an_answer_is_declined(client: TestClient) -> None:
    """With the reason, and 200: declining is no error."""
    reply = client.post("/v1/ask", json={"question": "what is the weather?"})
    assert reply.status_code == 200
    assert reply.json()["declined"]
    assert reply.json()["reason"]


def test_answer_can_be_streamed(client: TestClient) -> None:
    """Citations first, the answer last."""
    body = {"question": "what do I do?", "stream": True}
    lines = client.post("/v1/ask", json=body).text.splitlines()
    events = [line for line in lines if line.startswith("event:")]
    assert events == ["event: citation", "event: answer"]


def test_feedback_is_kept(client: TestClient, parts: Parts, card: Issue) -> None:
    """About a prediction, an answer and a card; for the card the label counts at once."""
    prediction = _classify(client, {"text": "whine"}).json()["predictions"][0]["id"]
    answer = client.post("/v1/ask", json={"question": "what?"}).json()["id"]
    for subject in ({"prediction": prediction}, {"answer": answer}):
        reply = client.post("/v1/feedback", json={**subject, "verdict": "right"})
        assert reply.status_code == 201
    body = {"issue": card.id, "verdict": "wrong", "label": "pump_worn", "comment": "saw it"}
    assert client.post("/v1/feedback", json=body).status_code == 201
    assert parts.cards.find(card.id).tags["label"] == "pump_worn"
    assert [(v.kind, v.verdict, v.label) for v in parts.ledger.verdicts()] == [
        ("prediction", "right", ""),
        ("answer", "right", ""),
        ("issue", "wrong", "pump_worn"),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "right"}, 422),
        ({"issue": "I00001", "answer": "a1", "verdict": "right"}, 422),
        ({"issue": "I00001", "verdict": "maybe"}, 422),
        ({"issue": "I00001", "verdict": "wrong", "label": "flat_tyre"}, 422),
        ({"issue": "I77777", "verdict": "wrong"}, 404),
        ({"prediction": "p1", "verdict": "wrong"}, 404),
        ({"answer": "a1", "verdict": "wrong"}, 404),
    ],
)
def test_feedback_about_nothing_is_refused(
    client: TestClient, card: Issue, body: dict[str, str], status: int
) -> None:
    """Nothing of it is kept."""
    assert client.post("/v1/feedback", json=body).status_code == status
