"""Which revision is quoted, through everything that people do to documents."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import DataFault, NotKnown, StoreFault
from rag.document import Document, DocumentStatus
from rag.edge import EdgeIndex
from rag.index import Scope
from rag.library import Library
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import COOLER, PUMP, front, write

OpenLibrary = Callable[..., Library]
TITLE = "Replacing the pump"


def pump(
    folder: Path, revision: str, *, tool: str = "hoist", more: str = "", **fields: str
) -> Path:
    """A revision of the pump procedure, in a file of its own."""
    head = front("SOP-HP-02", title=TITLE, revision=revision, more=more, **fields)
    return write(folder, f"pump-{revision}.md", head + PUMP.replace("hoist", tool))


def quoted(library: Library) -> set[str]:
    """The revisions of it that are found."""
    return {c.revision for c in library.search("lift the pump") if c.document == "SOP-HP-02"}


def standing(library: Library) -> dict[str, DocumentStatus]:
    return {d.revision: d.status for d in library.revisions("SOP-HP-02")}


def revision(library: Library, name: str) -> Document:
    return next(d for d in library.revisions("SOP-HP-02") if d.revision == name)


def test_a_withdrawn_document_is_not_quoted_until_it_is_restored(library: Library) -> None:
    """Who did it, when and why is kept."""
    library.withdraw("SOP-HP-02", reason="wrong torque", by="ada")
    assert quoted(library) == set()
    withdrawn = revision(library, "1")
    assert (withdrawn.withdrawn_by, withdrawn.withdrawn_reason) == ("ada", "wrong torque")
    assert withdrawn.withdrawn_at is not None
    library.restore("SOP-HP-02", by="bob")
    assert quoted(library) == {"1"}
    told = [(c.action, c.by, c.reason) for c in library.changes("SOP-HP-02")]
    assert told == [
        ("restored", "bob", ""),
        ("withdrawn", "ada", "wrong torque"),
        ("added", "folder", ""),
    ]


def test_no_file_brings_a_withdrawn_revision_back(
    library: Library, open_library: OpenLibrary, folder: Path
) -> None:
    """Not a sync, not a changed file, not one that was away, not a new start."""
    library.withdraw("SOP-HP-02")
    path = folder / "pump.md"
    content = path.read_text()
    path.write_text(content.replace("hoist", "jack"))
    library.sync(folder)
    assert quoted(library) == set()
    assert library._index.within(Scope(documents=("SOP-HP-02",)), 100) == []
    path.unlink()
    library.sync(folder)
    path.write_text(content)
    library.sync(folder)
    library.close()
    again = open_library()
    assert (quoted(again), standing(again)) == (set(), {"1": DocumentStatus.WITHDRAWN})


def test_the_revision_before_holds_again(library: Library, tmp_path: Path) -> None:
    """When only the newest is withdrawn; when all are, none does; a later one is not touched."""
    library.add(pump(tmp_path, "2"))
    library.withdraw("SOP-HP-02", "2")
    assert quoted(library) == {"1"}
    library.restore("SOP-HP-02", "2")
    assert quoted(library) == {"2"}
    library.withdraw("SOP-HP-02")
    assert quoted(library) == set()
    library.add(pump(tmp_path, "3"))
    assert quoted(library) == {"3"}


def test_what_its_own_metadata_say_is_changed_there(library: Library, tmp_path: Path) -> None:
    """Restoring takes back a withdrawal, nothing else."""
    library.add(pump(tmp_path, "2", status="withdrawn"))
    assert quoted(library) == {"1"}
    with pytest.raises(DataFault, match="its own metadata"):
        library.restore("SOP-HP-02", "2")
    with pytest.raises(DataFault, match="is not withdrawn"):
        library.restore("SOP-HP-02", "1")
    with pytest.raises(NotKnown, match=r"no revision 9 .* there is 1, 2"):
        library.withdraw("SOP-HP-02", "9")


def test_a_draft_takes_nothing_over(library: Library, tmp_path: Path) -> None:
    """Until it is added again as current, in place of the draft."""
    library.add(pump(tmp_path, "2", status="draft"))
    assert quoted(library) == {"1"}
    library.add(pump(tmp_path, "2"))
    assert quoted(library) == {"2"}
    assert [c.action for c in library.changes("SOP-HP-02")] == ["replaced", "added", "added"]


def test_dates_hold_without_any_action(
    library: Library, open_library: OpenLibrary, tmp_path: Path
) -> None:
    """Before the first day nothing, then one after the other, after the last day nothing."""
    library.remove("SOP-HP-02")
    until = "effective_from: 2026-01-01\neffective_until: 2028-01-01\n"
    library.add(pump(tmp_path, "1", more="effective_from: 2025-01-01\n"))
    library.add(pump(tmp_path, "2", more=until))
    library.close()
    days = {"1970-01-01": set(), "2025-06-01": {"1"}, "2026-01-01": {"2"}, "2028-01-01": set()}
    for day, expected in days.items():
        again = open_library(on=date.fromisoformat(day))
        assert quoted(again) == expected, day
        answer = again.ask("How do I lift the pump out with a hoist?")
        assert {c.revision for c in answer.citations if c.document == "SOP-HP-02"} == expected, day
        again.close()


def test_one_revision_is_taken_out_or_all(library: Library, tmp_path: Path) -> None:
    """In one step: no revision in between shows the one before."""
    library.add(pump(tmp_path, "2"))
    library.add(pump(tmp_path, "3"))
    library.remove("SOP-HP-02", "3")
    assert quoted(library) == {"2"}
    library.remove("SOP-HP-02")
    assert quoted(library) == set()
    with pytest.raises(NotKnown):
        library.passages("SOP-HP-02")


def test_a_file_that_was_taken_out_stays_out_until_it_changes(
    library: Library, folder: Path
) -> None:
    """Or goes away and comes back, or is added by hand."""
    library.remove("SOP-HP-02")
    assert library.sync(folder).added == ()
    assert quoted(library) == set()
    path = folder / "pump.md"
    path.write_text(path.read_text() + "\nMind the hoist.\n")
    assert library.sync(folder).added == ("SOP-HP-02",)
    library.remove("SOP-HP-02")
    library.add(path)
    assert quoted(library) == {"1"}


def test_a_file_that_was_taken_out_stays_out_while_it_cannot_be_seen(
    library: Library, folder: Path
) -> None:
    """A drive that was away, or a file that is being written, brings nothing back."""
    library.remove("SOP-HP-02")
    library.sync(folder, leave=[folder / "pump.md"])
    assert library.sync(folder).added == ()
    away = folder.with_name("away")
    folder.rename(away)
    folder.mkdir()
    assert library.sync(folder).failed
    folder.rmdir()
    away.rename(folder)
    assert library.sync(folder).added == ()


def test_an_upload_never_takes_the_place_of_a_file(library: Library, tmp_path: Path) -> None:
    """It is told which file; the same content is no change."""
    with pytest.raises(DataFault, match=r"stands in the folder of documents as pump\.md"):
        library.add(pump(tmp_path, "1", tool="crane"))
    same = front("SOP-HP-02", title=TITLE) + PUMP
    library.add(write(tmp_path, "same.md", same))
    assert [c.action for c in library.changes("SOP-HP-02")] == ["added"]


def test_a_file_never_takes_the_place_of_an_upload(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    """It is left out and named until one of the two goes; with the same content it takes over."""
    library.add(pump(tmp_path, "2", tool="crane"))
    path = pump(folder, "2", tool="jack")
    (failure,) = library.sync(folder).failed
    assert "was added by hand with other content" in failure.reason
    assert library.failures() == (failure,)
    assert "crane" in library.search("lift the pump")[0].quote
    path.write_text((tmp_path / "pump-2.md").read_text())
    assert library.sync(folder).failed == ()
    path.unlink()
    library.sync(folder)
    assert quoted(library) == {"1"}


def test_two_documents_under_one_id_are_told_apart(library: Library, tmp_path: Path) -> None:
    """By their title in one revision, by their machines in two."""
    library.add(pump(tmp_path, "2"))
    other = front("SOP-HP-02", title="Cleaning the cooler", revision="2") + COOLER
    with pytest.raises(DataFault, match="is there already as 'Replacing the pump'"):
        library.add(write(tmp_path, "other.md", other))
    mill = front("SOP-HP-02", title=TITLE, revision="3", machine_kind="cnc-mill") + PUMP
    with pytest.raises(DataFault, match="is for cnc-mill, but SOP-HP-02 revision 1 is for"):
        library.add(write(tmp_path, "mill.md", mill))
    assert quoted(library) == {"2"}


def test_an_upload_again_replaces_and_leaves_no_copy(library: Library, tmp_path: Path) -> None:
    """One copy is kept: that of what is quoted."""
    library.add(pump(tmp_path, "2", tool="jack"), by="ada")
    library.add(pump(tmp_path, "2", tool="crane"), by="bob")
    assert "crane" in library.search("lift the pump")[0].quote
    (kept,) = (tmp_path / "home" / "documents" / "files").iterdir()
    assert revision(library, "2").source == str(kept)
    assert "crane" in kept.read_text()
    assert revision(library, "2").added_by == "bob"


def test_the_copies_move_with_the_home(open_library: OpenLibrary, tmp_path: Path) -> None:
    """Restored from a backup elsewhere: what was added is still there to be fetched."""
    home = tmp_path / "home"
    with open_library() as library:
        library.add(pump(tmp_path / "mine", "1"), metadata={"title": "Pump"})
    before = sorted(each.name for each in (home / "documents" / "files").iterdir())
    shutil.move(home, tmp_path / "elsewhere")
    with Library(tmp_path / "elsewhere", HashingEncoder()) as moved:
        (document,) = moved.documents()
        folder = tmp_path / "elsewhere" / "documents" / "files"
        assert sorted(each.name for each in folder.iterdir()) == before
        assert Path(document.source).parent == folder
        assert Path(document.source).is_file()


def test_what_the_caller_says_overrules_the_file(library: Library, tmp_path: Path) -> None:
    """And is kept beside the copy, so that reading that again gives the same."""
    library.add(pump(tmp_path, "2"), metadata={"revision": "7", "status": "draft"})
    assert standing(library) == {"1": DocumentStatus.CURRENT, "7": DocumentStatus.DRAFT}
    names = {p.suffix for p in (tmp_path / "home" / "documents" / "files").iterdir()}
    assert names == {".md", ".yaml"}


def test_a_failed_change_is_finished_before_the_next_one(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine that refuses leaves the old quoted; nothing half done stays."""

    def refuse(*_: object) -> None:
        raise StoreFault("The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(EdgeIndex, "put", refuse)
        with pytest.raises(StoreFault):
            library.add(pump(tmp_path, "2"))
    assert quoted(library) == {"1"}
    library.withdraw("HP-MAN")
    assert library._index.ids() == library._catalog.ids()
    assert library._catalog.rows("SELECT * FROM mending") == []


@pytest.mark.parametrize("damage", ["deleted", "truncated", "garbage", "anew"])
def test_the_index_is_made_again_from_the_store(
    library: Library,
    open_library: OpenLibrary,
    tmp_path: Path,
    encoder: HashingEncoder,
    damage: str,
) -> None:
    """Whatever became of its folder; nothing is embedded for it."""
    before = library.search("hoist")
    library.close()
    vectors = tmp_path / "home" / "vectors"
    if damage == "deleted":
        shutil.rmtree(vectors)
    for path in (p for p in vectors.rglob("*") if p.is_file()):
        if damage == "truncated":
            path.write_bytes(b"")
        elif damage == "garbage":
            path.write_bytes(b"\xff" * 100)
    encoder.encoded = 0
    told: list[int] = []
    settings = {"progress": lambda done, *_: told.append(done), "anew": damage == "anew"}
    with Library(tmp_path / "home", encoder, today=lambda: date(2026, 11, 22), **settings) as again:  # type: ignore[arg-type]
        assert again.search("hoist") == before
        assert told == [1, 2, 3]
        assert again.rebuild() == sum(d.passages for d in again.documents())
        assert again.search("hoist") == before
    assert encoder.encoded == 2


def test_an_unchanged_file_is_not_opened(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has rested for two seconds; a copy that keeps size and time does not go unnoticed."""
    monkeypatch.setattr("rag.stamps.SETTLED_NS", -1)
    library.sync(folder)

    def opened(path: Path, *_: object, **__: object) -> None:
        raise AssertionError(path)

    with monkeypatch.context() as watched:
        watched.setattr("rag.looking.open_source", opened)
        assert library.sync(folder).unchanged == ("HP-MAN", "SOP-HP-01", "SOP-HP-02")
    path = folder / "pump.md"
    look = path.stat()
    path.write_text(path.read_text().replace("hoist", "crane"))
    os.utime(path, ns=(look.st_atime_ns, look.st_mtime_ns))
    assert library.sync(folder).updated == ("SOP-HP-02",)


def test_an_empty_place_where_the_drive_is_missing_takes_nothing_out(
    library: Library, folder: Path
) -> None:
    """A folder that was really emptied does."""
    away = folder.with_name("away")
    folder.rename(away)
    folder.mkdir()
    (failure,) = library.sync(folder).failed
    assert "is its drive mounted?" in failure.reason
    assert quoted(library) == {"1"}
    folder.rmdir()
    away.rename(folder)
    library.sync(folder)
    for path in folder.iterdir():
        path.unlink()
    library.sync(folder)
    assert library.documents() == []


def test_whoever_asks_meanwhile_sees_the_old_or_the_new(library: Library, tmp_path: Path) -> None:
    """Six revisions come, one is uploaded again, one withdrawn: never none, never two, never
    one that was withdrawn."""
    faults: list[BaseException] = []
    stop, looks = threading.Event(), [0]

    def look() -> None:
        try:
            while not stop.is_set():
                found = {c.quote for c in library.search("lift the pump") if "Lift" in c.quote}
                answer = library.ask("How do I lift the pump out?", machine_kind="hydraulic-press")
                told = {c.revision for c in answer.citations if c.document == "SOP-HP-02"}
                assert len(found) == 1, found
                assert len(told) == 1, (told, answer.reason)
                looks[0] += 1
        except BaseException as fault:  # noqa: BLE001 - the main thread asserts on it
            faults.append(fault)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 8):
        library.add(pump(tmp_path, str(number), tool=f"tool {number}"))
    library.add(pump(tmp_path, "7", tool="crane"))
    library.withdraw("SOP-HP-02", "7")
    library.restore("SOP-HP-02", "7")
    while looks[0] < 4 and not faults:
        stop.wait(0.01)
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults, faults
    assert "crane" in library.search("lift the pump")[0].quote
