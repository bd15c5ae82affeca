"""Comparisons over HTTP: begun with a file, listed, read as data and as a page, ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access import Role
from service.app import create_app
from service.comparison.kept import folder_of
from service.comparison.report_html import policy_of, write_html
from service.comparison.report_json import write_json
from service.comparisons import Comparisons
from service.parts import Parts
from tests.unit.service.comparison.report_example import example
from tests.wires.http.conftest import LOCAL

PATIENCE_S = 60.0
ANDON = """
import pathlib, shutil, sys, time
words = sys.argv[1:]
home = pathlib.Path(words[words.index("--home") + 1])
while words[1] == "slow" and home.exists():
    time.sleep(0.02)
folder = home / "comparisons" / words[words.index("--id") + 1]
for name in ("report.html", "report.json"):
    shutil.copy(home / "made" / name, folder / name)
"""
ROWS = ("rows.csv", b"text,label\npump whines,pump_worn\n", "text/csv")
HOSTILE = '</title><script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a task with a hostile name, as the command writes it."""
    folder = tmp_path_factory.mktemp("made")
    report = replace(example(), task=HOSTILE)
    write_html(report, folder)
    write_json(report, folder)
    return folder


@pytest.fixture
def comparing(parts: Parts, tmp_path: Path, made: Path) -> Iterator[TestClient]:
    """A client of a service whose comparisons are quick."""
    script = tmp_path / "andon.py"
    script.write_text(ANDON)
    (tmp_path / "made").symlink_to(made)
    comparisons = Comparisons(tmp_path, program=(sys.executable, str(script)))
    app = create_app(replace(parts, learning=replace(parts.learning, comparisons=comparisons)))
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


def _until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_comparison_is_begun_listed_and_read(comparing: TestClient) -> None:
    """As data with the whole report, and in the list with what is recommended."""
    sent = {"task": "mine", "target": "0.8"}
    reply = comparing.post("/v1/comparisons", data=sent, files={"file": ROWS})
    assert reply.status_code == 202
    begun = reply.json()
    assert (begun["state"], begun["page"], begun["asked"]["data"]) == ("running", None, "rows.csv")
    path = f"/v1/comparisons/{begun['id']}"
    done = _until(lambda: comparing.get(path).json(), lambda one: one["state"] != "running")
    assert (done["state"], done["report"]["task"]) == ("done", HOSTILE)
    (listed,) = comparing.get("/v1/comparisons").json()["comparisons"]
    assert listed["page"] == f"/comparisons/{begun['id']}"
    assert listed["verdict"]["approach"] == "cascade"
    assert "report" not in listed
    assert comparing.post(f"{path}/cancel", json={}).status_code == 409


def test_report_is_a_page_that_can_do_nothing(
    comparing: TestClient, parts: Parts, made: Path
) -> None:
    """No script, no outside asset, no frame about it: its own style and nothing else."""
    folder = folder_of(parts.settings.home, "mine")
    folder.mkdir(parents=True)
    for name in ("report.html", "report.json"):
        (folder / name).write_text((made / name).read_text())
    reply = comparing.get("/v1/comparisons/mine/report")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-disposition"] == 'inline; filename="mine.html"'
    policy = reply.headers["content-security-policy"]
    assert policy == f"{policy_of(reply.text)}; frame-ancestors 'none'; sandbox"
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "<script" not in reply.text
    assert "<img" not in reply.text
    shell = comparing.get("/comparisons/mine")
    assert (shell.status_code, HOSTILE in shell.text) == (200, False)
    assert "style-src 'self'" in shell.headers["content-security-policy"]


def test_comparison_can_be_cancelled(comparing: TestClient) -> None:
    """One at a time; the next may begin."""
    begun = comparing.post("/v1/comparisons", data={"task": "slow"}, files={"file": ROWS}).json()
    again = comparing.post("/v1/comparisons", data={"task": "slow"}, files={"file": ROWS})
    assert again.status_code == 409
    ended = comparing.post(f"/v1/comparisons/{begun['id']}/cancel", json={})
    assert ended.json()["state"] == "cancelled"
    assert comparing.get(f"/v1/comparisons/{begun['id']}/report").status_code == 404
    assert comparing.get(f"/v1/comparisons/{begun['id']}").json()["report"] is None


@pytest.mark.parametrize(
    ("sent", "files", "words"),
    [
        ({"task": "mine"}, {}, "needs its rows"),
        ({"task": "mine"}, {"file": ("rows.exe", b"x")}, "ends in one of"),
        ({"task": "mine"}, {"file": ROWS, "codes": ("codes.exe", b"x")}, "The codes need"),
        ({"task": "mine"}, {"file": ROWS, "codes": ("codes.jsonl", b"x")}, "The codes need"),
        ({"task": "../x"}, {"file": ROWS}, "1 fault(s) in the request"),
        ({"task": "mine", "target": "1.5"}, {"file": ROWS}, "1 fault(s) in the request"),
        ({"task": "mine", "targte": "0.5"}, {"file": ROWS}, "1 fault(s) in the request"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    comparing: TestClient, sent: dict[str, str], files: dict[str, Any], words: str
) -> None:
    """With the reason, and nothing is begun."""
    reply = comparing.post("/v1/comparisons", data=sent, files=files)
    assert reply.status_code == 422
    assert words in reply.json()["detail"]
    assert comparing.get("/v1/comparisons").json() == {"comparisons": []}


def test_operators_read_and_engineers_begin(keyed: Callable[[Role | None], TestClient]) -> None:
    """A machine's key does neither; the pages themselves hold nothing and need no key."""
    for role, reads, begins in (
        (None, 401, 401),
        (Role.MACHINE, 403, 403),
        (Role.OPERATOR, 200, 403),
        (Role.ENGINEER, 200, 422),
    ):
        client = keyed(role)
        assert client.get("/v1/comparisons").status_code == reads, role
        assert client.post("/v1/comparisons", data={"task": "mine"}).status_code == begins, role
        assert client.get("/comparisons").status_code == 200
    assert keyed(Role.OPERATOR).get("/v1/comparisons/none").status_code == 404
    assert keyed(Role.OPERATOR).get("/v1/comparisons/none/report").status_code == 404
