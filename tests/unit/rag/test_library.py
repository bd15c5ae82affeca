"""The library holds exactly what it was given, finds what holds today, and survives its owners."""

from __future__ import annotations

import errno
import operator
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import DataFault, NotKnown, SettingsFault, StoreFault
from rag import reading
from rag.document import DocumentStatus
from rag.errors import ShardInUse
from rag.index import Scope
from rag.library import Library
from rag.mending import Mender
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import COOLER, MANUAL, PUMP, front, write

OpenLibrary = Callable[..., Library]
PRESS = "hydraulic-press"


def found(
    library: Library, query: str, *, machine_kind: str | None = None, machine: str | None = None
) -> list[str]:
    citations = library.search(query, machine_kind=machine_kind, machine=machine)
    return list(dict.fromkeys(citation.document for citation in citations))


def places(library: Library, query: str) -> set[str]:
    return {citation.passage for citation in library.search(query)}


def test_a_folder_is_taken_in(library: Library) -> None:
    """Every document with its passages, found by its words and by its codes."""
    assert [d.id for d in library.documents()] == ["HP-MAN", "SOP-HP-01", "SOP-HP-02"]
    assert all(d.passages > 0 for d in library.documents())
    assert found(library, "lift the pump with a hoist")[0] == "SOP-HP-02"
    assert found(library, "E 217")[0] == "HP-MAN"


def test_only_what_changed_is_embedded(
    library: Library, folder: Path, encoder: HashingEncoder
) -> None:
    """An unchanged folder costs nothing; a changed document its changed passages."""
    encoder.encoded = 0
    report = library.sync(folder)
    assert (report.unchanged, report.embedded) == (("HP-MAN", "SOP-HP-01", "SOP-HP-02"), 0)
    assert encoder.encoded == 0
    changed = PUMP.replace("with a hoist", "with two hoists")
    write(folder, "pump.md", front("SOP-HP-02", title="Replacing the pump") + changed)
    report = library.sync(folder)
    assert (report.updated, report.embedded, encoder.encoded) == (("SOP-HP-02",), 1, 1)
    assert "two hoists" in library.search("hoist")[0].quote


def test_what_is_gone_from_the_folder_is_gone(library: Library, folder: Path) -> None:
    """Neither found nor listed nor looked up."""
    (folder / "manual.md").unlink()
    assert library.sync(folder).removed == ("HP-MAN",)
    assert library.look_up("E217", PRESS) is None
    assert "HP-MAN" not in found(library, "oil temperature limit")


def test_a_broken_document_hinders_no_other(library: Library, folder: Path) -> None:
    """It is named, and what was known of it stays."""
    write(folder, "pump.md", "---\nid: SOP-HP-02\n---\ntext")
    write(folder, "new.md", front("NEW", title="New") + "Grease the rail.")
    report = library.sync(folder)
    assert report.added == ("NEW",)
    assert [Path(f.source).name for f in report.failed] == ["pump.md"]
    assert "kind is missing" in report.failed[0].reason
    assert found(library, "lift the pump with a hoist")[0] == "SOP-HP-02"


def test_one_revision_stands_in_one_file(library: Library, folder: Path) -> None:
    """Two files with the same id and revision: the second is refused and both are named."""
    write(folder, "zzz.md", front("SOP-HP-02") + "Something else.")
    (failure,) = library.sync(folder).failed
    assert "zzz.md" in failure.reason
    assert "pump.md" in failure.reason


def test_a_new_revision_replaces_the_old(library: Library, folder: Path, tmp_path: Path) -> None:
    """The old stays on the shelf, superseded, and is not quoted any more."""
    text = front("SOP-HP-02", revision="2") + PUMP.replace("hoist", "jack")
    library.add(write(tmp_path, "b.md", text))
    standing = {d.revision: d.status for d in library.documents() if d.id == "SOP-HP-02"}
    assert standing == {"1": DocumentStatus.SUPERSEDED, "2": DocumentStatus.CURRENT}
    assert {c.revision for c in library.search("lift the pump") if c.document == "SOP-HP-02"} == {
        "2"
    }
    library.sync(folder)
    assert {c.revision for c in library.search("lift the pump") if c.document == "SOP-HP-02"} == {
        "2"
    }


def test_a_revision_waits_for_its_day(
    open_library: OpenLibrary, folder: Path, tmp_path: Path
) -> None:
    """Until then the old one is quoted."""
    newer = front("SOP-HP-02", revision="2", more="effective_from: 2027-01-01\n") + PUMP
    write(folder, "b.md", newer)
    for day, revision in ((date(2026, 12, 31), "1"), (date(2027, 1, 1), "2")):
        library = open_library(on=day)
        library.sync(folder)
        assert {c.revision for c in library.search("hoist") if c.document == "SOP-HP-02"} == {
            revision
        }
        library.close()


