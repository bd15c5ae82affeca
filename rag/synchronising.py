"""A folder of documents and the library made equal, embedding only what changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import DataFault, SettingsFault
from rag.catalog import SYNCED, Catalog
from rag.document import Document, DocumentFailure, SyncReport
from rag.reading import Source, find_sources, open_source, read_source
from rag.settings import RagSettings
from rag.shelving import Shelving

log = logging.getLogger(__name__)
Progress = Callable[[int, int, str], None]
"""Documents done, documents in all, the name of the one that is next or done."""


@dataclass(slots=True)
class _Tally:
    """What happened so far."""

    before: dict[str, Document]
    """By key."""
    known: dict[str, Document]
    """By hash of the source."""
    synced: frozenset[str]
    """Keys of those that came from a folder."""
    seen: dict[str, str] = field(default_factory=dict)
    """Source by key."""
    changed: set[str] = field(default_factory=set)
    """Ids."""
    failed: list[DocumentFailure] = field(default_factory=list)
    embedded: int = 0


class Synchroniser:
    """Runs one sync after another."""

    def __init__(self, catalog: Catalog, shelving: Shelving, settings: RagSettings) -> None:
        self._catalog = catalog
        self._shelving = shelving
        self._settings = settings

    def sync(self, folder: Path, progress: Progress | None = None) -> SyncReport:
        """Take in what is new or changed in the folder, take out what is gone from it.

        Documents that were added one by one stay. A file that cannot be read is reported, and
        what was known of it before stays.

        Raises:
            SettingsFault: there is no such folder.
        """
        if not folder.is_dir():
            raise SettingsFault(
                f"There is no document folder {folder}.",
                remedy="Name one in [documents] of plant.toml.",
            )
        folder = folder.resolve()
        tally = self._start()
        paths = find_sources(folder)
        sources = [source for path in paths if (source := self._open(path, folder, tally))]
        fresh = [source for source in sources if not self._keep(source, tally)]
        done = len(paths) - len(fresh)
        with self._shelving.mending():
            for number, source in enumerate(fresh):
                if progress:
                    progress(done + number, len(paths), source.path.name)
                self._take(source, tally)
            gone = self._take_out(tally)
        self._shelving.mark_read()
        if progress:
            progress(len(paths), len(paths), "")
        return self._report(tally, gone)

    def _start(self) -> _Tally:
        documents = self._catalog.documents()
        fresh = {} if self._shelving.needs_reading() else {d.source_hash: d for d in documents}
        synced = frozenset(d.key for d in self._catalog.documents(origin=SYNCED))
        return _Tally({d.key: d for d in documents}, fresh, synced)

    def _open(self, path: Path, folder: Path, tally: _Tally) -> Source | None:
        try:
            return open_source(path, self._settings, within=folder)
        except DataFault as fault:
            self._failed(path, fault, tally)
            return None

    def _keep(self, source: Source, tally: _Tally) -> bool:
        """Whether the library has exactly this already; those come first, so they stay."""
        known = tally.known.get(source.hash)
        if known is None or known.key in tally.seen:
            return False
        tally.seen[known.key] = source.path.name
        if known.source != str(source.path) or known.key not in tally.synced:
            self._catalog.set_source(known.key, str(source.path), SYNCED)
        return True

    def _take(self, source: Source, tally: _Tally) -> None:
        try:
            self._read(source, tally)
        except DataFault as fault:
            self._failed(source.path, fault, tally)

    def _failed(self, path: Path, fault: DataFault, tally: _Tally) -> None:
        log.warning("document left out", extra={"document": path.name, "reason": str(fault)})
        tally.failed.append(DocumentFailure(str(path), str(fault)))

    def _read(self, source: Source, tally: _Tally) -> None:
        document, blocks = read_source(source, self._settings)
        if document.key in tally.seen:
            raise DataFault(
                f"{source.path.name}: id {document.id} revision {document.revision} is also "
                f"that of {tally.seen[document.key]}.",
                remedy="Give one of them another id or revision.",
            )
        tally.embedded += self._shelving.put(document, blocks, SYNCED)
        tally.seen[document.key] = source.path.name
        tally.changed.add(document.id)

    def _take_out(self, tally: _Tally) -> list[Document]:
        """Remove what came from a folder and is not there any more."""
        broken = {failure.source for failure in tally.failed}
        gone = [
            document
            for document in self._catalog.documents(origin=SYNCED)
            if document.key not in tally.seen and document.source not in broken
        ]
        for document in gone:
            self._shelving.remove(document)
        return gone

    def _report(self, tally: _Tally, gone: list[Document]) -> SyncReport:
        before = {document.id for document in tally.before.values()}
        after = {document.id for document in self._catalog.documents()}
        changed = tally.changed | {document.id for document in gone}
        return SyncReport(
            added=tuple(sorted(after - before)),
            updated=tuple(sorted(changed & before & after)),
            removed=tuple(sorted(before - after)),
            unchanged=tuple(sorted((before & after) - changed)),
            failed=tuple(tally.failed),
            passages=self._catalog.size(),
            embedded=tally.embedded,
        )
