"""Keys for some machines: the others are neither shown nor told of, asked about nor written to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from ingest.errors import NotKnown, SettingsFault
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import load_plant
from ingest.vocabulary import Issue
from service.access import Access, Role, create_key, read_keys
from service.app import create_app
from service.cli.main import app as andon
from service.instructions import NewInstruction
from service.lookout import Lookout
from service.notices import issue_message, machine_message
from service.parts import Parts
from service.reach import Reach
from service.routes.stream import _events
from tests.wires.http.conftest import NOON, PLANT

MORE = """
[[machines]]
id = "press-4"
line = "line-1"
kind = "hydraulic-press"

[[machines]]
id = "mill-1"
line = "line-2"
kind = "cnc-mill"
"""
MILL = Reach(machines=("mill-1",))
WINDOW = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T12:00:00Z"}


@pytest.fixture
def wide(parts: Parts, tmp_path: Path) -> Parts:
    """Two presses on a line and a mill on another."""
    path = tmp_path / "wide.toml"
    path.write_text(PLANT + MORE)
    plant = load_plant(path)
    lookout = Lookout(plant, parts.history, settings=EvidenceSettings())
    return replace(parts, plant=plant, lookout=lookout)


@pytest.fixture
def of_mill(wide: Parts, tmp_path: Path) -> Iterator[TestClient]:
    """An operator's client whose key is for the mill."""
    path = tmp_path / "keys.json"
    token = create_key(path, Role.OPERATOR, name="at the mill", reach=MILL)
    app = create_app(replace(wide, access=Access(path)))
    with TestClient(app, base_url="http://andon.plant") as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_only_its_machines_are_listed(of_mill: TestClient, card: Issue) -> None:
    """No other, and no card of another."""
    machines = of_mill.get("/v1/machines").json()["machines"]
    assert [machine["id"] for machine in machines] == ["mill-1"]
    assert of_mill.get("/v1/issues").json() == {"issues": []}


ABOUT_OTHERS: list[tuple[str, str, Any]] = [
    ("GET", "/v1/machines/press-3", None),
    ("GET", "/v1/machines/press-3/readings", None),
    ("GET", "/v1/machines/press-3/events", None),
    ("GET", "/v1/issues?machine=press-3", None),
    ("GET", "/v1/issues/I00001", None),
    ("POST", "/v1/issues/I00001/acknowledge", {}),
    ("POST", "/v1/issues/I00001/resolve", {}),
    ("POST", "/v1/summaries", {"machine": "press-3", **WINDOW}),
    ("POST", "/v1/summaries", {"line": "line-1", **WINDOW}),
    ("POST", "/v1/instructions", {"machine": "press-3", "text": "Slower."}),
    ("POST", "/v1/instructions", {"line": "line-1", "text": "Slower."}),
    ("POST", "/v1/instructions", {"issue": "I00001", "text": "Slower."}),
    ("POST", "/v1/instructions/N00001/clear", {}),
    ("POST", "/v1/instructions/N00002/clear", {}),
    (
        "POST",
        "/v1/classify",
        {"task": "error_code", "inputs": [{"text": "hot", "machine": "press-3"}]},
    ),
    ("POST", "/v1/search", {"query": "oil", "machine": "press-3"}),
    ("POST", "/v1/ask", {"question": "why?", "machine": "press-3"}),
    ("POST", "/v1/feedback", {"issue": "I00001", "verdict": "right"}),
    ("GET", "/metrics", None),
    ("GET", "/v1/tasks/error_code/rows", None),
]


def test_what_is_about_another_machine_is_refused(
    of_mill: TestClient, wide: Parts, card: Issue
) -> None:
    """With 403 that says what the key is for, and nothing is changed."""
    wide.instructions.give(NewInstruction("Wait.", line="line-1", machine="press-3"), NOON)
    wide.instructions.give(NewInstruction("Wait.", line="line-1"), NOON)
    for method, path, body in ABOUT_OTHERS:
        reply = of_mill.request(method, path, json=body)
        assert reply.status_code == 403, (path, reply.text)
        assert "mill-1" in reply.json()["remedy"], path
    assert wide.cards.find(card.id) == card
    assert len(wide.instructions.listed()) == 2
    assert wide.ledger.verdicts() == []


