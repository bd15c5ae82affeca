"""A folder of documents and the library made equal, reading and embedding only what changed."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ingest.errors import DataFault, SettingsFault
from rag.catalog import ADDED, SYNCED, Catalog
from rag.document import Document, DocumentFailure, DocumentStatus, SyncReport
from rag.encoding import TextEncoder
from rag.identity import refuse_other_machines
from rag.looking import Looking, Seen
from rag.mending import Mender, Progress, tell
from rag.preparing import Draft, Prepared, ahead, batches, drafted, prepared
from rag.reading import Source, open_source, read_source
from rag.register import Register
from rag.settings import RagSettings
from rag.shelving import Shelving
from rag.standing import revision_order

log = logging.getLogger(__name__)

BY_FOLDER = "folder"
_READERS = 4
"""Most documents are read in a process of their own each."""
_AHEAD = 64


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file that is to be read."""

    source: Source
    origin: str


@dataclass(slots=True)
class _Tally:
    """What happened so far."""

    before: dict[str, Document]
    """By key."""
    known: dict[str, Document]
    """By hash of the source."""
    origins: dict[str, str]
    """By key."""
    seen: dict[str, str] = field(default_factory=dict)
    """Source by key."""
    changed: set[str] = field(default_factory=set)
    """Ids."""
    failed: list[DocumentFailure] = field(default_factory=list)
    waiting: list[Prepared] = field(default_factory=list)
    """Revisions that do not hold any more: they go in after those that take over."""
    done: int = 0
    embedded: int = 0


