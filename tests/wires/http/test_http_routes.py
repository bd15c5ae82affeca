"""Routes over HTTP: a comparison followed, and the service then says what the report says."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from finetune.models import ModelStore
from service.access import Access, Role, create_key
from service.app import create_app
from service.assembly import following_of
from service.comparison.applying import Wish, applied
from service.comparison.nouns import Item, Quality, Reply, Report, Route
from service.comparison.quality import quality
from service.database import Database
from service.learning import learning_of
from service.parts import Parts
from service.shelf import ModelShelf
from service.task_routes import RouteStore
from tests.followed_home import IDENTITY, Home, compared_home, engines_in
from tests.wires.http.conftest import LOCAL

WAYS = ("prompt", "rag", "finetune", "cascade")
PATH = "/v1/tasks/mine/route"
LABELS = ("good", "short", "warped")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Measured once for all tests."""
    return compared_home(tmp_path_factory.mktemp("compared"))


@pytest.fixture
def routed_parts(parts: Parts, tmp_path: Path, compared: Home) -> Iterator[Parts]:
    """A service with that comparison in its home and nothing put into use yet."""
    shutil.copytree(compared.path / "comparisons", tmp_path / "comparisons")
    engines = engines_in(tmp_path)
    shelf = ModelShelf(engines.store)
    following = following_of(tmp_path, shelf, engines)
    with Database(tmp_path / "history.db") as database:
        learning = learning_of(database, shelf, parts.settings)
        yield replace(parts, shelf=shelf, learning=learning, following=following)


@pytest.fixture
def routed(routed_parts: Parts) -> Iterator[TestClient]:
    """A client of that service."""
    app = create_app(routed_parts)
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


def asked(client: TestClient, items: Sequence[Item]) -> dict[str, Any]:
    """What the service says to these rows."""
    inputs = [{"features": dict(item.numbers)} for item in items]
    reply = client.post("/v1/classify", json={"task": "mine", "inputs": inputs})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def reckoned(said: dict[str, Any], items: Sequence[Item], seed: int = 0) -> Quality:
    """The figures of a report, of what the service said."""
    replies = [
        Reply(one["label"], one["confidence"], one["likeliest"]) for one in said["predictions"]
    ]
    return quality(items, replies, order=LABELS, seed=seed)


def measured_of(report: Report, way: str) -> Quality:
    """What the report says of the way that is followed."""
    if way == "cascade":
        wanted = report.decision.arm
        return next(one.quality for one in report.cascades if f"{one.first} + {one.then}" == wanted)
    return next(arm.quality for arm in report.arms if arm.approach == way)


@pytest.mark.parametrize("way", WAYS)
def test_the_service_says_what_the_report_says(
    routed: TestClient, compared: Home, way: str
) -> None:
    """Every figure of the quality, with its interval, from the same rows asked over HTTP."""
    done = routed.put(PATH, json={"comparison": IDENTITY, "route": way})
    assert (done.status_code, done.json()["trouble"]) == (200, ""), done.text
    said = asked(routed, compared.test)
    assert (said["route"], said["revision"], said["trouble"]) == (way, "r0001", "")
    assert reckoned(said, compared.test) == measured_of(compared.report, way)


def test_a_cascade_is_answered_by_its_first_as_often_as_the_report_says(
    routed: TestClient, compared: Home
) -> None:
    """And the rest by the model that was measured; each answer says by whom."""
    shown = routed.put(PATH, json={}).json()
    said = asked(routed, compared.test)["predictions"]
    first = [one for one in said if one["engine"] == "rag"]
    assert 0 < len(first) < len(said)
    assert len(first) / len(said) == pytest.approx(shown["share_first"], abs=1e-6)
    assert {one["model_version"] for one in first} == {"r0001"}
    assert {one["model_version"] for one in said if one["engine"] == "classifier"} == {"v0001"}


def test_a_route_of_another_process_counts_at_the_next_request(
    routed: TestClient, compared: Home, tmp_path: Path
) -> None:
    """`andon compare --apply` and `andon routes` need no word with the service."""
    reply = routed.post("/v1/classify", json={"task": "mine", "inputs": [{"features": {"x": 1}}]})
    assert reply.status_code == 404
    applied(tmp_path, IDENTITY, store=ModelStore(tmp_path / "models"))
    said = asked(routed, compared.test)
    assert (said["route"], said["revision"]) == ("cascade", "r0001")
    assert reckoned(said, compared.test) == measured_of(compared.report, "cascade")
    applied(tmp_path, IDENTITY, Wish(Route.RAG), store=ModelStore(tmp_path / "models"))
    said = asked(routed, compared.test)
    assert (said["route"], said["revision"]) == ("rag", "r0002")
    RouteStore(tmp_path / "routes").reset("mine")
    assert asked(routed, compared.test)["route"] == "finetune"


