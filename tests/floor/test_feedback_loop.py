"""What operators correct is learnt: the whole loop over HTTP, with a service in its own process."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT
from tests.leash import leashed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE_S = 420.0
PLANT = """
[plant]
name = "Small plant"
timezone = "Europe/Berlin"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[[machines.signals]]
id = "oil_temp"
unit = "degC"
"""
WORDS = {
    "leak": (
        ("oil drips", "puddle of oil", "fluid seeps", "oil leaks"),
        ("under the cylinder", "at the hose", "below the valve block", "from the seal"),
    ),
    "jam": (
        ("sheet stuck", "part jammed", "blank wedged", "workpiece caught"),
        ("in the feeder", "between the rollers", "at the infeed", "in the die"),
    ),
    "sensor": (
        ("no signal", "reading frozen", "value jumps", "sensor silent"),
        ("from the light barrier", "of the encoder", "of the proximity switch", "on channel two"),
    ),
}
ENDINGS = ("", " again", " since the start of the shift")
NEW = "bearing"
SAID = "howling gearbox, the bearing grinds"
HEARD = (
    "gearbox howls at full speed",
    "bearing grinds and howls",
    "grinding howl from the bearing",
    "the gearbox bearing howls",
    "bearing of the gearbox grinds",
    "howling and grinding bearing",
    "gearbox grinds, bearing howls",
)
"""In words that nobody has used before."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of `andon serve` on a home of its own."""
    (tmp_path / "plant.toml").write_text(PLANT)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "serve", "--port", port, "--home", "home"]
    environment = {name: value for name, value in os.environ.items() if name[:6] != "ANDON_"}
    # A fresh home would look at every runtime first, which has its own tests.
    settings = {"ANDON_THREADS": "1", "ANDON_RUNTIME": "torch"}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **settings}
    log = tmp_path / "service.log"
    with log.open("w") as sink:
        process = subprocess.Popen(leashed(command), cwd=tmp_path, env=environment, stderr=sink)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            _until(lambda: _answers(client), lambda alive: alive or _dead(process, log))
            yield client
    finally:
        process.terminate()
        process.wait(60)


def test_what_operators_correct_is_learnt_and_can_be_taken_back(service: httpx.Client) -> None:
    """Marked wrong, in the next training set, right in the next version, promoted, rolled back."""
    first = _trained(service, promote=True, file=("rows.csv", _rows()))
    assert first["report"]["gate"]["passed"]
    assert _serving(service) == "v0001"
    before = _classified(service, SAID)
    assert before["label"] != NEW

    card = _card(service, SAID)
    _judged(service, issue=card["id"], by="M. Weber")
    for text in HEARD:
        _judged(service, prediction=_classified(service, text)["id"], by="A. Kurz")
    _check_rows(service.get("/v1/tasks/error_code/rows").json(), card["id"])

    second = _trained(service, promote=False, file=("rows.csv", _rows()))
    assert second["report"]["rows_from_feedback"] == 1 + len(HEARD)
    assert _serving(service) == "v0001"
    assert service.get("/v1/models/error_code/v0002/gate").json()["passed"]
    assert _promoted(service) == "v0002"
    assert _classified(service, SAID)["label"] == NEW

    assert service.post("/v1/models/error_code/rollback").status_code == 200
    again = _classified(service, SAID)
    assert again["model_version"] == _serving(service) == "v0001"
    assert {**again, "id": ""} == {**before, "id": ""}


def _rows() -> str:
    """Short texts of three faults; of the fourth few rows in other words than people will use."""
    lines = ["text,label"]
    for label, parts in WORDS.items():
        texts = (f"{what} {where}{end}" for what, where, end in itertools.product(*parts, ENDINGS))
        lines += [f"{text},{label}" for text in texts]
    lines += [f"worn shaft support number {word},{NEW}" for word in ("one", "two", "three", "four")]
    return "\n".join(lines) + "\n"


def _trained(client: httpx.Client, *, promote: bool, file: tuple[str, str]) -> dict[str, Any]:
    form = {"up_to": "tfidf", "promote": str(promote).lower()}
    begun = client.post("/v1/models/error_code/train", data=form, files={"file": file})
    assert begun.status_code == 202, begun.text
    path = f"/v1/trainings/{begun.json()['id']}"
    ended = _until(lambda: client.get(path).json(), lambda one: one["state"] != "running")
    assert ended["state"] == "done", ended["fault"]
    return dict(ended)


def _classified(client: httpx.Client, text: str) -> dict[str, Any]:
    body = {"task": "error_code", "inputs": [{"text": text}]}
    reply = client.post("/v1/classify", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json()["predictions"][0])


def _card(client: httpx.Client, text: str) -> dict[str, Any]:
    """An alarm in these words, and the card that it opened, once it has its diagnosis."""
    event = {"machine": "press-3", "severity": "warning", "state": "raised", "text": text}
    now = datetime.now(UTC) - timedelta(seconds=1)
    sent = client.post("/v1/events", json={"events": [{**event, "source_time": now.isoformat()}]})
    assert sent.json()["stored"] == 1
    found = _until(
        lambda: client.get("/v1/issues").json()["issues"],
        lambda issues: bool(issues) and issues[0]["diagnosis"] is not None,
    )
    assert found[0]["diagnosis"]["label"] != NEW
    return dict(found[0])


def _judged(client: httpx.Client, **subject: str) -> None:
    said = {**subject, "verdict": "wrong", "label": NEW}
    assert client.post("/v1/feedback", json=said).status_code == 201


def _check_rows(told: dict[str, Any], card: str) -> None:
    """Every verdict is a row with who said it, when, about what, against which version."""
    rows = {row["text"]: row for row in told["rows"]}
    assert set(rows) == {SAID, *HEARD}
    assert {row["label"] for row in rows.values()} == {NEW}
    origin = rows[SAID]["provenance"]
    assert (origin["who"], origin["subject"]) == ("M. Weber", card)
    assert {row["provenance"]["model_version"] for row in rows.values()} == {"v0001"}
    assert told["left_out"] == []


def _promoted(client: httpx.Client) -> str:
    reply = client.post("/v1/models/error_code/promote", json={"version": "v0002"})
    assert reply.status_code == 200, reply.text
    return _serving(client)


def _serving(client: httpx.Client) -> str:
    tasks = {task["name"]: task for task in client.get("/v1/tasks").json()["tasks"]}
    return str(tasks["error_code"]["version"])


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _dead(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    return False


def _until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found
