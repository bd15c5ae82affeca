"""What the repository says about itself is so: commands, settings, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from service.settings import known_names
from tests.house.command_line import parse


def command_lines(page: Path) -> list[str]:
    """Lines of the page's shell blocks that a reader would type."""
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(), re.S)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.match(r"(\.venv/bin/)?(andon|make)\s", line)]


def test_every_command_of_the_readme_exists(repository: Path) -> None:
    """A reader can type what stands there."""
    lines = command_lines(repository / "README.md")
    assert len(lines) >= 4
    targets = set(re.findall(r"^([a-z]+):.*##", (repository / "Makefile").read_text(), re.M))
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        if program == "make":
            assert {word for word in arguments if "=" not in word} <= targets, line
        else:
            parse(arguments)


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_every_link_of_a_page_leads_somewhere(repository: Path, page: str) -> None:
    """Relative links point at files that are there."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (repository / page).read_text())
    gone = [link for link in links if "://" not in link and not (repository / link).exists()]
    assert gone == []


def test_the_example_environment_names_every_setting(repository: Path) -> None:
    """A setting that is not in .env.example is not documented."""
    lines = (repository / ".env.example").read_text().splitlines()
    named = {match[1] for line in lines if (match := re.match(r"#? ?(ANDON_[A-Z0-9_]+)=", line))}
    assert named == set(known_names())


def test_decision_records_say_what_checks_them(repository: Path) -> None:
    """Under a page each, numbered without a gap, and checked by something."""
    records = sorted((repository / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text()
        assert len(text.splitlines()) < 60, record.name
        for heading in ("Context.", "Decision.", "Consequences.", "Alternatives.", "Checked by"):
            assert f"**{heading}" in text, f"{record.name}: {heading}"
