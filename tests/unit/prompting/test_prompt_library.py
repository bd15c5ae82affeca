"""Prompts are files; a broken one is named by file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from prompting.library import SHIPPED, PromptLibrary, read_prompt

GOOD = (SHIPPED / "issue-summary.en.md").read_text(encoding="utf-8")


def test_the_shipped_prompts_are_there_in_both_languages() -> None:
    """With a hash of their file."""
    found = {(p.front.id, p.front.language) for p in PromptLibrary().list()}
    assert {("issue-summary", "en"), ("issue-summary", "de")} <= found
    assert all(
        re.fullmatch(r".+@\d+\.\d+\.\d+#[0-9a-f]{12}", p.reference) for p in PromptLibrary().list()
    )


def test_a_plant_may_bring_its_own(tmp_path: Path) -> None:
    """Same id and language: the plant's wins, and its hash is another."""
    (tmp_path / "own.md").write_text(GOOD.replace("short, sober", "very short"), encoding="utf-8")
    own = PromptLibrary(tmp_path).get("issue-summary", "en")
    assert own.path == tmp_path / "own.md"
    assert own.hash != PromptLibrary().get("issue-summary", "en").hash


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("---\nid", "id", 1),
        ("version: 1.0.0", "version: one", 3),
        ("statements: 6", "statements: many", 7),
        ("language: en", "language: en: de", 4),
        ("{{ scope }}", "{{ scope", 30),
        ("# User", "# Reader", 11),
    ],
)
def test_a_broken_prompt_is_named_by_file_and_line(
    tmp_path: Path, old: str, new: str, line: int
) -> None:
    """Front matter, headings and template are checked when it is read."""
    path = tmp_path / "broken.md"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsFault) as fault:
        read_prompt(path)
    found = re.match(rf"{re.escape(str(path))}:(\d+): ", str(fault.value))
    assert found
    assert abs(int(found[1]) - line) <= 1


def test_a_template_stays_in_its_sandbox(tmp_path: Path) -> None:
    """No way to Python's insides."""
    path = tmp_path / "evil.md"
    path.write_text(GOOD.replace("{{ scope }}", "{{ ''.__class__.__mro__ }}"), encoding="utf-8")
    with pytest.raises(SettingsFault, match="evil"):
        read_prompt(path).fill(
            {"scope": "", "start": "", "end": "", "evidence": "", "left_out": 0, "statements": 3}
        )


def test_a_template_that_names_what_it_is_not_given_is_refused(tmp_path: Path) -> None:
    """A misspelt value is no empty string."""
    path = tmp_path / "typo.md"
    path.write_text(GOOD.replace("{{ scope }}", "{{ scoop }}"), encoding="utf-8")
    with pytest.raises(SettingsFault, match="scoop"):
        read_prompt(path).fill(
            {"scope": "", "start": "", "end": "", "evidence": "", "left_out": 0, "statements": 3}
        )


def test_a_prompt_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the setting to correct."""
    with pytest.raises(SettingsFault, match="ANDON_PROMPTS_FOLDER"):
        PromptLibrary(tmp_path / "nowhere")