@pytest.mark.parametrize("status", ["withdrawn", "superseded", "draft"])
def test_what_does_not_hold_is_never_quoted(library: Library, folder: Path, status: str) -> None:
    """Not by search, not by ask, not by code, not by fault class."""
    write(folder, "cooler.md", front("SOP-HP-01", status=status) + COOLER)
    write(folder, "manual.md", front("HP-MAN", kind="manual", status=status) + MANUAL)
    library.sync(folder)
    assert found(library, "clean the fins of the oil cooler E217") == ["SOP-HP-02"]
    assert library.look_up("E217", PRESS) is None
    assert library.ask("SOP-HP-01", machine_kind=PRESS).declined
    answer = library.procedure("cooler_fouled", "The oil cooler is fouled.", machine_kind=PRESS)
    assert all(c.document == "SOP-HP-02" for c in answer.citations)


def test_the_machine_is_a_filter(library: Library, folder: Path) -> None:
    """Other kinds see nothing of it, a document for one machine only that machine."""
    assert found(library, "clean the oil cooler", machine_kind="cnc-mill") == []
    one = front("ONLY", more="machines: [press-3]\n") + "Clean the oil cooler of press 3 by hand."
    write(folder, "one.md", one)
    write(folder, "all.md", front("ALL").replace("[hydraulic-press]", "[]") + "Lock it out.")
    library.sync(folder)
    assert "ONLY" in found(library, "clean the oil cooler", machine_kind=PRESS, machine="press-3")
    assert "ONLY" not in found(library, "clean oil cooler", machine_kind=PRESS, machine="press-4")
    assert found(library, "lock it out", machine_kind="cnc-mill") == ["ALL"]


def test_a_library_opens_again_as_it_was(
    library: Library, open_library: OpenLibrary, encoder: HashingEncoder
) -> None:
    """Nothing is embedded again."""
    before = library.search("hoist")
    library.close()
    encoder.encoded = 0
    assert open_library().search("hoist") == before
    assert encoder.encoded == 1


def test_lost_vectors_are_made_again_from_the_store(
    library: Library, open_library: OpenLibrary, tmp_path: Path, encoder: HashingEncoder
) -> None:
    """The store is the source of truth; no text is embedded for it."""
    before = library.search("hoist")
    library.close()
    shutil.rmtree(tmp_path / "home" / "vectors")
    encoder.encoded = 0
    assert open_library().search("hoist") == before
    assert encoder.encoded == 1


