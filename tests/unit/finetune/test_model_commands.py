"""andon models on the command line: the gate, force, the shadow, old versions and the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from finetune.models import ModelStore
from finetune.promotion import GateRefused
from ingest.errors import AndonFault, NotKnown, SettingsFault
from service.cli.main import app
from tests.small_models import add_version, judged
from tests.unit.finetune.conftest import WriteCsv, number_rows, rewrite_json


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a version in use, a worse one and a good one."""
    store = ModelStore(tmp_path / "models")
    store.promote("mine", add_version(store))
    add_version(store, said=judged(wrong=range(0, 30, 3)))
    add_version(store)
    return tmp_path


def run(*words: object, home: Path) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, words), "--home", str(home)])


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_worse_version_is_refused_and_may_be_forced(home: Path) -> None:
    """The refusal names the label; force is written down with its reason."""
    refused = run("promote", "mine", "v0002", home=home)
    assert isinstance(refused.exception, GateRefused)
    assert "Label good: 0 of 10 rows right, 10 before" in str(refused.exception)
    unsaid = run("promote", "mine", "v0002", "--force", home=home)
    assert isinstance(unsaid.exception, SettingsFault)
    forced = run("promote", "mine", "v0002", "--force", "--reason", "old labels", home=home)
    assert forced.exit_code == 0
    assert "Forced, although: Label good" in " ".join(forced.stdout.split())
    last = ModelStore(home / "models").promotions("mine")[-1]
    assert (last["action"], last["reason"]) == ("force", "old labels")


def test_a_version_that_passes_is_told_with_its_figures(home: Path) -> None:
    """For people and for programs."""
    assert read(run("promote", "mine", "v0003", "--json", home=home))["gate"]["passed"] is True
    text = run("promote", "mine", "v0003", home=home).stdout
    assert "Against v0003 on 30 rows that neither had learnt" in text
    assert "mine is served by v0003." in text


def test_the_list_shows_what_each_version_is(home: Path) -> None:
    """In use, before, the shadow, refused, from another time."""
    run("promote", "mine", "v0003", home=home)
    run("promote", "mine", "v0002", home=home)
    assert read(run("shadow", "mine", "v0002", "--json", home=home))["shadow"] == "v0002"
    rewrite_json(
        home / "models" / "mine" / "v0001" / "manifest.json", lambda read: read.update(format=1)
    )
    listed = read(run("list", "--json", home=home))
    assert [one["gate"] for one in listed] == ["passed", "refused", "passed"]
    assert "Train it again" in listed[0]["fault"]
    lines = " ".join(run("list", home=home).stdout.split())
    assert "mine v0001 cannot be used: The model in" in lines
    assert "gate refused shadow" in lines
    assert "30 rows accuracy 1.000 macro-F1 1.000 gate passed in use" in lines


def test_the_shadow_is_named_and_taken_away(home: Path) -> None:
    """And asked for."""
    assert "mine has no shadow." in run("shadow", "mine", home=home).stdout
    assert "mine has v0003 in its shadow." in run("shadow", "mine", "v0003", home=home).stdout
    assert read(run("shadow", "mine", "--off", "--json", home=home)) == {
        "task": "mine",
        "shadow": None,
    }


def test_old_versions_are_removed_on_request(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as asked, or as set."""
    run("promote", "mine", "v0003", home=home)
    assert read(run("prune", "mine", "--json", home=home))["removed"] == []
    monkeypatch.setenv("ANDON_MODELS_KEPT", "1")
    assert "Removed of mine: v0002." in run("prune", "mine", home=home).stdout
    assert "nothing to remove" in run("prune", "mine", "--keep", "1", home=home).stdout


def test_the_card_is_printed_with_its_place(home: Path) -> None:
    """Of the version in use, or of the one that is named; not of one that was tampered with."""
    found = read(run("card", "mine", "--json", home=home))
    assert (found["version"], found["card"]) == ("v0001", "# mine v0001\n")
    assert found["path"].endswith("v0001/card.md")
    assert "# mine v0003" in run("card", "mine", "v0003", home=home).stdout
    (home / "models" / "mine" / "v0003" / "card.md").write_text("# all is well\n")
    assert isinstance(run("card", "mine", "v0003", home=home).exception, SettingsFault)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("shadow", "mine", "v0009"), NotKnown),
        (("shadow", "mine", "v0001", "--off"), SettingsFault),
        (("shadow", "other", "--off"), NotKnown),
        (("card", "other"), NotKnown),
        (("prune", "../x"), SettingsFault),
        (("promote", "mine", "v0009"), NotKnown),
    ],
)
def test_wrong_use_is_one_clear_fault(
    home: Path, words: tuple[str, ...], kind: type[AndonFault]
) -> None:
    """And changes nothing."""
    assert isinstance(run(*words, home=home).exception, kind)
    assert ModelStore(home / "models").current("mine") == "v0001"


def test_a_training_removes_old_versions_and_replaces_one_from_before(
    tmp_path: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be used counts as missing, and is gone once it is old."""
    monkeypatch.setenv("ANDON_MODELS_KEPT", "1")
    words = ["train", "parts", "--data", str(write_csv(number_rows())), "--if-missing", "--json"]
    words += ["--up-to", "logistic regression", "--home", str(tmp_path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    manifest = tmp_path / "models" / "parts" / "v0001" / "manifest.json"
    rewrite_json(manifest, lambda read: read.update(format=1))
    assert json.loads(CliRunner().invoke(app, words).stdout)["version"] == "v0002"
    listed = ModelStore(tmp_path / "models").list()
    assert [(one.version, one.current) for one in listed] == [("v0001", False), ("v0002", True)]
