"""The life of the models over HTTP: classify, gate, shadow, drift, trainings, what is on file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.vocabulary import Issue
from service.access import Role
from service.app import create_app
from service.database import Database
from service.model_requests import MOST_EVALUATED
from service.parts import Parts
from service.trainings import Trainings
from tests.fakes import FakeClassifier, FakeShelf
from tests.wires.http.conftest import LOCAL

PATIENCE_S = 60.0
ANDON = """
import json, pathlib, sys, time
words = sys.argv[1:]
home = pathlib.Path(words[words.index("--home") + 1])
while words[1] == "slow" and home.exists() and not (home / "go").exists():
    time.sleep(0.02)
rows = pathlib.Path(words[words.index("--data") + 1]).read_text() if "--data" in words else ""
print(json.dumps({"task": words[1], "version": "v0002", "rows": rows, "words": words}))
"""
ROWS = ("rows.csv", b"text,label\npump whines,pump_worn\n", "text/csv")


@pytest.fixture
def training(parts: Parts, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service whose trainings are quick."""
    script = tmp_path / "andon.py"
    script.write_text(ANDON)
    with Database(tmp_path / "history.db") as database:
        trainings = Trainings(database, tmp_path, program=(sys.executable, str(script)))
        learning = replace(parts.learning, trainings=trainings)
        app = create_app(replace(parts, learning=learning))
        with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
            yield client


def _shelf(parts: Parts) -> FakeShelf:
    assert isinstance(parts.shelf, FakeShelf)
    return parts.shelf


def _classify(client: TestClient, *inputs: dict[str, Any], **more: Any) -> Any:
    body = {"task": "error_code", "inputs": list(inputs), **more}
    return client.post("/v1/classify", json=body)


def _until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_input_that_cannot_be_read_takes_no_other_with_it(client: TestClient) -> None:
    """It is abstained on and says which one it is and why."""
    inputs: list[dict[str, Any]] = [
        {"text": "whine"},
        {"features": {"x": 1.0}},
        {"text": "a", "machine": "press-9"},
    ]
    good, numbers, machine = _classify(client, *inputs).json()["predictions"]
    assert (good["label"], good["outcome"]) == ("pump_worn", "label")
    assert (numbers["abstained"], numbers["outcome"]) == (True, "unknown")
    assert numbers["reason"].startswith("Input 1 cannot be read: This task reads texts")
    assert "press-9" in machine["reason"]
    none = _classify(client, *inputs[1:])
    assert none.status_code == 422
    assert none.json()["detail"].startswith("No input can be read. Input 0: This task reads texts")


def test_thousand_inputs_are_one_request_and_more_are_refused(client: TestClient) -> None:
    """Each kept under an id of its own, in order."""
    texts = [{"text": f"whine {number}"} for number in range(1000)]
    found = _classify(client, *texts).json()["predictions"]
    assert len({one["id"] for one in found}) == 1000
    assert [one["basis"] for one in found] == [[item["text"]] for item in texts]
    refused = _classify(client, *texts, {"text": "one more"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/body/inputs"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_number_that_is_none_is_named_by_its_place(client: TestClient, number: str) -> None:
    """The place of the input and the feature."""
    inputs = '[{"text": "a"}, {"features": {"oil": NUMBER}}]'.replace("NUMBER", number)
    body = f'{{"task": "error_code", "inputs": {inputs}}}'
    reply = client.post("/v1/classify", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"].startswith("/body/inputs/1/features/oil")


def test_answer_is_explained_when_asked(client: TestClient) -> None:
    """Only then, because it costs more."""
    (plain,) = _classify(client, {"text": "whine loud"}).json()["predictions"]
    assert plain["explanation"] == []
    (told,) = _classify(client, {"text": "whine loud"}, explain=True).json()["predictions"]
    assert told["explanation"] == [{"what": "whine", "weight": 1.0}]


def test_verdicts_are_rows_with_who_and_when(
    keyed: Callable[[Role | None], TestClient], card: Issue
) -> None:
    """Of a prediction and a card; a remark is in no row, and who contradicts is listed."""
    client = keyed(Role.OPERATOR)
    identity = _classify(client, {"text": "whine"}).json()["predictions"][0]["id"]
    said = {"prediction": identity, "verdict": "wrong", "label": "no_fault", "comment": "secret"}
    assert client.post("/v1/feedback", json=said).status_code == 201
    named = {"issue": card.id, "verdict": "wrong", "label": "pump_worn", "by": "M. Weber"}
    assert client.post("/v1/feedback", json=named).status_code == 201
    reply = client.get("/v1/tasks/error_code/rows")
    found = {row["text"]: row for row in reply.json()["rows"]}
    assert "secret" not in reply.text
    assert found["whine"]["label"] == "no_fault"
    origin = found["whine"]["provenance"]
    assert (origin["who"], origin["subject"]) == ("a-operator", identity)
    assert (origin["model_version"], origin["verdict"]) == ("fake-1", "wrong")
    assert found["oil hot"]["provenance"]["who"] == "M. Weber"
    client.post("/v1/feedback", json={"prediction": identity, "verdict": "right", "by": "Kurz"})
    rows = client.get("/v1/tasks/error_code/rows").json()
    assert [row["text"] for row in rows["rows"]] == ["oil hot"]
    assert "do not agree" in rows["left_out"][0]["reason"]
    assert client.get("/v1/tasks/flat_tyre/rows").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"verdict": "wrong", "label": "flat_tyre"}, "no label of error_code"),
        ({"verdict": "right", "label": "no_fault"}, "is not right"),
    ],
)
def test_label_that_cannot_be_is_refused(
    client: TestClient, body: dict[str, str], words: str
) -> None:
    """Also for a prediction."""
    identity = _classify(client, {"text": "whine"}).json()["predictions"][0]["id"]
    reply = client.post("/v1/feedback", json={"prediction": identity, **body})
    assert reply.status_code == 422
    assert words in reply.json()["detail"]
    assert client.get("/v1/tasks/error_code/rows").json()["rows"] == []


