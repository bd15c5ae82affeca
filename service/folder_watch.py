"""The plant's folder of documents: taken in at the start, and looked at for as long as we run.

The files are looked at every two seconds instead of being watched through the kernel: a look at a
thousand files takes some milliseconds, and it also works where the kernel tells nothing (network
drives, files mounted into a container).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from ingest.errors import AndonFault, WireFault
from rag.document import Document, SyncReport
from rag.reading import find_sources
from rag.stamps import stamp

log = logging.getLogger(__name__)

PERIOD_S = 2.0
"""A file is taken in once two looks find it the same: before that it may be half written."""
MOST_NAMED = 5
"""Files that could not be taken in, named at once."""
CLOCK_BEHIND = timedelta(hours=1)

Progress = Callable[[int, int, str], None]


class Shelf(Protocol):
    """What the watch needs of the library."""

    def sync(
        self, folder: Path, progress: Progress | None = None, *, leave: Collection[Path] = ()
    ) -> SyncReport:
        """Make the library hold what is in the folder; files in `leave` stay as they are known."""
        ...

    def reread(self, progress: Progress | None = None) -> None:
        """Read what was added one by one again, where that is needed."""
        ...

    def documents(self) -> Sequence[Document]:
        """All that are there."""
        ...

    def trouble(self) -> str:
        """Why no question can be answered now; empty when none is."""
        ...


class FolderWatch:
    """Keeps the library as the folder is; what is broken in it is said once."""

    def __init__(
        self,
        library: Shelf,
        folder: Path | None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._library = library
        self._folder = folder
        self._clock = clock
        self._taken: Mapping[Path, str] = {}
        """How each file looked when it was taken in."""
        self._pending: Mapping[Path, str] = {}
        self._failed: tuple[str, ...] = ()
        self._trouble = ""
        self.taken_over = 0
        """How often a change was taken in."""

    def read(self, progress: Progress | None = None) -> None:
        """Bring the library up to date at the start.

        Raises:
            SettingsFault: there is no such folder.
        """
        try:
            if self._folder is None:
                self._library.reread(progress)
                return
            looks = self._pending = self._looks(self._folder)
            self._note(self._library.sync(self._folder, progress))
            self._taken = looks
        except WireFault as fault:  # the index is away: it is taken in once that is back
            self._tell(str(fault))

    def run(self, stop: threading.Event) -> None:
        """Look again and again until stopped; must not die."""
        while not stop.wait(PERIOD_S):
            try:
                self.look()
            except Exception:
                log.exception("the folder of documents could not be looked at")

    def look(self) -> SyncReport | None:
        """Take in what has changed and is not changing any more; None where nothing has."""
        if self._folder is None:
            return None
        found = self._looks(self._folder)
        moving = _different(found, self._pending)
        self._pending = found
        if not _different(found, self._taken) - moving:
            if self._folder.is_dir():
                self._tell("")
            return None
        try:
            report = self._library.sync(self._folder, leave=moving)
        except AndonFault as fault:
            self._tell(str(fault))
            return None
        self._tell("")
        self._note(report)
        self.taken_over += 1
        stays = {path: look for path, look in self._taken.items() if path in moving}
        self._taken = {p: look for p, look in found.items() if p not in moving} | stays
        return report

    def standing(self) -> tuple[str, str]:
        """Whether the documents are well, `ok` or `degraded`, and in words how they are."""
        documents = self._library.documents()
        found = (self._trouble, self._library.trouble(), self._behind(documents))
        troubles = list(dict.fromkeys(words for words in found if words))
        failed = [*self._failed[:MOST_NAMED]]
        if more := len(self._failed) - len(failed):
            failed.append(f"and {more} more")
        if not documents and not troubles and not failed:
            words = "No documents: no procedures and no code tables; add some with andon docs add."
            return "degraded", words
        said = "; ".join([f"{len(documents)} document(s)", *troubles, *failed])
        return "degraded" if troubles or failed else "ok", said

    def _looks(self, folder: Path) -> dict[Path, str]:
        paths = find_sources(folder.resolve()) if folder.is_dir() else []
        return {path: look for path in paths if (look := stamp(path))}

    def _note(self, report: SyncReport) -> None:
        self._failed = tuple(f"{Path(each.source).name}: {each.reason}" for each in report.failed)

    def _tell(self, trouble: str) -> None:
        """Say that the folder is away once, and once that it is back."""
        if trouble != self._trouble:
            fields = {"folder": str(self._folder), "fault": trouble}
            if trouble:
                log.warning("folder of documents is in trouble", extra=fields)
            else:
                log.info("folder of documents is well again", extra=fields)
        self._trouble = trouble

    def _behind(self, documents: Sequence[Document]) -> str:
        """Documents hold by the clock; a clock that has lost its battery says a day long ago."""
        now = self._clock()
        last = max((each.added_at for each in documents if each.added_at), default=now)
        if last - now < CLOCK_BEHIND:
            return ""
        return (
            f"The clock says {now:%Y-%m-%d %H:%M}, but a document was taken in on "
            f"{last:%Y-%m-%d %H:%M}: which revision holds goes by that clock. Set it right."
        )


def _different(one: Mapping[Path, str], other: Mapping[Path, str]) -> set[Path]:
    return {path for path in {*one, *other} if one.get(path) != other.get(path)}