class Synchroniser:
    """Runs one sync after another."""

    def __init__(
        self,
        catalog: Catalog,
        shelving: Shelving,
        mender: Mender,
        encoder: TextEncoder,
        *,
        settings: RagSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._shelving = shelving
        self._mender = mender
        self._encoder = encoder
        self._register = Register(catalog)
        self._looking = Looking(catalog, settings)
        self._settings = settings
        self._now = now

    def sync(
        self, folder: Path, progress: Progress | None = None, *, leave: Collection[Path] = ()
    ) -> SyncReport:
        """Take in what is new or changed in the folder, take out what is gone from it.

        Documents that were added one by one stay. A file that cannot be read is reported, and
        what was known of it before stays.

        Args:
            leave: Files that are being written just now; what is known of them stays.

        Raises:
            SettingsFault: there is no such folder.
        """
        if not folder.is_dir():
            raise SettingsFault(
                f"There is no document folder {folder}.",
                remedy="Name one in [documents] of plant.toml.",
            )
        folder = folder.resolve()
        tally, seen = self._start(), self._looking.look(folder, leave=leave)
        tally.failed += seen.failed
        fresh = [source for source in seen.sources if not self._keep(source, tally)]
        wanted = [*self._kept_copies(tally), *(_Wanted(source, SYNCED) for source in fresh)]
        tally.done = len(seen.sources) - len(fresh)
        total = tally.done + len(wanted)
        self._take_in(wanted, tally, lambda name: tell(progress, tally.done, total, name))
        gone = self._take_out(tally, seen)
        self._looking.keep(folder, seen)
        self._looking.say(tally.failed)
        self._mender.mark_read()
        tell(progress, total, total, "")
        return self._report(tally, gone)

    def reread(self, progress: Progress | None = None) -> None:
        """Read the copies of what was added again, if the rules of reading have changed."""
        tally = self._start()
        wanted = self._kept_copies(tally)
        self._take_in(wanted, tally, lambda name: tell(progress, tally.done, len(wanted), name))
        if SYNCED not in tally.origins.values():
            self._mender.mark_read()

    def _start(self) -> _Tally:
        documents = self._catalog.documents()
        known = {} if self._mender.needs_reading() else {d.source_hash: d for d in documents}
        return _Tally({d.key: d for d in documents}, known, self._catalog.origins())

    def _keep(self, source: Source, tally: _Tally) -> bool:
        """Whether the library has exactly this already; those come first, so they stay."""
        known = tally.known.get(source.hash)
        if known is None or known.key in tally.seen:
            return False
        tally.seen[known.key] = source.path.name
        if known.source != str(source.path) or tally.origins[known.key] != SYNCED:
            self._catalog.set_source(known.key, str(source.path), SYNCED)
        return True

    def _kept_copies(self, tally: _Tally) -> list[_Wanted]:
        """What was added one by one, where it has to be read again."""
        if not self._mender.needs_reading():
            return []
        added = [d for d in tally.before.values() if tally.origins[d.key] == ADDED]
        found = []
        for document in added:
            try:
                source = open_source(Path(document.source), self._settings)
            except DataFault as fault:
                log.warning("copy not read again", extra={"document": document.key, "why": fault})
                continue
            found.append(_Wanted(source, ADDED))
        return found

    def _take_in(
        self, wanted: Sequence[_Wanted], tally: _Tally, told: Callable[[str], None]
    ) -> None:
        """Read, embed and write, all at the same time: none of the three waits for the others."""
        readers = min(_READERS, os.cpu_count() or 1)
        read = partial(self._read, tally=tally)
        with ahead(read, iter(wanted), by=_AHEAD, threads=readers) as drafts:
            groups = batches(draft for draft in drafts if draft is not None)
            embed = partial(prepared, catalog=self._catalog, encoder=self._encoder)
            with ahead(embed, groups, by=2) as ready:
                for batch in ready:
                    self._write_all(batch, tally, told)
        self._write_all(tally.waiting, tally, told, last=True)

    def _read(self, wanted: _Wanted, tally: _Tally) -> Draft | None:
        source = wanted.source
        try:
            document, blocks = read_source(source, self._settings)
        except DataFault as fault:
            self._looking.broke(source.path, str(fault))
            tally.failed.append(DocumentFailure(str(source.path), str(fault)))
            return None
        document = replace(document, added_at=self._now(), added_by=BY_FOLDER)
        return drafted(document, blocks, self._settings)

    def _write_all(
        self,
        batch: Sequence[Prepared],
        tally: _Tally,
        told: Callable[[str], None],
        *,
        last: bool = False,
    ) -> None:
        """The newest revision first, and what ends after that which takes over."""
        if not last:
            ending = [item for item in batch if self._ends(item.draft.document, tally)]
            tally.waiting += ending
            batch = [item for item in batch if item not in ending]
        order = sorted(batch, key=_revision, reverse=True)
        with self._shelving.mending({item.draft.document.id for item in order}):
            for item in order:
                told(Path(item.draft.document.source).name)
                self._write(item, tally)
                tally.done += 1

    def _ends(self, document: Document, tally: _Tally) -> bool:
        before = tally.before.get(document.key)
        quiet = document.status in (DocumentStatus.SUPERSEDED, DocumentStatus.DRAFT)
        return quiet and before is not None and before.status is DocumentStatus.CURRENT

    def _write(self, item: Prepared, tally: _Tally) -> None:
        document = item.draft.document
        try:
            self._check(document, tally)
        except DataFault as fault:
            tally.failed.append(DocumentFailure(document.source, str(fault)))
            return
        origin = tally.origins.get(document.key, SYNCED)
        self._shelving.put(item, origin, noted(self._register, document))
        tally.embedded += item.embedded
        tally.seen[document.key] = Path(document.source).name
        tally.changed.add(document.id)

    def _check(self, document: Document, tally: _Tally) -> None:
        """One revision stands in one place."""
        name = Path(document.source).name
        if document.key in tally.seen:
            raise DataFault(
                f"{name}: id {document.id} revision {document.revision} is also "
                f"that of {tally.seen[document.key]}.",
                remedy="Give one of them another id or revision.",
            )
        stored = tally.before.get(document.key)
        added = tally.origins.get(document.key) == ADDED
        if stored and added and stored.source_hash != document.source_hash:
            raise DataFault(
                f"{name}: id {document.id} revision {document.revision} was added by hand with "
                "other content.",
                remedy=f"Give the file another revision, or: andon docs remove {document.id} "
                f"--revision {document.revision}.",
            )
        refuse_other_machines(document, self._catalog.documents(named=document.id))

    def _take_out(self, tally: _Tally, seen: Seen) -> list[Document]:
        """Remove what came from a folder and is not there any more, all revisions in one step."""
        stays = [*seen.stays, *(Path(failure.source) for failure in tally.failed)]
        gone: dict[str, list[Document]] = defaultdict(list)
        for document in self._catalog.documents(origin=SYNCED):
            away = any(Path(document.source).is_relative_to(place) for place in stays)
            if document.key not in tally.seen and not away:
                gone[document.id].append(document)
        for id_, documents in gone.items():
            with self._shelving.mending([id_]):
                self._shelving.remove(documents, self._note_removed)
        return [document for documents in gone.values() for document in documents]

    def _note_removed(self, document: Document) -> None:
        why = "its file is gone"
        self._register.note("removed", document, at=self._now(), by=BY_FOLDER, why=why)

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


def noted(register: Register, document: Document) -> Callable[[Document | None], None]:
    """Writes down that a document came, or came in place of another content."""

    def note(replaced: Document | None) -> None:
        if replaced is None or replaced.source_hash != document.source_hash:
            action = "added" if replaced is None else "replaced"
            at = document.added_at or datetime.now(UTC)
            register.note(action, document, at=at, by=document.added_by, why="")

    return note


def _revision(item: Prepared) -> tuple[tuple[int, int, str], ...]:
    return revision_order(item.draft.document.revision)
