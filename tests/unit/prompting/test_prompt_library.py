"""The prompts at hand follow the disk, and what was right serves on."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
from pathlib import Path

import pytest

from ingest.errors import NotKnown, SettingsFault
from prompting.library import SHIPPED, PromptLibrary

GOOD = (SHIPPED / "issue-summary.en.md").read_text(encoding="utf-8")
BROKEN = GOOD.replace("{{ scope }}", "{{ scoop }}")


def with_words(words: str) -> str:
    """The shipped issue summary with other words."""
    return GOOD.replace("# System\n", f"# System\n{words}\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A plant's own issue summary."""
    path = tmp_path / "own" / "summary.md"
    path.parent.mkdir()
    path.write_text(with_words("First."), encoding="utf-8")
    return path


@pytest.fixture
def library(file: Path) -> PromptLibrary:
    """The shipped prompts and that one."""
    return PromptLibrary(file.parent)


def begins(library: PromptLibrary) -> str:
    """The first word of the issue summary that is served."""
    return library.get("issue-summary", "en").system.split()[0]


def test_the_shipped_prompts_are_there_in_both_languages() -> None:
    """With a hash of their file, and none has a fault."""
    library = PromptLibrary()
    languages: dict[str, set[str]] = {}
    for prompt in library.list():
        languages.setdefault(prompt.front.id, set()).add(prompt.front.language)
        assert re.fullmatch(r".+@\d+\.\d+\.\d+#[0-9a-f]{12}", prompt.reference)
    assert "issue-summary" in languages
    assert set(map(frozenset, languages.values())) == {frozenset({"en", "de"})}
    assert library.faults() == ()


def test_a_plant_may_bring_its_own(library: PromptLibrary, file: Path) -> None:
    """Same id and language: the plant's wins, and its hash is another."""
    own = library.get("issue-summary", "en")
    assert own.path == file
    assert own.hash != PromptLibrary().get("issue-summary", "en").hash
    assert library.get("issue-summary", "de").path.parent == SHIPPED


def test_an_edit_changes_the_next_use(library: PromptLibrary, file: Path) -> None:
    """Also one of the same length within the same moment."""
    hashes = set()
    for word in ("First.", "Other.", "Third."):
        file.write_text(with_words(word), encoding="utf-8")
        assert begins(library) == word
        hashes.add(library.get("issue-summary", "en").hash)
    assert len(hashes) == 3