def test_its_own_machine_can_be_asked_about(of_mill: TestClient) -> None:
    """As with any key."""
    assert of_mill.get("/v1/machines/mill-1").status_code == 200
    assert of_mill.post("/v1/summaries", json={"line": "line-2", **WINDOW}).status_code == 200
    answer = of_mill.post("/v1/ask", json={"question": "what now?", "machine": "mill-1"})
    assert (answer.status_code, answer.json()["machine"]) == (200, "mill-1")


def test_instructions_are_those_of_its_machines_and_their_lines(
    of_mill: TestClient, wide: Parts
) -> None:
    """What the whole line is told is for each machine on it."""
    for line, machine in (("line-1", "press-3"), ("line-1", ""), ("line-2", ""), ("line-2", "x")):
        wide.instructions.give(NewInstruction(f"{line}{machine}", line=line, machine=machine), NOON)
    found = of_mill.get("/v1/instructions").json()["instructions"]
    assert [one["text"] for one in found] == ["line-2"]


def test_a_record_of_another_machine_is_set_aside(wide: Parts, tmp_path: Path) -> None:
    """The others of the push are stored; the sums still hold."""
    path = tmp_path / "keys.json"
    token = create_key(path, Role.MACHINE, name="cell", reach=Reach(lines=("line-2",)))
    at = (NOON - timedelta(minutes=1)).isoformat()
    rows = [
        {"machine": name, "signal": "s", "value": 1, "source_time": at}
        for name in ("mill-1", "press-3")
    ]
    with TestClient(
        create_app(replace(wide, access=Access(path))), base_url="http://andon.plant"
    ) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        reply = client.post("/v1/readings", json={"readings": rows}).json()
    assert (reply["received"], reply["stored"], reply["dead_lettered"]) == (2, 1, 1)
    assert "not for machine 'press-3'" in reply["items"][1]["reason"]
    assert not wide.history.latest("press-3")


def test_the_stream_tells_of_its_machines_alone(wide: Parts, card: Issue) -> None:
    """At the start and later."""

    async def heard() -> list[str]:
        events = _events(wide, MILL)
        found = [await anext(events), await anext(events)]
        wide.feed.publish(issue_message(card))
        wide.feed.publish(machine_message(wide.view("press-3")))
        wide.feed.publish(machine_message(wide.view("mill-1")))
        found.append(await anext(events))
        return [f"{one['event']} {json.loads(one['data']).get('id', '')}" for one in found]

    assert asyncio.run(heard()) == ["machine mill-1", "ready ", "machine mill-1"]


def test_a_key_is_limited_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To machines and lines that the plant has; an engineer's is not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plant.toml").write_text(PLANT + MORE)
    create = ["keys", "create", "--keys-file", "keys.json", "--role"]
    limits = ["--machine", "mill-1", "--line", "line-1"]
    assert CliRunner().invoke(andon, [*create, "operator", *limits]).exit_code == 0
    (key,) = read_keys(tmp_path / "keys.json")
    assert key.reach == Reach(("mill-1",), ("line-1",))
    listed = CliRunner().invoke(andon, ["keys", "list", "--keys-file", "keys.json"])
    assert "mill-1, line-1" in listed.stdout
    strange = CliRunner().invoke(andon, [*create, "operator", "--machine", "mill-9"])
    assert isinstance(strange.exception, NotKnown)
    refused = CliRunner().invoke(andon, [*create, "engineer", *limits])
    assert isinstance(refused.exception, SettingsFault)
    assert len(read_keys(tmp_path / "keys.json")) == 1


def test_a_file_with_a_limit_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    """A limit that is not understood is not taken for none."""
    path = tmp_path / "keys.json"
    create_key(path, Role.OPERATOR, reach=MILL)
    path.write_text(path.read_text().replace('"mill-1"', "7"))
    with pytest.raises(SettingsFault, match="lists of names"):
        read_keys(path)
