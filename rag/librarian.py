"""The librarian: who alone changes what is in the library, one change at a time."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.errors import DataFault, NotKnown
from rag.catalog import ADDED, Catalog
from rag.document import Block, Document, SyncReport
from rag.reading import open_source, read_source
from rag.settings import RagSettings
from rag.shelving import Shelving
from rag.synchronising import Progress, Synchroniser

log = logging.getLogger(__name__)


class Librarian:
    """Takes documents in and out of one library."""

    def __init__(
        self, files: Path, catalog: Catalog, shelving: Shelving, *, settings: RagSettings
    ) -> None:
        self._files = files
        """Copies of the documents that were added one by one."""
        self._catalog = catalog
        self._shelving = shelving
        self._settings = settings
        self._writing = threading.RLock()

    def sync(self, folder: Path, progress: Progress | None = None) -> SyncReport:
        """Make the library hold what is in that folder, and what was added one by one."""
        with self._writing:
            return Synchroniser(self._catalog, self._shelving, self._settings).sync(
                folder, progress
            )

    def add(self, path: Path) -> str:
        """Take in one document and keep a copy; the key under which it stands.

        Raises:
            DataFault: it cannot be read; what was there stays.
        """
        document, blocks = read_source(open_source(path, self._settings), self._settings)
        with self._writing, self._shelving.mending():
            kept = self._keep_file(path, document)
            self._shelving.put(replace(document, source=str(kept)), blocks, ADDED)
        return document.key

    def add_read(
        self,
        entries: Sequence[tuple[Document, Sequence[Block]]],
        progress: Progress | None = None,
    ) -> None:
        """Take in documents that were read elsewhere; no file is kept."""
        with self._writing, self._shelving.mending():
            for done, (document, blocks) in enumerate(entries, start=1):
                self._shelving.put(document, blocks, ADDED)
                if progress:
                    progress(done, len(entries), document.title)

    def remove(self, document: str) -> None:
        """Take out every revision of that id.

        Raises:
            NotKnown: there is none.
        """
        with self._writing:
            revisions = self._catalog.documents(named=document)
            if not revisions:
                raise NotKnown(f"There is no document {document}.", remedy="See: andon docs list.")
            with self._shelving.mending():
                for revision in revisions:
                    self._shelving.remove(revision)
            for revision in revisions:
                self._forget_file(revision)

    def _keep_file(self, path: Path, document: Document) -> Path:
        self._files.mkdir(parents=True, exist_ok=True)
        kept = self._files / f"{document.key}{path.suffix.lower()}"
        try:
            if kept.resolve() != path.resolve():
                shutil.copyfile(path, kept)
                sidecar = path.with_name(f"{path.name}.yaml")
                if sidecar.is_file():
                    shutil.copyfile(sidecar, kept.with_name(f"{kept.name}.yaml"))
        except OSError as fault:
            raise DataFault(f"{path.name}: it cannot be copied: {fault.strerror}.") from fault
        return kept

    def _forget_file(self, document: Document) -> None:
        source = Path(document.source)
        if source.parent == self._files:
            source.unlink(missing_ok=True)
            source.with_name(f"{source.name}.yaml").unlink(missing_ok=True)
