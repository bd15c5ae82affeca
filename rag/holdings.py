"""The holdings of a library: documents in, out, withdrawn and restored; all that changes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ingest.errors import NotKnown
from rag.catalog import Catalog
from rag.catching_up import CatchingUp
from rag.document import Block, Change, Document, DocumentFailure, Passage, SyncReport
from rag.encoding import TextEncoder
from rag.librarian import Librarian
from rag.mending import Progress
from rag.opening import open_index
from rag.settings import RagSettings
from rag.standing import holds, resolve, standing_on

log = logging.getLogger(__name__)


def today_utc() -> date:
    """The day by which a document holds or not."""
    return datetime.now(UTC).date()


class Holdings:
    """The store, the index made from it, and the librarian who changes both."""

    def __init__(
        self,
        folder: Path,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
        today: Callable[[], date] = today_utc,
        progress: Progress | None = None,
        anew: bool = False,
    ) -> None:
        """`anew`: the index is thrown away first and made from the store."""
        self._today = today
        self._catalog = Catalog(folder / "documents" / "library.db")
        vectors = folder / "vectors"
        try:
            self._index = open_index(vectors, encoder, self._catalog, settings, anew=anew)
        except BaseException:
            self._catalog.close()
            raise
        self._librarian = Librarian(
            folder / "documents", self._catalog, self._index, encoder, settings=settings
        )
        self._catching_up = CatchingUp(self._index, self._librarian.repair)
        try:
            self._catching_up.begin(progress)
        except BaseException:
            self.close()  # else the lock of the shard would outlive the failure
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store and the index."""
        self._index.close()
        self._catalog.close()

    def sync(
        self, folder: Path, progress: Progress | None = None, *, leave: Collection[Path] = ()
    ) -> SyncReport:
        """Make the library hold what is in that folder, and what was added one by one.

        Args:
            folder: Of the documents.
            progress: Told before each document that is taken in, and at the end.
            leave: Files that are being written just now; what is known of them stays.
        """
        return self._librarian.sync(folder, progress, leave=leave)

    def reread(self, progress: Progress | None = None) -> None:
        """Read what was added one by one again, if the rules of reading have changed."""
        self._librarian.reread(progress)

    def add(
        self,
        path: Path,
        *,
        metadata: Mapping[str, Any] | None = None,
        by: str = "",
        progress: Progress | None = None,
    ) -> Document:
        """Take in one document; a copy of it is kept. The same revision is replaced in one step.

        Args:
            path: The file.
            metadata: Fields that the caller gives; they overrule those of the file.
            by: Who adds it.
            progress: Told of its passages, before they are embedded and when they are in.

        Raises:
            DataFault: it cannot be read, or is another document under the same id; what was
                there stays.
        """
        key = self._librarian.add(path, metadata=metadata, by=by, progress=progress)
        stored = resolve(self._catalog.documents())[key]
        log.info("document added", extra={"document": stored.key, "passages": stored.passages})
        return stored

    def add_read(
        self,
        entries: Sequence[tuple[Document, Sequence[Block]]],
        progress: Progress | None = None,
    ) -> None:
        """Take in documents that were read elsewhere; no file is kept."""
        self._librarian.add_read(entries, progress)

    def withdraw(
        self, document: str, revision: str | None = None, *, reason: str = "", by: str = ""
    ) -> list[Document]:
        """Let a revision, or all of them, not hold any more; its revisions as they stand then.

        It stays withdrawn whatever file comes for it, until it is restored. A later revision is
        not touched; one before it that is current by its own metadata holds again.

        Raises:
            NotKnown: there is none.
        """
        self._librarian.withdraw(document, revision, reason=reason, by=by)
        return self.revisions(document)

    def restore(
        self, document: str, revision: str | None = None, *, by: str = ""
    ) -> list[Document]:
        """Take a withdrawal back; its revisions as they stand then.

        Raises:
            NotKnown: there is none.
            DataFault: it was not withdrawn, or its own metadata say so.
        """
        self._librarian.restore(document, revision, by=by)
        return self.revisions(document)

    def remove(self, document: str, revision: str | None = None, *, by: str = "") -> None:
        """Take out one revision or all of them in one step.

        A file in the folder stays out until it changes, or is added by hand.

        Raises:
            NotKnown: there is none.
        """
        self._librarian.remove(document, revision, by=by)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Write the index anew from the store; how many passages there are.

        Searches go on meanwhile and find what they would have found.
        """
        return self._librarian.rebuild(progress)

    def documents(self) -> list[Document]:
        """Every revision of every document; what a newer one replaced is superseded."""
        return standing_on(resolve(self._catalog.documents()), self._today())

    def revisions(self, document: str) -> list[Document]:
        """Every revision of one document as it stands today."""
        return standing_on(resolve(self._catalog.documents(named=document)), self._today())

    def passages(self, document: str, revision: str | None = None) -> list[Passage]:
        """All passages of a revision in order; of the one that holds today, unless told.

        Raises:
            NotKnown: there is none.
        """
        today, found = self._today(), self.revisions(document)
        for each in found:
            if each.revision == revision or (revision is None and holds(each, today)):
                return self._catalog.passages_of(each.key)
        named = f"{document} revision {revision}" if revision else document
        words = "No revision of it holds today." if found and not revision else ""
        raise NotKnown(f"There is no document {named}. {words}".rstrip())

    def changes(self, document: str | None = None, limit: int = 200) -> list[Change]:
        """What was done to the documents or to that one, by whom and when, the newest first."""
        return self._librarian.changes(document, limit)

    def trouble(self) -> str:
        """Why no question can be answered just now; empty when none is."""
        return self._catching_up.trouble()

    def failures(self) -> tuple[DocumentFailure, ...]:
        """What the last sync could not take in."""
        return self._librarian.failures
