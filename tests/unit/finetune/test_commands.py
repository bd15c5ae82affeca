"""andon train, evaluate and models on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.errors import AndonFault, DataFault, NotKnown, SettingsFault
from service.cli.main import app
from tests.unit.finetune.conftest import WriteCsv, number_rows


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(*words: object, home: Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words), "--home", str(home)])


def read(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_train_evaluate_promote_and_roll_back(write_csv: WriteCsv, home: Path) -> None:
    """The whole life of a model, in JSON."""
    data = write_csv(number_rows())
    first = read(run("train", "parts", "--data", data, "--seed", "3", "--json", home=home))
    assert (first["task"], first["version"], first["seed"]) == ("parts", "v0001", 3)
    read(run("train", "parts", "--data", data, "--json", home=home))
    judged = read(run("evaluate", "parts", "--data", data, "--json", home=home))
    assert judged["version"] == "v0002"
    assert set(judged) >= {"task", "version", "split", "chosen", "candidates", "test"}
    back = read(run("models", "rollback", "parts", "--json", home=home))
    assert back == {"task": "parts", "version": "v0001"}
    read(run("models", "promote", "parts", "v0002", "--json", home=home))
    listed = json.loads(run("models", "list", "--json", home=home).stdout)
    assert [(one["version"], one["current"]) for one in listed] == [
        ("v0001", False),
        ("v0002", True),
    ]


def test_a_person_reads_a_table(write_csv: WriteCsv, home: Path) -> None:
    """Which candidate was chosen and what the test said."""
    result = run("train", "parts", "--data", write_csv(number_rows()), home=home)
    assert result.exit_code == 0
    assert "logistic regression *" in result.stdout
    assert "parts v0001, by column group" in result.stdout
    assert "parts  v0001" in run("models", "list", home=home).stdout


def test_no_promotion_on_request(write_csv: WriteCsv, home: Path) -> None:
    """The model is there but not in use."""
    run("train", "parts", "--data", write_csv(number_rows()), "--no-promote", home=home)
    result = run("models", "rollback", "parts", home=home)
    assert isinstance(result.exception, NotKnown)


def test_what_is_there_is_not_trained_again_on_request(write_csv: WriteCsv, home: Path) -> None:
    """As a container does at each start."""
    words = ("train", "parts", "--data", write_csv(number_rows()), "--if-missing", "--json")
    assert read(run(*words, home=home))["version"] == "v0001"
    assert read(run(*words, home=home)) == {"task": "parts", "version": "v0001"}
    assert len(json.loads(run("models", "list", "--json", home=home).stdout)) == 1


def test_a_task_file_declares_labels(write_csv: WriteCsv, tmp_path: Path, home: Path) -> None:
    """Then a label that it does not declare is refused."""
    task_file = tmp_path / "parts.toml"
    task_file.write_text(
        "name = 'parts'\nkind = 'tabular'\nfeatures = 'heat'\n"
        "[[labels]]\nname = 'good'\n[[labels]]\nname = 'short'\n"
    )
    data = write_csv(number_rows())
    result = run("train", "parts", "--data", data, "--task-file", task_file, home=home)
    assert isinstance(result.exception, DataFault)
    assert "warped among them: rows 2, 5" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (("train", "mine"), SettingsFault, "--data"),
        (("train", "mine", "--data", "no.csv"), SettingsFault, "no file no.csv"),
        (("train", "mine", "--task-file", "no.toml"), SettingsFault, "no.toml cannot be read"),
        (("evaluate", "error_code"), NotKnown, "andon train error_code"),
        (("evaluate", "mine"), SettingsFault, "--data"),
        (("models", "promote", "mine", "v0001"), NotKnown, "no version v0001"),
        (("models", "rollback", "mine"), NotKnown, "No version of task mine"),
        (("models", "rollback", "../x"), SettingsFault, "is no name for a task"),
    ],
)
def test_wrong_use_is_one_clear_fault(
    home: Path, words: tuple[str, ...], kind: type[AndonFault], message: str
) -> None:
    """The fault says what to do; main turns it into an exit code."""
    result = run(*words, home=home)
    assert isinstance(result.exception, kind)
    assert message in str(result.exception)


def test_an_empty_home_lists_nothing(home: Path) -> None:
    """And says how to change that."""
    assert "andon train TASK" in run("models", "list", home=home).stdout
