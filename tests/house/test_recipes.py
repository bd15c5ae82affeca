"""The recipes hold what they say: commands that parse, data that can be trained on, papers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finetune.dataset import inspect_data
from finetune.task import load_task
from prompting.library import PromptLibrary
from rag.evaluation.questions import read_questions
from service.cli.main import app
from service.comparison.codes import read_codes
from tests.house.command_line import parse
from tests.house.test_words import command_lines

RECIPES = ("factory", "customer-support", "business-writing")
TASKS = {
    "factory/alarms": "factory/alarm_codes.csv",
    "factory/notes": "",
    "customer-support/cases": "",
    "customer-support/returns": "customer-support/return_codes.csv",
    "customer-support/tone": "",
    "business-writing/style": "",
}
"""Labelled rows with the code table beside them."""
QUICK = ("check", "prompts")
"""Commands that load no model, and are run here."""


@pytest.fixture
def folder(repository: Path) -> Path:
    """Where the recipes lie."""
    return repository / "docs" / "recipes"


def lines(repository: Path) -> list[list[str]]:
    """The commands of the page, as a shell hands them over."""
    page = repository / "docs" / "recipes.md"
    return [shlex.split(line, comments=True)[1:] for line in command_lines(page)]


def test_every_command_exists_and_names_files_that_are_there(repository: Path) -> None:
    """A reader in the folder of the repository can type what stands there."""
    found = lines(repository)
    assert sum(arguments[0] == "compare" for arguments in found) >= 9
    for arguments in found:
        parse(arguments)
        named = [word for word in arguments if word.startswith("docs/recipes/")]
        assert [name for name in named if not (repository / name).exists()] == []


def test_the_quick_commands_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that need no model, to their end; the others are run when the page is changed."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("ANDON_HOME", str(tmp_path))
    quick = [arguments for arguments in lines(repository) if arguments[0] in QUICK]
    assert {arguments[0] for arguments in quick} == set(QUICK)
    for arguments in quick:
        done = CliRunner().invoke(app, arguments, env={"ANDON_PROMPTS_FOLDER": own(arguments)})
        assert done.exit_code == 0, (arguments, done.output)


def own(arguments: list[str]) -> str:
    """The folder of prompts that the page exports before a command on them."""
    recipe = "customer-support" if "support-reply" in arguments else "business-writing"
    return f"docs/recipes/{recipe}/prompts"


@pytest.mark.parametrize("name", TASKS)
def test_the_data_of_a_recipe_can_be_trained_on(folder: Path, name: str) -> None:
    """Without a fault, with every label of the task file, and with the code table it needs."""
    task = load_task(folder / f"{name}.toml")
    inspect_data(task, folder / f"{name}.csv").refuse()
    rows = (folder / f"{name}.csv").read_text(encoding="utf-8")
    assert all(f",{label}" in rows for label in task.label_names)
    if TASKS[name]:
        codes = read_codes(folder / TASKS[name], home=folder, labels=task.label_names)
        known = {row.code: row.label for row in codes}
        asked = re.findall(r"^.*?,(\w+),([\w-]+)$", rows, re.M)[1:]
        assert asked
        assert all(known[code] == label for label, code in asked)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_questions_of_a_recipe_are_answered_by_its_papers(folder: Path, recipe: str) -> None:
    """Each expected place is in a document that is there, word for word."""
    papers = {path.stem: path.read_text() for path in (folder / recipe).glob("*/*.md")}
    questions = read_questions(folder / recipe / "questions.jsonl")
    assert any(asked.declined for asked in questions)
    for place in (place for asked in questions for place in asked.expected):
        assert place.quote in papers[place.document]


@pytest.mark.parametrize("recipe", ["customer-support", "business-writing"])
def test_the_prompts_of_a_recipe_have_no_fault(folder: Path, recipe: str) -> None:
    """They are filled on trial, as the library does."""
    library = PromptLibrary(folder / recipe / "prompts")
    assert library.faults() == ()
