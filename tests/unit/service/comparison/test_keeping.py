"""The folder of a comparison: nothing stays of what came to no report, and nobody takes it away."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from ingest.errors import SettingsFault, StoreFault
from service.comparison import conducting, keeping
from service.comparison.keeping import folders
from service.comparison.kept import FOLDER


def test_nothing_stays_of_what_ended_while_it_was_written(tmp_path: Path) -> None:
    """As on a full disk: drafts, the page without its figures, the examples."""
    names = (".report.json.new", ".report.html.new", ".known.jsonl-12", "known.jsonl")
    with suppress(KeyboardInterrupt), folders(tmp_path, "parts-1", None) as folder:
        for name in (*names, "report.html"):
            (folder / name).touch()
        raise KeyboardInterrupt
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_further_folder_that_cannot_be_made_leaves_none_behind(tmp_path: Path) -> None:
    """The comparison was not begun."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(SettingsFault, match="cannot be written to"),
        folders(tmp_path, "parts-1", tmp_path / "file"),
    ):
        pass
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    """Where the report is kept already, that it is."""
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StoreFault, match=r"cannot be kept in .*: No space left"):
        ended(tmp_path, full)
    assert list((tmp_path / FOLDER).iterdir()) == []
    with pytest.raises(StoreFault, match=r"The report is kept in .*parts-1; .* copy in .*copy"):
        ended(tmp_path, full, "report.json")
    with pytest.raises(PermissionError):
        ended(tmp_path / "other", PermissionError(errno.EACCES, "not yours"))


def ended(home: Path, fault: OSError, *names: str) -> None:
    """A comparison that meets a fault after it wrote those files."""
    with folders(home, "parts-1", home / "copy") as folder:
        for name in names:
            (folder / name).touch()
        raise fault


def test_a_mark_that_another_swept_away_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making it and locking it, it looks like that of a dead comparison."""
    swept: list[int] = []

    def locked(file: int) -> bool:
        if not swept:
            swept.append(file)
            (tmp_path / FOLDER / "parts-1" / ".running").unlink()
            (tmp_path / FOLDER / "parts-1").rmdir()
        return taken(file)

    taken = keeping._locked
    monkeypatch.setattr(keeping, "_locked", locked)
    with folders(tmp_path, "parts-1", None) as folder:
        assert [path.name for path in folder.iterdir()] == [".running"]
        with pytest.raises(SettingsFault, match="is running"), folders(tmp_path, "parts-1", None):
            pass
    assert swept


def test_a_disk_that_is_full_of_the_model_costs_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says that it cannot be followed that way."""

    def full(*_: object, **_how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(conducting, "judged_for_use", full)
    (note,) = conducting._made_usable(MagicMock(), MagicMock(), MagicMock(), MagicMock())
    assert "cannot be put into use" in note
    assert "No space left" in note
