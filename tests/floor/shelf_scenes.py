"""What can be done to a shelf of documents, and everything that can be seen of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from rag.document import DocumentStatus
from rag.index import Scope
from rag.library import Library
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import front, write

TODAY = date(2026, 11, 22)
WORDS = {
    "ONE": "hoist", "PAIR": "accumulator", "GONE": "grease", "OUT": "coolant",
    "F-OLD": "spindle", "F-END": "gearbox", "F-EDIT": "manifold", "F-NEW": "turret",
}  # fmt: skip
"""A word that only this document has."""

Scene = Callable[[Library, Path], object]
Picture = Mapping[str, object]


def text(id_: str, revision: str, how: str, *, more: str = "", status: str = "current") -> str:
    """A procedure of three passages that says which revision of it this is."""
    word = WORDS[id_]
    head = front(id_, title=f"The {word}", revision=revision, more=more, status=status)
    body = f"# The {word}\n\n> **WARNING:** {how} pressure in the {word}.\n\n## Procedure\n\n"
    return f"{head}{body}1. Drain the {word} {how}.\n2. Lift the {word} {how}.\n"


def opened(home: Path) -> Library:
    """The library of that home, as a process that starts now would open it."""
    settings = RagSettings(support_min=0.1)
    return Library(home / "home", HashingEncoder(), settings=settings, today=lambda: TODAY)


def furnished(home: Path) -> dict[str, object]:
    """A shelf with uploads and a folder, and what the scenes bring along."""
    inbox, folder = home / "inbox", home / "folder"
    for id_, revision in (("ONE", "1"), ("PAIR", "1"), ("PAIR", "2"), ("GONE", "1"), ("OUT", "1")):
        write(inbox, f"{id_}-{revision}.md", text(id_, revision, f"as of {revision}"))
    for id_ in ("F-OLD", "F-END", "F-EDIT"):
        write(folder, f"{id_}.md", text(id_, "1", "slowly"))
    with opened(home) as library:
        for path in sorted(inbox.iterdir()):
            library.add(path)
        library.withdraw("OUT", reason="wrong torque")
        library.sync(folder)
    write(inbox, "ONE-2.md", text("ONE", "2", "quickly"))
    write(inbox, "ONE-1-again.md", text("ONE", "1", "carefully"))
    write(inbox, "ONE-3.md", text("ONE", "3", "tomorrow", more="effective_from: 2026-11-23\n"))
    return {}


def change_folder(home: Path) -> None:
    """One superseded by another file, one deleted, one changed, one new."""
    folder = home / "folder"
    write(folder, "F-OLD.md", text("F-OLD", "1", "slowly", status="superseded"))
    write(folder, "Z-OLD.md", text("F-OLD", "2", "quickly"))
    (folder / "F-END.md").unlink()
    write(folder, "F-EDIT.md", text("F-EDIT", "1", "carefully"))
    write(folder, "F-NEW.md", text("F-NEW", "1", "slowly"))


SCENES: Mapping[str, Scene] = {
    "supersede": lambda shelf, home: shelf.add(home / "inbox" / "ONE-2.md"),
    "supersede tomorrow": lambda shelf, home: shelf.add(home / "inbox" / "ONE-3.md"),
    "upload again": lambda shelf, home: shelf.add(home / "inbox" / "ONE-1-again.md"),
    "withdraw": lambda shelf, home: shelf.withdraw("GONE", reason="unsafe"),
    "withdraw the newest": lambda shelf, home: shelf.withdraw("PAIR", "2"),
    "restore": lambda shelf, home: shelf.restore("OUT"),
    "delete the newest": lambda shelf, home: shelf.remove("PAIR", "2"),
    "delete all": lambda shelf, home: shelf.remove("PAIR"),
    "folder": lambda shelf, home: shelf.sync(home / "folder"),
}


TOUCHED: Mapping[str, tuple[str, ...]] = {
    "withdraw": ("GONE", "ONE"),
    "restore": ("OUT", "ONE"),
    "folder": ("F-OLD", "F-END", "F-EDIT", "F-NEW", "ONE"),
}
"""By scene, the documents that it changes and one that it does not; all others: the uploads."""


def touched(scene: str) -> tuple[str, ...]:
    """The documents to look at before, during and after a scene."""
    return TOUCHED.get(scene, ("ONE", "PAIR"))


def picture(library: Library, ids: Sequence[str]) -> dict[str, object]:
    """By document, what a person can see of it: found, answered and listed."""
    listed: dict[str, list[str]] = {id_: [] for id_ in WORDS}
    for document in library.documents():
        listed[document.id].append(f"{document.revision} {document.status}")
    return {
        id_: (_found(library, id_), _answered(library, id_), sorted(listed[id_])) for id_ in ids
    }


def seen_now(library: Library, ids: Sequence[str]) -> dict[str, object]:
    """By document, what is found and answered, without the list, which stands beside them."""
    return {id_: (_found(library, id_), _answered(library, id_)) for id_ in ids}


def disagreements(library: Library) -> list[str]:
    """Where the engine, the files and the marks say otherwise than the store."""
    found = []
    for document in library.documents():
        known = {passage.id for passage in library._catalog.passages_of(document.key)}
        for status in DocumentStatus:
            scope = Scope(documents=(document.id,), statuses=(status.value,), on=TODAY)
            there = known & set(library._index.within(scope, 1000))
            holds = document.status is DocumentStatus.CURRENT and status is document.status
            begun = document.effective_from is None or document.effective_from <= TODAY
            if holds and begun and there != known:
                found.append(f"{document.key} is not {status} in the engine")
            if status is DocumentStatus.CURRENT and not holds and there:
                found.append(f"{document.key} is {status} in the engine")
    if library._index.ids() != library._catalog.ids():
        found.append("the engine has other passages than the store")
    if library._catalog.rows("SELECT * FROM mending"):
        found.append("marks are left")
    files = library._librarian._keeping.folder
    kept = {str(path) for path in files.iterdir()}
    wanted = {d.source for d in library.documents() if Path(d.source).parent == files}
    if kept != wanted:
        found.append(f"copies: {sorted(kept ^ wanted)}")
    return found


def _found(library: Library, id_: str) -> list[str]:
    found = library.search(f"drain and lift the {WORDS[id_]}", limit=8)
    return sorted(f"{c.revision}: {c.quote}" for c in found if c.document == id_)


def _answered(library: Library, id_: str) -> list[str]:
    answer = library.ask(f"How do I drain and lift the {WORDS[id_]}?")
    return [f"{c.revision}: {c.quote}" for c in answer.citations if c.document == id_]
