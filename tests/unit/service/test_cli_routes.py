"""andon routes on the command line: set from a comparison, listed, set back; and the doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from finetune.models import ModelStore
from ingest.errors import AndonFault, NotKnown, SettingsFault
from service.cli.main import app
from service.comparison.nouns import Route
from service.doctor import examine
from service.faults import Conflict
from service.task_routes import RouteStore
from tests.unit.service.comparison.test_applying import BOTH, IDENTITY, left, report_of


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a comparison that recommends a cascade, and its model."""
    return left(tmp_path, report_of())


def run(*words: object, home: Path) -> Result:
    return CliRunner().invoke(app, ["routes", *map(str, words), "--home", str(home)])


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def fault(result: Result) -> AndonFault:
    assert isinstance(result.exception, AndonFault), result.output
    return result.exception


def test_a_comparison_is_followed_listed_and_set_back(home: Path) -> None:
    """In words and as JSON, each saying the same."""
    assert "No task follows a route" in said(run("list", home=home))
    assert said(run("set", "mine", home=home)).startswith(
        "mine is answered by cascade (rag/nearest"
    )
    line = said(run("list", home=home))
    for word in ("mine cascade", BOTH.replace(" +", ", then"), "r0001", IDENTITY, "v0001"):
        assert word in line
    (listed,) = read(run("list", "--json", home=home))
    assert (listed["route"], listed["revision"], listed["fault"]) == ("cascade", "r0001", "")
    assert said(run("reset", "mine", home=home)) == "mine is answered by its classifier again."
    assert read(run("list", "--json", home=home)) == []
    assert isinstance(fault(run("reset", "mine", home=home)), NotKnown)


def test_another_way_is_set_for_a_reason_that_is_kept(home: Path) -> None:
    """Of the comparison that is named."""
    words = ("set", "mine", "rag", "--comparison", IDENTITY, "--reason", "no training here")
    found = read(run(*words, "--json", home=home))
    assert (found["route"], found["reason"]) == ("rag", "no training here")
    assert found["members"][0]["name"] == "nearest"
    assert read(run("reset", "mine", "--reason", "over", "--json", home=home)) == {
        "task": "mine",
        "route": None,
    }
    last = RouteStore(home / "routes").history("mine")[-1]
    assert (last["action"], last["reason"]) == ("reset", "over")


def test_what_makes_no_sense_is_refused_in_words(home: Path) -> None:
    """A way that is none, force without a reason, a task that was not compared."""
    assert "'magic' is no route" in str(fault(run("set", "mine", "magic", home=home)))
    unsaid = fault(run("set", "mine", "--force", home=home))
    assert isinstance(unsaid, SettingsFault)
    assert "andon compare third" in str(fault(run("set", "third", home=home)))
    assert RouteStore(home / "routes").tasks() == ()


def test_where_nothing_is_recommended_the_command_says_how_to_follow_all_the_same(
    tmp_path: Path,
) -> None:
    """The words hold the command."""
    home = left(tmp_path, report_of(Route.NONE, ""))
    refused = fault(run("set", "mine", home=home))
    assert isinstance(refused, Conflict)
    assert f"andon routes set mine rag --comparison {IDENTITY}" in str(refused)


def test_by_finetune_the_model_in_use_is_meant(home: Path) -> None:
    """Unless a comparison is named."""
    assert isinstance(fault(run("set", "mine", "finetune", home=home)), NotKnown)
    run("set", "mine", "finetune", "--comparison", IDENTITY, home=home)
    assert ModelStore(home / "models").current("mine") == "v0001"
    assert read(run("set", "mine", "finetune", "--json", home=home))["comparison"] == ""


def test_a_torn_route_is_listed_with_its_fault(home: Path) -> None:
    """And the doctor names it with what to do."""
    assert states(home)["routes"][0] == "off"
    run("set", "mine", "rag", home=home)
    assert states(home)["routes"] == ("ok", "mine by rag (rag/nearest, r0001)")
    (home / "routes" / "mine" / "r0001.route").write_bytes(b"torn")
    (listed,) = read(run("list", "--json", home=home))
    assert "andon routes reset mine" in listed["fault"]
    assert "cannot be followed" in said(run("list", home=home))
    assert states(home)["routes"][0] == "degraded"


def states(home: Path) -> dict[str, tuple[str, str]]:
    """What the doctor finds, by part."""
    found = examine(home / "plant.toml", home)
    return {one.name: (one.state, one.detail) for one in found}
