"""andon prompts, as a person or a program calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.errors import AndonFault, DataFault, SettingsFault
from prompting.library import SHIPPED
from service.cli.main import app

GOOD = (SHIPPED / "issue-summary.en.md").read_text(encoding="utf-8")


def run(*arguments: str, given: str | None = None) -> Result:
    """A command that ends as it should, with whatever exit code."""
    result = CliRunner().invoke(app, ["prompts", *arguments], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plant's own prompt folder; the working folder has no plant description."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("ANDON_PROMPTS_FOLDER", str(folder))
    return folder


def test_files_with_faults_are_listed_and_named(own: Path) -> None:
    """By file and line, exit code 1; the shipped prompt stands in."""
    (own / "mine.md").write_text(GOOD.replace("{{ scope }}", "{{ scoop }}"), encoding="utf-8")
    result = run("list", "--json")
    *entries, broken = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {(e["id"], e["language"], e["shipped"]) for e in entries} >= {
        ("issue-summary", "en", True)
    }
    assert broken["path"] == str(own / "mine.md")
    assert broken["faults"][0].endswith("there is no value scoop; did you mean scope?.")
    shown = run("list")
    assert shown.exit_code == 1
    assert f"Not taken over: {own / 'mine.md'}:" in shown.stderr


def test_the_plants_own_prompt_is_listed_with_its_file(own: Path) -> None:
    """And shown as it stands."""
    (own / "mine.md").write_text(GOOD.replace("short, sober", "very short"), encoding="utf-8")
    result = run("list", "--json")
    assert result.exit_code == 0
    mine = [entry for entry in json.loads(result.stdout) if not entry["shipped"]]
    assert [(entry["id"], entry["path"]) for entry in mine] == [
        ("issue-summary", str(own / "mine.md"))
    ]
    assert "very short" in run("show", "issue-summary").stdout


def test_a_prompt_is_shown_as_a_model_is_given_it() -> None:
    """Filled with sample values, its size beside."""
    result = run("show", "shift-handover", "--language", "de", "--filled")
    assert "{{" not in result.stdout
    assert "von 2026-11-22 06:00 bis 2026-11-22 14:00" in result.stdout
    assert "tokens with these values" in result.stderr


def test_a_note_goes_through_each_text_task(own: Path) -> None:
    """By words, by file and by standard input."""
    note = own / "note.txt"
    note.write_text("2 Schläuche getauscht", encoding="utf-8")
    found = json.loads(run("run", "field-extraction", "--file", str(note), "--json").stdout)
    assert (found["part"]["text"], found["quantity"]["number"]) == ("Schläuche", 2)
    assert found["machine"] is None
    shown = run("run", "note-rewriting", "--file", "-", given="pump is inop, chk vlv").stdout
    assert "Pump is not working, check valve." in shown
    assert "deterministic, note-rewriting@" in shown
    classified = run("run", "classify-zero-shot", "--text", "pump", "--label", "leak=oil runs out")
    assert classified.exit_code == 1
    assert "No model is set" in classified.stdout


def test_a_machine_is_one_of_the_plant(own: Path) -> None:
    """Of the description that is named."""
    plant = own / "floor.toml"
    plant.write_text(
        '[plant]\nname = "P"\n[[machines]]\nid = "press-3"\nline = "l"\nkind = "hydraulic-press"\n'
    )
    text = ("--text", "Press 3 läuft", "--plant", str(plant), "--json")
    assert json.loads(run("run", "field-extraction", *text).stdout)["machine"]["id"] == "press-3"


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (("issue-summary", "--text", "x"), SettingsFault, "andon summarize MACHINE --prompt"),
        (("document-answer", "--text", "x"), SettingsFault, "andon ask"),
        (("note-rewriting",), SettingsFault, "--text WORDS or --file FILE"),
        (("note-rewriting", "--text", "x", "--file", "y"), SettingsFault, "one of them"),
        (("note-rewriting", "--text", " "), DataFault, "empty"),
        (("classify-few-shot", "--text", "x"), SettingsFault, "--label NAME"),
        (
            ("classify-few-shot", "--text", "x", "--label", "a", "--examples", "no.csv"),
            SettingsFault,
            "no.csv",
        ),
        (("field-extraction", "--text", "x", "--plant", "no.toml"), SettingsFault, "no.toml"),
    ],
)
def test_what_cannot_be_run_is_said(
    own: Path, arguments: tuple[str, ...], kind: type[AndonFault], words: str
) -> None:
    """With what to do instead."""
    with pytest.raises(kind, match=words):
        run("run", *arguments)


def test_examples_come_from_a_table(own: Path) -> None:
    """Its columns are checked before anything is asked."""
    table = own / "shots.csv"
    table.write_text("text,label\noil below,leak\nrattles,noise\n")
    arguments = ("run", "classify-few-shot", "--text", "x", "--label", "leak")
    with pytest.raises(DataFault, match="'noise', which is none of: leak"):
        run(*arguments, "--examples", str(table))
    table.write_text("words,label\noil below,leak\n")
    with pytest.raises(DataFault, match="no column text"):
        run(*arguments, "--examples", str(table))
