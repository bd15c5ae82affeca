"""A comparison followed from what it left: which way, which arms, which model, or why not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.models import ModelStore
from finetune.promotion import GateRefused
from ingest.errors import DataFault, NotKnown, SettingsFault
from service.comparison.applying import Applied, Wish, applied, followed, newest
from service.comparison.kept import folder_of
from service.comparison.known_file import KNOWN, write_known
from service.comparison.nouns import Approach, Decision, Item, Known, Report, Route
from service.comparison.report_json import write_json
from service.faults import Conflict
from service.task_routes import RouteStore
from tests.small_models import NAMES, TASK, add_version, judged
from tests.unit.service.comparison.report_example import arm, example

IDENTITY = "mine-20261123-080000-0000"
BOTH = "rag/nearest + finetune/logistic regression"
LEARNT = Known(TASK, tuple(Item(numbers={"x": at}, label=NAMES[at % 3]) for at in range(6)))
MODEL = "logistic regression"


def report_of(route: Route = Route.CASCADE, named: str = BOTH) -> Report:
    """Three arms, each of which stands for its approach, and a cascade of the last two."""
    plain = example()
    (cascade,) = plain.cascades
    arms = (
        arm(Approach.PROMPT, "key words", 0.4, chosen=True, labels=0, labels_per_class=0),
        arm(Approach.RAG, "nearest", 0.5, labels=24, labels_per_class=8),
        arm(Approach.RAG, "nearest", 0.7, chosen=True),
        arm(Approach.FINETUNE, "majority", 0.2),
        arm(Approach.FINETUNE, MODEL, 0.85, chosen=True),
    )
    return replace(
        plain,
        id=IDENTITY,
        task="mine",
        arms=arms,
        cascades=(replace(cascade, first="rag/nearest", then=f"finetune/{MODEL}"),),
        decision=Decision(route, named, (), ()),
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a comparison that recommends a cascade, and its model."""
    return left(tmp_path, report_of())


@pytest.fixture
def store(home: Path) -> ModelStore:
    """The models of that home: none yet."""
    return ModelStore(home / "models")


def left(home: Path, report: Report, *, model: bool = True, known: Known = LEARNT) -> Path:
    """What a comparison leaves in a home."""
    folder = folder_of(home, report.id)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder)
    write_known(folder, known)
    if model:
        add_version(ModelStore(folder / "models"), training="compared")
    return home


def routes(home: Path) -> RouteStore:
    """Those of a home."""
    return RouteStore(home / "routes")


def way(done: Applied) -> tuple[Route, str]:
    """What is followed."""
    return done.route.route, done.route.names


def test_the_recommendation_is_followed_with_its_model(home: Path, store: ModelStore) -> None:
    """The version that was measured is in use, the route holds what its arms need."""
    done = applied(home, IDENTITY, Wish(who="Ada", reason="as measured"), store=store)
    assert way(done) == (Route.CASCADE, BOTH)
    assert routes(home).current("mine") == done.route
    assert (done.route.known, done.route.version) == (LEARNT, "v0001")
    assert (done.route.who, done.route.reason) == ("Ada", "as measured")
    assert done.route.measured.comparison == IDENTITY
    assert done.route.measured.share_first == 0.64
    assert store.current("mine") == "v0001"
    assert done.words == (
        "mine is answered by cascade (rag/nearest, then finetune/logistic regression) from now "
        "on, as r0001 of its route. Version v0001 of its model is in use."
    )


@pytest.mark.parametrize(
    ("route", "named", "per_class"),
    [
        (Route.PROMPT, "prompt/key words", 0),
        (Route.RAG, "rag/nearest", None),
        (Route.FINETUNE, f"finetune/{MODEL}", None),
    ],
)
def test_another_way_that_was_measured_can_be_followed(
    home: Path, store: ModelStore, route: Route, named: str, per_class: int | None
) -> None:
    """By the arm that stands for it, with as many examples as that had; a prompt needs no model."""
    done = applied(home, IDENTITY, Wish(route), store=store)
    assert way(done) == (route, named)
    assert done.route.members[0].per_class == per_class
    assert bool(store.versions("mine")) is (route is Route.FINETUNE)
    assert (done.route.known is None) is (route is Route.FINETUNE)


def test_the_same_comparison_twice_brings_its_model_once(home: Path, store: ModelStore) -> None:
    """The second time it is in use already: the gate is not asked to compare it with itself."""
    applied(home, IDENTITY, store=store)
    done = applied(home, IDENTITY, Wish(Route.FINETUNE), store=store)
    assert (store.versions("mine"), done.route.version) == (("v0001",), "v0001")
    assert [one["action"] for one in store.promotions("mine")] == ["promote"]


def test_where_nothing_is_recommended_nothing_is_followed(tmp_path: Path) -> None:
    """Unless somebody says which way all the same."""
    home = left(tmp_path, report_of(Route.NONE, ""))
    store = ModelStore(home / "models")
    with pytest.raises(Conflict, match="andon routes set mine rag --comparison"):
        applied(home, IDENTITY, store=store)
    assert routes(home).current("mine") is None
    assert way(applied(home, IDENTITY, Wish(Route.RAG), store=store))[0] is Route.RAG
    assert way(applied(home, IDENTITY, Wish(Route.CASCADE), store=store)) == (Route.CASCADE, BOTH)


