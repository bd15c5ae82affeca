"""Instructions and the shift handover, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.vocabulary import Issue
from service.access import Role

SHIFT = {"start": "2026-11-22T04:00:00Z", "end": "2026-11-22T12:00:00Z"}


def _handover(client: TestClient, **scope: str) -> list[dict[str, Any]]:
    body = {**scope, **SHIFT, "prompt": "shift-handover"}
    reply = client.post("/v1/summaries", json=body)
    assert reply.status_code == 200, reply.text
    evidence: list[dict[str, Any]] = reply.json()["evidence"]
    return evidence


def test_an_instruction_stands_in_every_handover_until_it_is_cleared(client: TestClient) -> None:
    """Given, listed, handed over, cleared; a second clearing is a conflict."""
    body = {"machine": "press-3", "text": "  run at 80 %  ", "by": "M. Weber"}
    given = client.post("/v1/instructions", json=body).json()
    assert (given["id"], given["line"], given["text"]) == ("N00001", "line-1", "run at 80 %")
    assert client.get("/v1/instructions").json() == {"instructions": [given]}
    for scope in ({"machine": "press-3"}, {"line": "line-1"}):
        (item,) = _handover(client, **scope)
        assert (item["kind"], item["codes"]) == ("instruction", ["N00001"])
        assert item["quotes"] == ["run at 80 %"]
    cleared = client.post("/v1/instructions/N00001/clear", json={"by": "K. Lang"})
    assert cleared.json()["cleared_by"] == "K. Lang"
    assert _handover(client, line="line-1") == []
    assert client.get("/v1/instructions").json() == {"instructions": []}
    assert len(client.get("/v1/instructions?cleared=true").json()["instructions"]) == 1
    assert client.post("/v1/instructions/N00001/clear").status_code == 409


def test_an_instruction_flags_a_card(client: TestClient, card: Issue) -> None:
    """It is about the machine of the card and names it."""
    given = client.post("/v1/instructions", json={"issue": card.id, "text": "watch it"}).json()
    assert (given["machine"], given["issue"]) == ("press-3", card.id)
    kinds = {item["kind"]: item["codes"] for item in _handover(client, line="line-1")}
    assert kinds == {"open_card": [card.id], "instruction": ["N00001", card.id]}


def test_what_is_no_instruction_is_refused(client: TestClient) -> None:
    """No words, no subject, two subjects; what is not known is not found."""
    words = {"text": "run at 80 %"}
    for body in ({}, {"machine": "press-3"}, words, {**words, "machine": "a", "line": "b"}):
        assert client.post("/v1/instructions", json=body).status_code == 422
    for body in ({"machine": "press-9"}, {"line": "line-9"}, {"issue": "I00099"}):
        assert client.post("/v1/instructions", json={**words, **body}).status_code == 404
    assert client.post("/v1/instructions/N00099/clear").status_code == 404


@pytest.mark.parametrize("text", ["\u200b\u202e\ufeff", "\x00\x1b", " \n\u00a0"])
def test_an_instruction_has_words_that_can_be_seen(client: TestClient, text: str) -> None:
    """An empty quote in every handover would tell nobody anything."""
    reply = client.post("/v1/instructions", json={"machine": "press-3", "text": text})
    assert reply.status_code == 422


def test_a_machine_may_not_give_instructions(
    keyed: Callable[[Role | None], TestClient],
) -> None:
    """People do; who, comes from the key where the request does not say it."""
    body = {"line": "line-1", "text": "audit on Monday"}
    assert keyed(Role.MACHINE).post("/v1/instructions", json=body).status_code == 403
    given = keyed(Role.OPERATOR).post("/v1/instructions", json=body).json()
    assert (given["machine"], given["given_by"]) == ("", "a-operator")