def test_a_broken_edit_is_refused_and_named_once(
    library: PromptLibrary, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good one serves on until the file is right again."""
    assert begins(library) == "First."
    file.write_text(BROKEN, encoding="utf-8")
    with caplog.at_level(logging.INFO):
        assert [begins(library) for _ in range(3)] == ["First."] * 3
        file.write_text(BROKEN, encoding="utf-8")
        assert begins(library) == "First."
    (fault,) = library.faults()
    line = 1 + BROKEN.count("\n", 0, BROKEN.index("{{ scoop"))
    assert str(fault) == f"{file}:{line}: there is no value scoop; did you mean scope?."
    assert [entry.getMessage() for entry in caplog.records] == [
        f"prompt file is not taken over: {fault}"
    ]
    file.write_text(with_words("Second."), encoding="utf-8")
    assert begins(library) == "Second."
    assert library.faults() == ()


def test_a_file_that_was_never_right_leaves_the_shipped_prompt(file: Path) -> None:
    """A start with a broken file is no failure to start."""
    file.write_text(BROKEN, encoding="utf-8")
    library = PromptLibrary(file.parent)
    assert library.get("issue-summary", "en").path.parent == SHIPPED
    assert [fault.path for fault in library.faults()] == [file]


@pytest.mark.parametrize("broken", [False, True])
def test_a_deleted_file_gives_the_shipped_prompt_back(
    library: PromptLibrary, file: Path, *, broken: bool
) -> None:
    """And its fault is gone with it."""
    assert begins(library) == "First."
    if broken:
        file.write_text(BROKEN, encoding="utf-8")
        assert library.faults()
    file.unlink()
    assert library.get("issue-summary", "en").path.parent == SHIPPED
    assert library.faults() == ()


def test_an_editor_that_renames_is_followed(library: PromptLibrary, file: Path) -> None:
    """Its backup and its hidden file are no prompts; the new file is."""
    assert begins(library) == "First."
    (file.parent / ".summary.md.swp").write_text("x")
    (file.parent / ".#summary.md").symlink_to("nobody@nowhere")
    new = file.parent / ".new"
    new.write_text(with_words("Second."), encoding="utf-8")
    file.rename(file.parent / "summary.md~")
    new.rename(file)
    assert begins(library) == "Second."
    assert library.faults() == ()


def test_a_file_half_written_or_away_for_a_moment_is_waited_for(
    library: PromptLibrary, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that is caught between two steps neither breaks nor removes the prompt."""
    assert begins(library) == "First."
    text = with_words("Second.")
    steps = [lambda: file.write_text(text[:-9]), lambda: file.write_text(text)]
    monkeypatch.setattr(time, "sleep", lambda _: steps and steps.pop(0)())
    file.unlink()
    assert begins(library) == "Second."
    assert library.faults() == ()


def test_a_file_that_never_rests_is_not_taken_over(
    library: PromptLibrary, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it does; nobody waits for ever."""
    assert begins(library) == "First."
    numbers = iter(range(1000))
    text = with_words("Second.")
    monkeypatch.setattr(time, "sleep", lambda _: file.write_text(f"{text}{next(numbers)}"))
    file.write_text(text)
    assert begins(library) == "First."
    monkeypatch.undo()
    assert begins(library) == "Second."


def test_a_folder_that_vanishes_changes_nothing_but_is_said(
    library: PromptLibrary, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A network drive that is away has deleted nothing; when it is back it counts again."""
    assert begins(library) == "First."
    away = file.parent.with_name("away")
    file.parent.rename(away)
    with caplog.at_level(logging.INFO):
        assert [begins(library) for _ in range(3)] == ["First."] * 3
    assert [str(fault).split(" cannot")[0] for fault in library.faults()] == [f"{file.parent}:1:"]
    assert len(caplog.records) == 1
    (away / file.name).write_text(with_words("Second."), encoding="utf-8")
    away.rename(file.parent)
    assert begins(library) == "Second."
    assert library.faults() == ()


def test_links_are_followed_to_what_they_lead_to(tmp_path: Path) -> None:
    """As in a mounted configuration, where a link to a folder is turned."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(with_words(f"{name}."), encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    (own / "..data").symlink_to(tmp_path / "one")
    (own / "a.md").symlink_to(Path("..data") / "a.md")
    library = PromptLibrary(own)
    assert begins(library) == "one."
    (own / "next").symlink_to(tmp_path / "two")
    (own / "next").rename(own / "..data")
    assert begins(library) == "two."
    shutil.rmtree(tmp_path / "two")
    assert begins(library) == "two."
    assert "cannot be read" in str(library.faults()[0])


def test_what_cannot_be_a_prompt_takes_no_other_along(file: Path) -> None:
    """A link to itself, a folder, a pipe, a flood of zeros, other letters: each is named."""
    folder = file.parent
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "folder.md").mkdir()
    os.mkfifo(folder / "pipe.md")
    (folder / "latin.md").write_bytes(GOOD.replace("short", "kürz").encode("latin-1"))
    (folder / "README.md").write_text("How we write prompts.")
    with (folder / "zeros.md").open("wb") as zeros:
        zeros.truncate(100_000_000)
    library = PromptLibrary(folder)
    assert begins(library) == "First."
    found = {fault.path.name for fault in library.faults()}
    assert found == {"latin.md", "loop.md", "pipe.md", "zeros.md"}


def test_two_files_of_one_id_are_said(file: Path) -> None:
    """The first by name serves; with it gone the second does."""
    second = file.with_name("summary (copy).md")
    second.write_text(with_words("Copy."), encoding="utf-8")
    library = PromptLibrary(file.parent)
    assert begins(library) == "Copy."
    assert "is issue-summary in en again, which summary (copy).md is" in str(library.faults()[0])
    second.unlink()
    assert begins(library) == "First."
    assert library.faults() == ()


def test_an_unknown_prompt_is_answered_with_those_there_are(
    library: PromptLibrary, file: Path
) -> None:
    """And with the fault of the file that may have been it."""
    file.write_text(BROKEN.replace("id: issue-summary", "id: mine"), encoding="utf-8")
    with pytest.raises(NotKnown) as fault:
        library.get("mine", "en")
    assert "issue-summary (de)" in str(fault.value)
    assert "no value scoop" in str(fault.value)


def test_a_prompt_for_another_form_of_reply_is_not_given() -> None:
    """Nobody has a summary written by the prompt that extracts fields."""
    with pytest.raises(NotKnown, match=r"of schema fields, not summary\. Those are: engineer-"):
        PromptLibrary().get("field-extraction", "en", schema="summary")


def test_many_threads_see_whole_prompts_only(library: PromptLibrary, file: Path) -> None:
    """Each use gives one of the versions that were saved, whole."""
    seen: set[str] = set()
    failures: list[BaseException] = []
    done = threading.Event()

    def use() -> None:
        try:
            while not done.is_set():
                prompt = library.get("issue-summary", "en")
                seen.add(f"{prompt.system.split()[0]}{prompt.hash}")
        except BaseException as failure:  # noqa: BLE001 - a thread must not swallow it
            failures.append(failure)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(5):
        file.write_text(with_words(f"{number}."), encoding="utf-8")
        assert begins(library) == f"{number}."
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(seen) <= 6


def test_a_prompt_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the setting to correct."""
    with pytest.raises(SettingsFault, match="ANDON_PROMPTS_FOLDER"):
        PromptLibrary(tmp_path / "nowhere")
