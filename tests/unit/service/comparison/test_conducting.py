"""andon compare from files to a kept report, and what it says to what it cannot use."""

from __future__ import annotations

import csv
import fcntl
import json
import logging
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli.main import app
from service.comparison.keeping import write_report
from service.comparison.kept import folder_of
from service.comparison.nouns import Approach
from service.comparison.report_json import read_json
from tests.unit.service.comparison.report_example import example


def number_rows(count: int = 120) -> list[dict[str, str]]:
    """Two numbers that tell three labels apart."""
    chance = random.Random(0)
    middle = {"good": 0.0, "warped": 4.0, "short": -4.0}
    return [
        {
            "heat": f"{chance.gauss(middle[label], 1.0):.4f}",
            "force": f"{chance.gauss(at % 3, 0.5):.4f}",
            "label": label,
            "group": f"g{at // 4}",
        }
        for at, label in ((at, ("good", "warped", "short")[at % 3]) for at in range(count))
    ]


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """As CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Rows that can be compared on."""
    return write(tmp_path / "rows.csv", number_rows())


def compare(home: Path, *more: str | Path) -> Result:
    """`andon compare parts ...` in this process."""
    arguments = ["compare", "parts", "--home", home, "--up-to", "majority", *more]
    return CliRunner().invoke(app, list(map(str, arguments)))


def refused(home: Path, *more: str | Path) -> str:
    """What it says, having compared and left nothing."""
    result = compare(home, *more)
    assert result.exit_code == 1, result.output
    assert result.exception is not None
    left = [path for path in home.rglob("*") if path.is_file()]
    assert left == []
    return str(result.exception)


