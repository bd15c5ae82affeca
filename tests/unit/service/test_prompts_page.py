"""docs/prompts.md tells what the code takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from prompting.front_matter import Front
from prompting.library import PromptLibrary, read_prompt
from prompting.prompt_kinds import KINDS
from prompting.templates import FILTERS
from tests.house.command_line import parse


@pytest.fixture
def page(repository: Path) -> str:
    """The page."""
    return (repository / "docs" / "prompts.md").read_text(encoding="utf-8")


def rows(page: str) -> dict[str, str]:
    """First and last cell of every row of a table."""
    found = re.findall(r"^\| (.+?) \|.*?([^|]+) \|$", page, re.M)
    return {first: last.strip() for first, last in found}


def test_every_command_of_the_page_exists(page: str) -> None:
    """A reader can type what stands there."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) >= 7
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        assert program == "andon"
        parse(arguments)


def test_every_field_of_the_front_matter_is_told(page: str) -> None:
    """And no other."""
    names = {field.alias or name for name, field in Front.model_fields.items()}
    table = page.split("### Front matter")[1].split("### Template", maxsplit=1)[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.M)) == names


def test_every_value_of_every_schema_is_told(page: str) -> None:
    """With the fields of the lists, and every filter."""
    told = rows(page.split("### Template")[1])
    for name, kind in KINDS.items():
        assert set(re.findall(r"`([a-z_]+)`", told[f"`{name}`"])) == set(kind.offered)
        fields = {field for fields in kind.offered.values() for field in fields or ()}
        assert all(f"`{field}`" in page for field in fields)
    assert all(f"`{name}`" in page for name in FILTERS)


def test_every_shipped_prompt_is_told(page: str) -> None:
    """By its id."""
    assert all(f"`{prompt.front.id}`" in page for prompt in PromptLibrary().list())


def test_the_prompt_of_the_page_is_one(page: str, tmp_path: Path) -> None:
    """It can be copied as it stands."""
    (block,) = re.findall(r"```markdown\n(.*?)```", page, re.S)
    (tmp_path / "night.md").write_text(block, encoding="utf-8")
    assert read_prompt(tmp_path / "night.md").front.id == "night-summary"