@dataclass
class Caller(threading.Thread):
    """Asks for all rows again and again; keeps by revision what came."""

    client: TestClient
    items: Sequence[Item]
    enough: threading.Event
    seen: dict[str, set[tuple[str | None, ...]]] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def run(self) -> None:
        """Until it is enough."""
        while not self.enough.is_set():
            said = asked(self.client, self.items)
            labels = tuple(one["label"] for one in said["predictions"])
            self.seen.setdefault(said["revision"], set()).add(labels)
            self.ways[said["revision"]] = said["route"]

    __hash__ = threading.Thread.__hash__


def test_switches_under_load_drop_mix_and_tear_nothing(
    routed: TestClient, routed_parts: Parts, compared: Home
) -> None:
    """Each reply is whole and of the route that it names, whatever is set meanwhile."""
    items = compared.test[:24]
    wanted: dict[str, tuple[str | None, ...]] = {}
    for way in WAYS:
        assert routed.put(PATH, json={"route": way, "comparison": IDENTITY}).status_code == 200
        wanted[way] = tuple(one["label"] for one in asked(routed, items)["predictions"])
    assert len(set(wanted.values())) >= 3
    enough = threading.Event()
    callers = [Caller(routed, items, enough) for _ in range(3)]
    for caller in callers:
        caller.start()
    set_ways: dict[str, str] = {}
    for turn in range(12):
        way = WAYS[turn % len(WAYS)]
        applied(
            routed_parts.settings.home,
            IDENTITY,
            Wish(Route(way)),
            store=routed_parts.shelf.store,
        )
        said = asked(routed, items)
        set_ways[said["revision"]] = said["route"]
    enough.set()
    for caller in callers:
        caller.join(PATIENCE_S)
    for caller in callers:
        for revision, found in caller.seen.items():
            assert found == {wanted[caller.ways[revision]]}
    assert sum(len(caller.seen) for caller in callers) > len(callers)
    assert set(set_ways.values()) <= set(WAYS)


def test_what_is_followed_is_shown_with_its_figures_and_who_wanted_it(
    routed: TestClient, compared: Home
) -> None:
    """Before, between and after."""
    routed.put(PATH, json={"route": "finetune", "comparison": IDENTITY})
    assert routed.delete(PATH).status_code == 204
    none = routed.get(PATH).json()
    assert (none["route"], none["members"], none["revision"]) == ("finetune", [], "")
    routed.put(PATH, json={"route": "rag", "reason": "no training on this line"})
    shown = routed.get(PATH).json()
    rag = next(arm for arm in compared.report.arms if arm.approach == "rag")
    assert shown["members"] == [
        {"approach": "rag", "name": "nearest", "model": rag.model, "labels": rag.labels}
    ]
    assert shown["macro_f1"] == pytest.approx(rag.quality.macro_f1, abs=1e-6)
    assert (shown["comparison"], shown["reason"]) == (IDENTITY, "no training on this line")
    assert shown["revision"] == "r0002"
    (task,) = [one for one in routed.get("/v1/tasks").json()["tasks"] if one["name"] == "mine"]
    assert (task["route"], task["revision"], task["version"]) == ("rag", "r0002", "v0001")
    ready = {one["name"]: one["state"] for one in routed.get("/readyz").json()["components"]}
    assert ready["route mine"] == "ok"


def test_a_task_that_only_a_route_answers_is_a_task(routed: TestClient, compared: Home) -> None:
    """With its labels, for classification, feedback and the rows of the next training."""
    assert routed.put(PATH, json={"route": "rag"}).status_code == 200
    (task,) = [one for one in routed.get("/v1/tasks").json()["tasks"] if one["name"] == "mine"]
    assert [label["name"] for label in task["labels"]] == list(LABELS)
    assert (task["version"], task["route"]) == (None, "rag")
    (first, *_) = asked(routed, compared.test[:3])["predictions"]
    about = {"prediction": first["id"], "verdict": "wrong"}
    assert routed.post("/v1/feedback", json={**about, "label": "warped"}).status_code == 201
    assert routed.post("/v1/feedback", json={**about, "label": "magic"}).status_code == 422
    (row,) = routed.get("/v1/tasks/mine/rows").json()["rows"]
    assert (row["label"], row["provenance"]["model_version"]) == ("warped", "r0001")
    metrics = routed.get("/metrics").text
    assert 'andon_classifier_engines_total{engine="rag",task="mine"} 3.0' in metrics


