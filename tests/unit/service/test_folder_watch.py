"""The folder of documents is followed; what is half written waits, what is broken is said once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.errors import SettingsFault, WireFault
from rag.library import Library
from rag.settings import RagSettings
from service.folder_watch import FolderWatch
from service.plant_day import today_in
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import PUMP, front, write, write_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty one."""
    settings = RagSettings(support_min=0.3)
    with Library(tmp_path / "home", HashingEncoder(), settings=settings) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents."""
    return write_library(tmp_path / "documents")


@pytest.fixture
def watch(library: Library, folder: Path) -> FolderWatch:
    """Over that folder, which is taken in."""
    watch = FolderWatch(library, folder)
    watch.read()
    return watch


def quotes(library: Library) -> str:
    return " ".join(c.quote for c in library.search("lift the pump"))


def test_a_change_is_taken_in_once_it_rests(
    watch: FolderWatch, library: Library, folder: Path
) -> None:
    """The first look finds it different, the second the same; then there is nothing to do."""
    write(folder, "pump.md", front("SOP-HP-02") + PUMP.replace("hoist", "crane"))
    assert watch.look() is None
    assert "crane" not in quotes(library)
    report = watch.look()
    assert report is not None
    assert report.updated == ("SOP-HP-02",)
    assert "crane" in quotes(library)
    assert watch.look() is None
    assert watch.taken_over == 1


def test_a_file_that_is_still_written_hinders_no_other(
    watch: FolderWatch, library: Library, folder: Path
) -> None:
    """What was known of it stays, also while it is away between two writes."""
    write(folder, "new.md", front("NEW", title="New") + "Grease the rail.")
    (folder / "pump.md").unlink()
    assert watch.look() is None
    write(folder, "pump.md", front("SOP-HP-02") + PUMP.replace("hoist", "crane")[:60])
    report = watch.look()
    assert report is not None
    assert (report.added, report.removed, report.failed) == (("NEW",), (), ())
    assert "hoist" in quotes(library)
    write(folder, "pump.md", front("SOP-HP-02") + PUMP.replace("hoist", "crane"))
    assert watch.look() is None
    report = watch.look()
    assert report is not None
    assert "crane" in quotes(library)


def test_what_is_deleted_is_quoted_no_more(
    watch: FolderWatch, library: Library, folder: Path
) -> None:
    """At the second look that does not find it."""
    (folder / "pump.md").unlink()
    assert watch.look() is None
    assert watch.look() is not None
    assert "SOP-HP-02" not in {d.id for d in library.documents()}


def test_a_broken_file_is_said_once_and_once_that_it_is_whole(
    watch: FolderWatch, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And for as long as it is broken by whoever asks how the documents are."""
    caplog.set_level(logging.INFO, logger="rag.looking")
    assert watch.standing() == ("ok", "3 document(s)")
    write(folder, "bad.md", "no metadata at all")
    for number in range(3):
        write(folder, "other.md", front("OTHER", title="Other") + f"Grease it {number} times.")
        watch.look()
        watch.look()
    said = [record.getMessage() for record in caplog.records]
    assert said.count("document left out") == 1
    state, words = watch.standing()
    assert state == "degraded"
    assert "bad.md: " in words
    (folder / "bad.md").unlink()
    watch.look()
    watch.look()
    assert caplog.records[-1].getMessage() == "document no longer left out"
    assert watch.standing() == ("ok", "4 document(s)")


def test_a_folder_that_is_away_takes_nothing_out(
    watch: FolderWatch, library: Library, folder: Path
) -> None:
    """It is said once, and is well again when it is back as it was."""
    away = folder.rename(folder.with_name("away"))
    for _ in range(3):
        watch.look()
    assert len(library.documents()) == 3
    assert "There is no document folder" in watch.standing()[1]
    away.rename(folder)
    watch.look()
    watch.look()
    assert watch.standing() == ("ok", "3 document(s)")


def test_a_service_without_its_folder_does_not_start(library: Library, tmp_path: Path) -> None:
    """The plant names one that is not there."""
    with pytest.raises(SettingsFault, match=r"plant\.toml"):
        FolderWatch(library, tmp_path / "nowhere").read()


def test_a_folder_is_taken_in_once_the_index_is_back(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is away at the start keeps nobody from starting."""
    watch = FolderWatch(library, folder)

    def away(*_: object, **__: object) -> None:
        raise WireFault("No Qdrant server answers.")

    with monkeypatch.context() as cut:
        cut.setattr(Library, "sync", away)
        watch.read()
        assert "No Qdrant server answers." in watch.standing()[1]
    assert watch.look() is not None
    assert watch.standing() == ("ok", "3 document(s)")


def test_a_clock_that_lost_its_battery_is_noticed(library: Library, folder: Path) -> None:
    """Documents were taken in on days that it has not reached."""
    watch = FolderWatch(library, folder, clock=lambda: datetime.now(UTC) - timedelta(days=9000))
    watch.read()
    state, words = watch.standing()
    assert state == "degraded"
    assert "Set it right" in words


def test_without_documents_there_are_no_procedures(library: Library) -> None:
    """And no folder is no fault."""
    watch = FolderWatch(library, None)
    watch.read()
    assert watch.look() is None
    assert watch.standing()[0] == "degraded"


def test_a_revision_takes_over_at_midnight_in_the_plant() -> None:
    """Not at midnight in Greenwich."""
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert today_in("Europe/Berlin", lambda: late)() == date(2027, 1, 1)
    assert today_in("UTC", lambda: late)() == date(2026, 12, 31)
