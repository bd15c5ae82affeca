"""andon train, evaluate and models on the command line."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from finetune.alone import alone
from finetune.encoder import Encoder
from ingest.errors import AndonFault, DataFault, NotKnown, SettingsFault
from service.cli.main import app
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(*words: object, home: Path) -> Result:
    """Of numbers only the cheap candidates are trained: the ladder has its own tests."""
    if words[0] == "train" and words[1] in {"parts", "others"} and "--up-to" not in words:
        words = (*words, "--up-to", "logistic regression")
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
    """Which candidate was chosen and what the test said; a line a step, which a log can keep."""
    data = write_csv(number_rows())
    result = run("train", "parts", "--data", data, home=home)
    assert result.exit_code == 0
    assert "logistic regression, fold 1 of 5" in result.stderr
    assert "\x1b" not in result.stderr
    assert "\r" not in result.stderr
    assert "logistic regression *" in result.stdout
    assert "parts v0001, by column group" in result.stdout
    assert "Why logistic regression:" in result.stdout
    assert "macro-F1 ahead of majority, and is ahead in 100% of resamples" in result.stdout
    assert "v0001 is in use." in result.stdout
    assert "parts  v0001" in run("models", "list", home=home).stdout
    told = run("evaluate", "parts", "--data", data, home=home).stdout
    assert "120 of these rows were in its training" in " ".join(told.split())


def weights(home: Path, version: str) -> dict[str, str]:
    """SHA-256 of every file with numbers in it."""
    folder = home / "models" / "parts" / version
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.suffix in {".safetensors", ".skops"}
    }


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_the_same_training_twice_is_the_same_to_the_bit(
    write_csv: WriteCsv,
    home: Path,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """Figures, reasons, hashes and every weight; only the clock and the version differ."""
    monkeypatch.setenv("ANDON_ENCODER", str(encoder.folder.path))
    data = write_csv(text_rows(60) if kind == "texts" else number_rows())
    words = ("train", "parts", "--data", data, "--accuracy", "0.8", "--json")
    last = "average" if kind == "texts" else "logistic regression"
    first, again = (read(run(*words, "--up-to", last, home=home)) for _ in range(2))
    for report in (first, again):
        report.pop("version")
        report.pop("gate")
        for candidate in report["candidates"]:  # type: ignore[attr-defined]
            candidate.pop("seconds")
    assert first == again
    assert first["asked_accuracy"] == 0.8
    assert weights(home, "v0001") == weights(home, "v0002") != {}


def test_two_trainings_of_one_task_do_not_meet(write_csv: WriteCsv, home: Path) -> None:
    """The second one says which process is at it; another task is free."""
    data = write_csv(number_rows())
    with alone(home / "models" / "parts"):
        result = run("train", "parts", "--data", data, home=home)
        assert isinstance(result.exception, SettingsFault)
        assert f"trained already by process {os.getpid()}" in str(result.exception)
        assert read(run("train", "others", "--data", data, "--json", home=home))["gate"]


def test_a_full_disk_is_named_and_the_training_can_go_on(
    write_csv: WriteCsv, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is not lost."""
    words = ("train", "parts", "--data", write_csv(number_rows()), "--json")
    left = [7]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        result = run(*words, home=home)
    assert isinstance(result.exception, SettingsFault)
    assert "No space left on device" in str(result.exception)
    assert "Make room" in str(result.exception)
    assert read(run(*words, home=home))["resumed"] == 6


def test_progress_for_programs_is_json_on_standard_error(write_csv: WriteCsv, home: Path) -> None:
    """What, the share of the whole, and the seconds that remain; nothing is promoted on request."""
    words = ("--data", write_csv(number_rows()), "--json", "--progress-lines", "--no-promote")
    result = run("train", "parts", *words, home=home)
    said = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert set(said[0]) == {"what", "share", "remaining_s"}
    assert said[0]["share"] == 0.0
    assert said[-1]["what"] == "storing"
    assert said[-1]["share"] == 1.0
    assert said[-1]["remaining_s"] == 0.0
    assert "logistic regression, fold 2 of 5" in {line["what"] for line in said}
    assert read(result)["version"] == "v0001"
    assert isinstance(run("models", "rollback", "parts", home=home).exception, NotKnown)


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
    assert "that task parts does not have: rows 2, 5" in str(result.exception)


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