def test_a_row_that_cannot_be_read_takes_no_other_with_it(
    routed: TestClient, compared: Home
) -> None:
    """By a route as by a model."""
    routed.put(PATH, json={"route": "rag"})
    inputs = [{"text": "no number"}, {"features": dict(compared.test[0].numbers)}]
    said = routed.post("/v1/classify", json={"task": "mine", "inputs": inputs}).json()
    unread, told = said["predictions"]
    assert (unread["outcome"], unread["engine"]) == ("unknown", "rag")
    assert "reads numbers" in unread["reason"]
    assert told["likeliest"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"comparison": "another-1"}, 404),
        ({"comparison": "../../etc"}, 404),
        ({"comparison": "."}, 404),
        ({"route": "magic"}, 422),
        ({"route": "none"}, 422),
        ({"force": True}, 422),
        ({"surplus": 1}, 422),
        ([], 422),
    ],
)
def test_what_cannot_be_followed_changes_nothing(
    routed: TestClient, body: object, status: int
) -> None:
    """The route that is followed stays; the problem is one of RFC 9457."""
    routed.put(PATH, json={"route": "rag"})
    reply = routed.put(PATH, json=body)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert routed.get(PATH).json()["revision"] == "r0001"


def test_a_comparison_of_another_task_is_refused(routed: TestClient) -> None:
    """By path and by body."""
    reply = routed.put("/v1/tasks/other/route", json={"comparison": IDENTITY})
    assert reply.status_code == 422
    assert "of task mine" in reply.json()["detail"]
    assert routed.put("/v1/tasks/other/route", json={}).status_code == 404
    assert routed.put("/v1/tasks/..%2Fmine/route", json={}).status_code == 404
    assert routed.get("/v1/tasks/other/route").status_code == 404
    assert routed.delete("/v1/tasks/mine/route").status_code == 404


def test_a_torn_route_is_told_and_answered_by_what_was_before(
    routed: TestClient, compared: Home, tmp_path: Path
) -> None:
    """In the reply, in the list of parts, and where the route is asked for."""
    routed.put(PATH, json={"route": "finetune", "comparison": IDENTITY})
    routed.put(PATH, json={"route": "rag"})
    (tmp_path / "routes" / "mine" / "r0003.route").write_bytes(b"torn")
    (tmp_path / "routes" / "mine" / "current").write_text("r0003\n")
    said = asked(routed, compared.test[:3])
    assert (said["route"], said["revision"]) == ("rag", "r0002")
    assert "andon routes reset mine" in said["trouble"]
    assert routed.get(PATH).status_code == 503
    ready = {one["name"]: one for one in routed.get("/readyz").json()["components"]}
    assert ready["route mine"]["state"] == "degraded"


def test_only_engineers_set_a_route(routed_parts: Parts, tmp_path: Path) -> None:
    """Operators may look."""
    keys = tmp_path / "keys.json"
    tokens = {role: create_key(keys, role, name=f"a-{role}") for role in Role}
    app = create_app(replace(routed_parts, access=Access(keys)))
    with TestClient(app, base_url="http://andon.plant") as client:

        def status(role: Role, method: str) -> int:
            headers = {"Authorization": f"Bearer {tokens[role]}"}
            body = {"route": "rag"} if method == "PUT" else None
            return client.request(method, PATH, headers=headers, json=body).status_code

        assert [status(role, "PUT") for role in Role] == [403, 403, 200]
        assert [status(role, "GET") for role in Role] == [403, 200, 200]
        assert [status(role, "DELETE") for role in Role] == [403, 403, 204]
    (follow, reset) = RouteStore(tmp_path / "routes").history("mine")
    assert (follow["who"], reset["who"]) == ("a-engineer", "a-engineer")


def test_a_service_without_routes_says_so(client: TestClient) -> None:
    """And classifies by its models."""
    assert client.get("/v1/tasks/error_code/route").status_code == 404
    body = {"task": "error_code", "inputs": [{"text": "it whines"}]}
    said = client.post("/v1/classify", json=body).json()
    assert (said["route"], said["revision"], said["trouble"]) == ("finetune", "", "")