def test_a_process_that_died_midway_leaves_nothing_behind(
    library: Library, open_library: OpenLibrary, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New points without a document are never shown and are gone after the next start."""
    before = places(library, "hoist")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.catalog.Catalog.put", die)
    write(folder, "pump.md", front("SOP-HP-02") + PUMP.replace("hoist", "hoist hoist"))
    with pytest.raises(KeyboardInterrupt):
        library.sync(folder)
    assert places(library, "hoist") == before
    library.close()
    monkeypatch.undo()
    again = open_library()
    assert places(again, "hoist") == before
    assert again._index.count() == sum(d.passages for d in again.documents())
    assert again.sync(folder).updated == ("SOP-HP-02",)
    assert "hoist hoist" in again.search("hoist")[0].quote


def test_the_store_decides_which_revision_holds(
    library: Library, open_library: OpenLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the process died before the index learnt of it; the next start teaches it."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.shelving.Shelving._narrow", die)
    newer = write(tmp_path, "b.md", front("SOP-HP-02", revision="2") + PUMP)
    with pytest.raises(KeyboardInterrupt):
        library.add(newer)
    monkeypatch.undo()
    scope = Scope(documents=("SOP-HP-02",))
    both = len(library._index.within(scope, 100))
    assert {c.revision for c in library.search("hoist") if c.document == "SOP-HP-02"} == {"2"}
    library.close()
    again = open_library()
    assert len(again._index.within(scope, 100)) == both / 2
    assert {c.revision for c in again.search("hoist") if c.document == "SOP-HP-02"} == {"2"}


def test_another_encoder_means_other_vectors(library: Library, open_library: OpenLibrary) -> None:
    """Of another dimension even; everything is embedded again."""
    size = sum(d.passages for d in library.documents())
    library.close()
    other = HashingEncoder(dimension=64, name="other")
    again = open_library(with_encoder=other)
    assert other.encoded == size
    assert found(again, "lift the pump with a hoist")[0] == "SOP-HP-02"


def test_other_weights_mean_another_index(library: Library, open_library: OpenLibrary) -> None:
    """The stored BM25 weights follow the settings."""
    library.close()
    again = open_library(settings=RagSettings(bm25_k1=2.0))
    assert found(again, "lift the pump with a hoist")[0] == "SOP-HP-02"


def test_other_passages_mean_another_reading(
    library: Library, open_library: OpenLibrary, folder: Path
) -> None:
    """Unchanged files are cut anew once."""
    library.close()
    again = open_library(settings=RagSettings(passage_words=20))
    assert len(again.sync(folder).updated) == 3
    assert again.sync(folder).updated == ()


def test_a_second_process_is_told_who_holds_the_vectors(library: Library, tmp_path: Path) -> None:
    """And the first one is not disturbed."""
    script = (
        "import sys, pathlib\n"
        "from rag.edge import EdgeIndex\nfrom rag.shard import is_held\n"
        "from rag.errors import ShardInUse\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "assert is_held(folder)\n"
        "try: EdgeIndex(folder, 256)\n"
        "except ShardInUse as fault: print(fault)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "home" / "vectors")]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "held by process" in out
    assert "ANDON_URL" in out
    with pytest.raises(ShardInUse):
        Library(tmp_path / "home", HashingEncoder())
    assert library.search("hoist")


def test_an_added_document_is_kept_and_can_be_removed(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    """A sync leaves it alone; its file goes with it."""
    library.add(write(tmp_path, "x.md", front("EXTRA") + "Grease the guide rail."))
    assert library.sync(folder).removed == ()
    files = tmp_path / "home" / "documents" / "files"
    (kept,) = files.iterdir()
    assert (kept.name[:8], kept.suffix) == ("EXTRA@1.", ".md")
    library.remove("EXTRA")
    assert not kept.exists()
    assert "EXTRA" not in found(library, "grease the guide rail")
    with pytest.raises(NotKnown):
        library.remove("EXTRA")


def test_a_failed_upload_leaves_the_old_revision(library: Library, tmp_path: Path) -> None:
    """Nothing changes."""
    with pytest.raises(DataFault):
        library.add(write(tmp_path, "x.md", front("SOP-HP-02", status="good") + PUMP))
    assert found(library, "lift the pump with a hoist")[0] == "SOP-HP-02"


@pytest.mark.parametrize("place", ["hashlib.file_digest", "sniff"])
def test_a_file_that_may_not_be_read_is_named_and_the_others_come(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """What was known of it stays."""

    def refused(file: Any, *_: object) -> Any:
        if str(getattr(file, "name", file)).endswith("pump.md"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return there(file, *_)

    write(folder, "pump.md", front("SOP-HP-02", revision="2") + PUMP)
    write(folder, "new.md", front("NEW") + "Grease the guide rail.")
    there = operator.attrgetter(place)(reading)
    monkeypatch.setattr(f"rag.reading.{place}", refused)
    report = library.sync(folder)
    (failure,) = report.failed
    assert failure.reason.startswith("pump.md: it cannot be read: Permission denied.")
    assert (report.added, report.removed) == (("NEW",), ())
    assert found(library, "lift the pump with a hoist")[0] == "SOP-HP-02"


def test_a_missing_folder_is_a_setting(library: Library, tmp_path: Path) -> None:
    """With the place where it is named."""
    with pytest.raises(SettingsFault, match=r"plant\.toml"):
        library.sync(tmp_path / "nowhere")


def test_progress_is_told(library: Library, folder: Path) -> None:
    """From what need not be read to all."""
    told: list[tuple[int, int]] = []
    write(folder, "pump.md", front("SOP-HP-02") + PUMP)
    library.sync(folder, lambda done, total, _: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]


def test_threads_search_while_one_writes(library: Library, folder: Path) -> None:
    """Every answer is from before or after, never from between."""
    faults: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                quotes = [c.quote for c in library.search("hoist") if "hoist" in c.quote]
                assert len(quotes) == 1, quotes
        except BaseException as fault:  # noqa: BLE001 - the main thread asserts on it
            faults.append(fault)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(6):
        text = PUMP.replace("a hoist", f"a hoist number {number}")
        write(folder, "pump.md", front("SOP-HP-02", revision=str(1 + number % 2)) + text)
        library.sync(folder)
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_a_library_that_cannot_be_opened_holds_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next try, in the same process, finds the shard free."""

    def fail(*_: object) -> None:
        raise StoreFault("The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(Mender, "repair", fail)
        with pytest.raises(StoreFault, match="disk is full") as caught:
            Library(tmp_path, HashingEncoder())
    assert caught.traceback  # keeps the half-made library alive, as a log would
    Library(tmp_path, HashingEncoder()).close()