def test_gate_refuses_with_reasons_and_an_engineer_may_overrule_it(
    client: TestClient, parts: Parts
) -> None:
    """Only with a reason, which is kept with who gave it."""
    path = "/v1/models/error_code/promote"
    refused = client.post(path, json={"version": "bad"})
    assert refused.status_code == 409
    assert refused.json()["reasons"] == ["It lost a label."]
    assert "force" in refused.json()["remedy"]
    assert client.post(path, json={"version": "bad", "force": True}).status_code == 422
    forced = {"version": "bad", "force": True, "reason": "The label is retired."}
    assert client.post(path, json=forced).status_code == 200
    assert _shelf(parts).forced == ("open", "The label is retired.")


def test_shadow_is_compared_on_live_requests(client: TestClient, parts: Parts) -> None:
    """Without one nothing is compared; with one the thread behind asks it the same."""
    none = client.get("/v1/models/error_code/shadow").json()
    assert (none["shadow"], none["answers"], none["agreement"]) == (None, 0, None)
    _shelf(parts).shadows["error_code"] = FakeClassifier({"whin": "leak"}, version="v0002")
    (parts.settings.home / "models" / "error_code" / "v0002").mkdir(parents=True)
    (parts.settings.home / "models" / "error_code" / "shadow").write_text("v0002\n")
    identity = _classify(client, {"text": "whine"}, {"text": "fine"}).json()["predictions"][0]["id"]
    seen = _until(
        lambda: client.get("/v1/models/error_code/shadow").json(), lambda one: one["answers"] == 2
    )
    assert (seen["serving"], seen["shadow"], seen["agreement"]) == ("fake-1", "v0002", 0.5)
    assert seen["pairs"] == [{"serving": "pump_worn", "shadow": "leak", "count": 1}]
    client.post("/v1/feedback", json={"prediction": identity, "verdict": "right"})
    judged = client.get("/v1/models/error_code/shadow").json()
    assert (judged["judged"], judged["serving_right"], judged["shadow_right"]) == (1, 1, 0)


def test_drift_is_told(client: TestClient, parts: Parts) -> None:
    """On its own page, as a component, and as a figure."""
    drift = client.get("/v1/models/error_code/drift").json()
    assert (drift["task"], drift["version"], drift["verdict"]) == (
        "error_code",
        "fake-1",
        "too few",
    )
    _classify(client, *[{"text": "whine", "machine": "press-3"}] * 60)
    _until(lambda: parts.learning.classified.recent("error_code", "fake-1", most=99), bool)
    text = client.get("/metrics").text
    assert 'andon_classifier_predictions_total{label="pump_worn",outcome="label"' in text
    assert 'andon_classifier_drifted{task="error_code"} 0.0' in text
    assert client.get("/v1/models/defect_type/drift").status_code == 404


