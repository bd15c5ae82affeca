"""The folder of a comparison: nothing stays of what came to no report, and nobody takes it away."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from service.comparison import keeping
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