def papers(place: Path) -> Path:
    """A code list, and a document that nobody can read."""
    folder = place / "papers"
    folder.mkdir()
    said = "id: LIST\ntitle: Codes\nkind: code_list\nrevision: A\nlanguage: en\n"
    table = "| code | meaning |\n|---|---|\n| E10 | door open |\n"
    (folder / "list.md").write_text(f"---\n{said}---\n# Codes\n\n{table}")
    (folder / "torn.md").write_text("---\nid: TORN\n")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One comparison: where it lies, and what it printed."""
    place = tmp_path_factory.mktemp("kept")
    data = write(place / "rows.csv", number_rows(90))
    more = ("--report", place / "copy", "--json", "--id", "parts-1", "--target", "0.7")
    result = compare(place / "home", "--data", data, "--documents", papers(place), *more)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return place, told


def test_a_comparison_is_kept_whole(kept: tuple[Path, dict[str, Any]]) -> None:
    """Page, JSON, what was learnt and the model below the home; a copy of the report elsewhere."""
    place, told = kept
    folder = folder_of(place / "home", "parts-1")
    assert {"report.json", "report.html", "known.jsonl", "models"} == {
        path.name for path in folder.iterdir()
    }
    assert json.loads((folder / "report.json").read_text()) == told
    assert read_json(folder).id == "parts-1"
    assert (place / "copy" / "report.html").read_text() == (folder / "report.html").read_text()
    assert len(list((folder / "models" / "parts").glob("v*"))) == 1


def test_a_document_that_cannot_be_read_is_named(kept: tuple[Path, dict[str, Any]]) -> None:
    """The tables of the others are used, and the report says what was left out."""
    assert [note for note in kept[1]["notes"] if "Left out: " in note and "torn.md" in note]


def test_the_keys_of_the_contract_are_there(kept: tuple[Path, dict[str, Any]]) -> None:
    """With figures of the kinds that a program expects."""
    _, told = kept
    assert {"task", "split", "arms", "decision"} <= set(told)
    assert (told["target"], told["target_from"], told["rows"]) == (0.7, "asked", 90)
    assert {arm["approach"] for arm in told["arms"] if arm["chosen"]} == set(Approach)
    assert {arm["n"] for arm in told["arms"]} == {told["test_rows"]}
    for arm in told["arms"]:
        low, high = arm["ci95"]
        assert 0 <= low <= high <= 1
        assert {"name", "labels", "macro_f1", "p50_ms", "cost_per_1000", "setup_s"} <= set(arm)
        assert {"consistency", "new_class_s"} <= set(arm)
        assert arm["consistency"] is None or 0 <= arm["consistency"] <= 1
    assert told["decision"]["approach"] == "rag"
    assert told["decision"]["reasons"]
    assert isinstance(told["decision"]["would_change"], list)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (number_rows(2), "2 rows"),
        ([{**row, "label": "good"} for row in number_rows()], "label"),
        ([{"heat": row["heat"]} for row in number_rows()], "no column label"),
        ([{**number_rows()[0], "heat": "hot"}, *number_rows()], "no number in column heat"),
    ],
    ids=["two rows", "one class", "no label", "no numbers"],
)
def test_rows_that_cannot_be_compared_on_are_refused(
    tmp_path: Path, rows: Sequence[Mapping[str, str]], words: str
) -> None:
    """With what is wrong with them; nothing is left behind."""
    assert words in refused(tmp_path / "home", "--data", write(tmp_path / "bad.csv", rows))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--data", "gone.csv"], "There is no file gone.csv"),
        (["--target", "0"], "between 0 and 1"),
        (["--target", "1.2"], "between 0 and 1"),
        (["--target", "nan"], "between 0 and 1"),
        (["--codes", "gone.csv"], "gone.csv"),
        (["--up-to", "magic"], "no rung magic"),
        (["--task-file", "gone.toml"], "gone.toml"),
        (["--id", "../../etc"], "no id"),
        (["--labour-hour", "inf"], "finite"),
    ],
    ids=["file", "zero", "above one", "nan", "codes", "rung", "task", "id", "price"],
)
def test_what_cannot_be_asked_for_is_refused(
    tmp_path: Path, data: Path, more: Sequence[str], words: str
) -> None:
    """By its name, before anything is measured."""
    assert words in refused(tmp_path / "home", "--data", data, *more)


def test_a_folder_that_cannot_be_written_to_is_found_before_the_work(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after minutes of it."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("service.comparison.conducting.read_material", None)
    assert "cannot be written" in refused(
        tmp_path / "home", "--data", data, "--report", tmp_path / "file" / "report"
    )


@pytest.mark.parametrize("task", ["my task", "../up", "", "-"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, task: str) -> None:
    """It would become a folder."""
    result = CliRunner().invoke(app, ["compare", "--home", str(tmp_path), "--", task])
    assert "is no name of a task" in str(result.exception)


def test_options_of_a_task_are_refused_with_questions(tmp_path: Path) -> None:
    """Each by its name, rather than without effect."""
    more = ["--home", str(tmp_path), "--apply", "--up-to", "tfidf", "--task-file", "task.toml"]
    result = CliRunner().invoke(app, ["compare", "questions", *more])
    assert "--apply, --task-file, --up-to" in str(result.exception)


def test_a_comparison_is_never_written_over(tmp_path: Path, data: Path) -> None:
    """An id names one comparison."""
    folder = folder_of(tmp_path / "home", "parts-1")
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    result = compare(tmp_path / "home", "--data", data, "--id", "parts-1")
    assert "a comparison parts-1 already" in str(result.exception)
    assert (folder / "report.json").read_text() == "{}"


def test_a_comparison_that_is_stopped_leaves_no_model(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while it runs."""

    def stopped(*_: object, **__: object) -> None:
        (folder_of(tmp_path / "home", "parts-1") / "models").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("service.comparison.conducting.compared", stopped)
    compare(tmp_path / "home", "--data", data, "--id", "parts-1")
    assert not folder_of(tmp_path / "home", "parts-1").exists()


def test_what_a_killed_comparison_left_is_removed_by_the_next(tmp_path: Path, data: Path) -> None:
    """Its mark is there and its lock is gone; one that runs still holds its lock."""
    killed, running = (folder_of(tmp_path / "home", name) for name in ("killed", "running"))
    for folder in (killed, running):
        (folder / "models").mkdir(parents=True)
        (folder / ".running").touch()
    (killed / "report.json.of.the.service").touch()
    with (running / ".running").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        compare(tmp_path / "home", "--data", data, "--up-to", "magic")
        assert (running / "models").is_dir()
    assert [path.name for path in killed.iterdir()] == ["report.json.of.the.service"]


def test_a_page_that_cannot_be_drawn_costs_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The JSON is there and says so."""
    monkeypatch.setattr("service.comparison.keeping.write_html", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        write_report(example(), tmp_path)
    assert "could not be drawn" in read_json(tmp_path).notes[-1]