def test_card_and_plots_of_a_version_are_served(client: TestClient, parts: Parts) -> None:
    """As they lie in its folder; nothing else of it."""
    folder = parts.settings.home / "models" / "error_code" / "v0001"
    folder.mkdir(parents=True)
    (folder / "card.md").write_text("# error_code v0001\n")
    (folder / "reliability.png").write_bytes(b"\x89PNG")
    (folder / "confusion.png").symlink_to("/etc/hostname")
    path = "/v1/models/error_code/v0001"
    card = client.get(f"{path}/card")
    assert card.text == "# error_code v0001\n"
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"
    assert client.get(f"{path}/plots/reliability").content == b"\x89PNG"
    assert client.get(f"{path}/plots/confusion").status_code == 404
    assert client.get(f"{path}/plots/model.json").status_code == 422
    assert client.get("/v1/models/error_code/v0009/card").status_code == 404


def test_training_runs_beside_the_service(training: TestClient) -> None:
    """202 with an id, then a report; the rows that were sent are those that are trained on."""
    form = {"seed": "3", "up_to": "hybrid", "promote": "false"}
    reply = training.post("/v1/models/own/train", files={"file": ROWS}, data=form)
    assert reply.status_code == 202
    identity = reply.json()["id"]
    path = f"/v1/trainings/{identity}"
    done = _until(lambda: training.get(path).json(), lambda one: one["state"] != "running")
    assert (done["state"], done["by"], done["progress"]["share"]) == ("done", "open", 1.0)
    assert done["report"]["rows"] == ROWS[1].decode()
    assert "--no-promote" in done["report"]["words"]
    assert training.get("/v1/trainings").json()["trainings"] == [done]


def test_one_training_at_a_time_and_it_can_be_cancelled(training: TestClient) -> None:
    """The second is a conflict; one that is cancelled leaves nothing behind."""
    begun = training.post("/v1/models/slow/train", files={"file": ROWS}).json()
    assert training.post("/v1/models/error_code/train").status_code == 409
    path = f"/v1/trainings/{begun['id']}/cancel"
    assert training.post(path).json()["state"] == "cancelled"
    assert training.post(path).status_code == 409
    assert training.post("/v1/trainings/T00099/cancel").status_code == 404


@pytest.mark.parametrize(
    ("task", "sent"),
    [
        ("own", {}),
        ("own", {"files": {"file": ("rows.exe", b"MZ")}}),
        ("..%2Fown", {"files": {"file": ROWS}}),
        ("error_code", {"data": {"sed": "1"}}),
        ("error_code", {"data": {"seed": "-1"}}),
        ("error_code", {"data": {"up_to": "--help"}}),
        ("error_code", {"json": {"seed": 1}}),
        ("error_code", {"files": {"task_file": ("t.toml", b"")}}),
    ],
)
def test_training_that_cannot_be_is_refused(
    training: TestClient, task: str, sent: dict[str, Any]
) -> None:
    """Before anything is started."""
    assert training.post(f"/v1/models/{task}/train", **sent).status_code in (404, 422)
    assert training.get("/v1/trainings").json()["trainings"] == []


def test_rows_are_judged_only_up_to_a_size(client: TestClient) -> None:
    """One waits for the answer: more belongs on the command line."""
    path = "/v1/models/error_code/evaluate"
    big = {"file": ("rows.csv", b"x" * (MOST_EVALUATED + 1))}
    assert client.post(path, files=big).status_code == 413
    assert client.post(path, files={"file": ROWS}).status_code == 404
    assert client.post(path, files={"file": ("rows.txt", b"a")}).status_code == 422
    assert client.post(path).status_code == 422


def test_operators_look_and_engineers_act(keyed: Callable[[Role | None], TestClient]) -> None:
    """Whoever has no key sees nothing, except the empty page."""
    path = "/v1/models/error_code"
    for role, looks, acts in (
        (None, 401, 401),
        (Role.OPERATOR, 200, 403),
        (Role.MACHINE, 403, 403),
    ):
        client = keyed(role)
        for page in (
            "/v1/trainings",
            f"{path}/drift",
            f"{path}/shadow",
            "/v1/tasks/error_code/rows",
        ):
            assert client.get(page).status_code == looks, page
        sent = {"version": "fake-0"}
        assert client.post(f"{path}/promote", json=sent).status_code == acts
        assert client.post(f"{path}/shadow", json=sent).status_code == acts
        assert client.post(f"{path}/rollback").status_code == acts
        assert client.post(f"{path}/train").status_code == acts
        assert client.post(f"{path}/evaluate", files={"file": ROWS}).status_code == acts
        assert client.post("/v1/trainings/T00001/cancel").status_code == acts
    found = keyed(None).get("/models")
    assert found.status_code == 200
    assert "/static/models.js" in found.text
    assert json.dumps(found.headers["content-security-policy"]).count("script-src 'self'") == 1
