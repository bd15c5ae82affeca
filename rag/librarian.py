"""The librarian: who alone changes what is in the library, one change at a time."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.errors import DataFault, NotKnown
from rag.catalog import ADDED, SYNCED, Catalog
from rag.document import Block, Change, Document, DocumentFailure, DocumentStatus, SyncReport
from rag.encoding import TextEncoder
from rag.identity import refuse_other_machines, refuse_other_title
from rag.index import PassageIndex
from rag.keeping import Keeping
from rag.mending import Mender, Progress, tell
from rag.preparing import batches, drafted, prepared
from rag.reading import merged_sidecar, open_source, read_source
from rag.register import Register, withdrawn
from rag.settings import RagSettings
from rag.shelving import Shelving
from rag.synchronising import Synchroniser, noted


class Librarian:
    """Takes documents in and out of one library, and puts its index right."""

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        index: PassageIndex,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lock_file = folder / "library.lock"
        self._keeping = Keeping(folder / "files")
        self._catalog = catalog
        self._encoder = encoder
        self._settings = settings
        self._now = now
        self._register = Register(catalog)
        self._shelving = Shelving(catalog, index, self._register, settings=settings)
        self._mender = Mender(catalog, index, encoder, shelving=self._shelving, settings=settings)
        self._synchroniser = Synchroniser(
            catalog, self._shelving, self._mender, encoder, settings=settings, now=now
        )
        self._writing = threading.RLock()
        self.failures: tuple[DocumentFailure, ...] = ()
        """What the last sync could not take in."""

    def repair(self, progress: Progress | None = None) -> None:
        """At a start: finish what was under way when the last process died.

        Where another process is writing just now, it is alive and finishes that itself.
        """
        with self._writing, _held(self._lock_file, wait=False) as mine:
            if mine:
                self._follow_home()
                self._mender.repair(progress)
                self._keeping.tidy(self._catalog.sources())

    def rebuild(self, progress: Progress | None = None) -> int:
        """Write the index anew from the store; how many passages there are."""
        with self._turn():
            return self._mender.rebuild(progress)

    def sync(
        self, folder: Path, progress: Progress | None = None, *, leave: Collection[Path] = ()
    ) -> SyncReport:
        """Make the library hold what is in that folder, and what was added one by one."""
        with self._turn():
            report = self._synchroniser.sync(folder, progress, leave=leave)
            self._keeping.tidy(self._catalog.sources())
            self.failures = report.failed
            return report

    def reread(self, progress: Progress | None = None) -> None:
        """Read what was added one by one again, if the rules of reading have changed."""
        with self._turn():
            self._synchroniser.reread(progress)

    def add(
        self,
        path: Path,
        *,
        metadata: Mapping[str, Any] | None = None,
        by: str = "",
        progress: Progress | None = None,
    ) -> str:
        """Take in one document and keep a copy; the key under which it stands.

        Raises:
            DataFault: it cannot be read, or stands there otherwise; what was there stays.
        """
        source = open_source(path, self._settings, metadata=metadata)
        document, blocks = read_source(source, self._settings)
        document = replace(document, added_at=self._now(), added_by=by)
        draft = drafted(document, blocks, self._settings)
        with self._turn():
            self._refuse(document)
            stored = self._stored(document.key)
            if stored and stored.source_hash == document.source_hash:
                return document.key
            tell(progress, 0, len(draft.passages), document.title)
            kept = self._keeping.keep(path, document, sidecar=merged_sidecar(source))
            draft = replace(draft, document=replace(document, source=str(kept)))
            with self._shelving.mending([document.id]):
                (item,) = prepared([draft], self._catalog, self._encoder)
                self._shelving.put(item, ADDED, self._let_in(document))
            self._keeping.tidy(self._catalog.sources())
            tell(progress, len(draft.passages), len(draft.passages), document.title)
        return document.key

    def add_read(
        self,
        entries: Sequence[tuple[Document, Sequence[Block]]],
        progress: Progress | None = None,
    ) -> None:
        """Take in documents that were read elsewhere; no file is kept."""
        done = 0
        drafts = (drafted(document, blocks, self._settings) for document, blocks in entries)
        with self._turn():
            for batch in batches(drafts):
                ready = prepared(batch, self._catalog, self._encoder)
                with self._shelving.mending({item.draft.document.id for item in ready}):
                    for item in ready:
                        document = item.draft.document
                        self._shelving.put(item, ADDED, noted(self._register, document))
                        done += 1
                        tell(progress, done, len(entries), document.title)

    def remove(self, document: str, revision: str | None = None, *, by: str = "") -> None:
        """Take out one revision or all of them in one step.

        Raises:
            NotKnown: there is none.
        """
        with self._turn():
            revisions = self._revisions(document, revision)
            origins, at = self._catalog.origins(), self._now()

            def note(each: Document) -> None:
                self._register.note("removed", each, at=at, by=by, why="")
                if origins[each.key] == SYNCED:
                    self._register.take_out(each)

            with self._shelving.mending([document]):
                self._shelving.remove(revisions, note)
            self._keeping.tidy(self._catalog.sources())

    def withdraw(
        self, document: str, revision: str | None = None, *, reason: str = "", by: str = ""
    ) -> None:
        """Let one revision or all of them not hold any more, whatever files come for them.

        Raises:
            NotKnown: there is none.
        """
        with self._turn():
            chosen = [d for d in self._revisions(document, revision) if d.withdrawn_at is None]
            at = self._now()
            after = [withdrawn(each, at=at, by=by, why=reason) for each in chosen]

            def note() -> None:
                for each in chosen:
                    self._register.withdraw(each.key, at=at, by=by, why=reason)
                    self._register.note("withdrawn", each, at=at, by=by, why=reason)

            self._turn_to(document, after, note)

    def restore(self, document: str, revision: str | None = None, *, by: str = "") -> None:
        """Let the metadata of revisions that were withdrawn say again whether they hold.

        Raises:
            NotKnown: there is none.
            DataFault: none of them was withdrawn by hand.
        """
        with self._turn():
            named = self._revisions(document, revision)
            chosen = [each for each in named if each.withdrawn_at is not None]
            if not chosen:
                raise _nothing_to_restore(named)
            at, after = self._now(), [self._register.unmarked(each) for each in chosen]

            def note() -> None:
                for each in chosen:
                    self._register.restore(each.key)
                    self._register.note("restored", each, at=at, by=by, why="")

            self._turn_to(document, after, note)

    def changes(self, document: str | None, limit: int) -> list[Change]:
        """What was done to the documents or to that one, the newest first."""
        return self._register.changes(document, limit)

    def _follow_home(self) -> None:
        """Copies lie in the home of today, wherever it was when they were made."""
        for document in self._catalog.documents(origin=ADDED):
            if moved := self._keeping.here(document.source):
                self._catalog.set_source(document.key, str(moved), ADDED)

    def _turn_to(
        self, document: str, changed: Sequence[Document], note: Callable[[], None]
    ) -> None:
        by_key = {each.key: each for each in self._catalog.documents(named=document)}
        after = {**by_key, **{each.key: each for each in changed}}
        with self._shelving.mending([document]):
            self._shelving.turn(list(after.values()), note)

    def _refuse(self, document: Document) -> None:
        """An upload never takes the place of a file in the folder, nor of another document."""
        known = self._catalog.documents(named=document.id)
        refuse_other_machines(document, known)
        stored = next((each for each in known if each.key == document.key), None)
        if stored is None or stored.source_hash == document.source_hash:
            return
        if self._catalog.origins()[stored.key] == SYNCED and Path(stored.source).is_file():
            raise DataFault(
                f"{document.id} revision {document.revision} stands in the folder of documents "
                f"as {Path(stored.source).name}.",
                remedy="Change that file, or give this one another revision.",
            )
        refuse_other_title(document, stored)

    def _let_in(self, document: Document) -> Callable[[Document | None], None]:
        note = noted(self._register, document)

        def let_in(replaced: Document | None) -> None:
            note(replaced)
            self._register.let_in(document.source_hash)

        return let_in

    def _stored(self, key: str) -> Document | None:
        return next((d for d in self._catalog.documents() if d.key == key), None)

    def _revisions(self, document: str, revision: str | None) -> list[Document]:
        known = self._catalog.documents(named=document)
        found = [each for each in known if revision in (None, each.revision)]
        if found:
            return found
        words = f"There is no document {document}."
        if known:
            there = ", ".join(each.revision for each in known)
            words = f"There is no revision {revision} of {document}; there is {there}."
        raise NotKnown(words, remedy="See: andon docs list.")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One change at a time, among the threads and among the processes of one home."""
        with self._writing, _held(self._lock_file, wait=True):
            self._mender.mend_marked()
            yield


def _nothing_to_restore(named: Sequence[Document]) -> DataFault:
    own = [each for each in named if each.status is DocumentStatus.WITHDRAWN]
    if own:
        return DataFault(
            f"{own[0].id} revision {own[0].revision} is withdrawn by its own metadata.",
            remedy="Change its status there.",
        )
    return DataFault(f"{named[0].id} is not withdrawn.", remedy="See: andon docs list.")


@contextmanager
def _held(path: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this process alone may write, for as long as the block lasts."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