def test_a_model_that_the_gate_keeps_out_leaves_the_route_as_it_was(
    home: Path, store: ModelStore
) -> None:
    """With force and a reason it comes into use, and the history says who wanted it."""
    folder = folder_of(home, IDENTITY)
    store.promote("mine", add_version(store))
    worse = ModelStore(folder / "models")
    add_version(worse, said=judged(wrong=range(0, 30, 3)), training="worse")
    applied(home, IDENTITY, Wish(Route.RAG), store=store)
    with pytest.raises(GateRefused):
        applied(home, IDENTITY, store=store)
    assert (store.current("mine"), routes(home).followed("mine")) == ("v0001", "r0001")
    done = applied(home, IDENTITY, Wish(force=True, who="Ada", reason="for a test"), store=store)
    assert (done.route.version, store.current("mine")) == ("v0002", "v0002")
    last = store.promotions("mine")[-1]
    assert (last["action"], last["who"], last["reason"]) == ("force", "Ada", "for a test")


def test_a_comparison_that_left_no_model_can_be_followed_without_it(tmp_path: Path) -> None:
    """Its training failed, or was left out."""
    home = left(tmp_path, report_of(), model=False)
    store = ModelStore(home / "models")
    with pytest.raises(NotKnown, match="left no model"):
        applied(home, IDENTITY, store=store)
    assert routes(home).current("mine") is None
    assert way(applied(home, IDENTITY, Wish(Route.RAG), store=store))[0] is Route.RAG


def test_a_way_that_was_not_measured_is_not_known(tmp_path: Path) -> None:
    """No arm stands for it, or no two were measured together."""
    report = report_of(Route.RAG, "rag/nearest")
    alone = replace(report, arms=report.arms[:3], cascades=())
    home = left(tmp_path, alone, model=False)
    store = ModelStore(home / "models")
    for route in (Route.FINETUNE, Route.CASCADE):
        with pytest.raises(NotKnown):
            applied(home, IDENTITY, Wish(route), store=store)


def test_a_report_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    """A cascade of arms that it says nothing of, examples of another task."""
    report = report_of()
    (cascade,) = report.cascades
    odd = replace(report, cascades=(replace(cascade, first="rag/another"),))
    store = ModelStore(tmp_path / "models")
    with pytest.raises(DataFault, match="says nothing of rag/another"):
        applied(left(tmp_path, odd), IDENTITY, store=store)
    other = replace(LEARNT, task=replace(TASK, name="other"))
    with pytest.raises(DataFault, match="of another task"):
        applied(left(tmp_path, report, known=other), IDENTITY, store=store)
    assert store.versions("mine") == ()


def test_torn_examples_are_refused_before_anything_is_changed(
    home: Path, store: ModelStore
) -> None:
    """No model comes into use for a route that cannot be set."""
    path = folder_of(home, IDENTITY) / KNOWN
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(SettingsFault, match="was changed"):
        applied(home, IDENTITY, store=store)
    assert store.versions("mine") == ()


def test_a_folder_is_no_comparison_by_its_name_alone(home: Path, store: ModelStore) -> None:
    """Nor is a path that leads elsewhere."""
    (home / "comparisons" / "empty").mkdir()
    for name in ("empty", "../models", "..", "", "another"):
        with pytest.raises(NotKnown, match="no comparison"):
            applied(home, name, store=store)


def test_without_an_id_the_newest_of_the_task_is_meant(home: Path, store: ModelStore) -> None:
    """Whatever else lies there: other tasks, broken reports, runs that are not done."""
    later = replace(report_of(Route.RAG, "rag/nearest"), id="mine-later")
    left(home, later, model=False)
    left(home, replace(later, id="other-1", task="other"), model=False)
    broken = home / "comparisons" / "broken" / "report.json"
    broken.parent.mkdir()
    broken.write_text("{")
    for at, name in enumerate((IDENTITY, "mine-later", "other-1", "broken")):
        os.utime(home / "comparisons" / name / "report.json", (at, at))
    assert newest(home, "mine") == "mine-later"
    done = followed(home, Wish(task="mine"), comparison=None, store=store)
    assert done.route.measured.comparison == "mine-later"
    with pytest.raises(NotKnown, match="andon compare third"):
        newest(home, "third")


def test_the_comparison_must_be_of_the_task_that_is_meant(home: Path, store: ModelStore) -> None:
    """A slip of the pen must not change another task."""
    with pytest.raises(DataFault, match="of task mine, not of other"):
        followed(home, Wish(task="other"), comparison=IDENTITY, store=store)
    assert routes(home).tasks() == ()


def test_by_finetune_without_a_comparison_the_model_in_use_is_meant(
    home: Path, store: ModelStore
) -> None:
    """The comparison's own model stays where it is."""
    wish = Wish(Route.FINETUNE, task="mine")
    with pytest.raises(NotKnown, match="andon train mine"):
        followed(home, wish, comparison=None, store=store)
    store.promote("mine", add_version(store, turned=1))
    done = followed(home, wish, comparison=None, store=store)
    assert way(done) == (Route.FINETUNE, f"finetune/{MODEL}")
    assert (store.versions("mine"), done.route.measured.comparison) == (("v0001",), "")
