"""What lies in a folder of documents: files that look as they did are not opened."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import DataFault
from rag.catalog import Catalog
from rag.document import DocumentFailure
from rag.reading import Source, find_sources, open_source
from rag.register import Register
from rag.settings import RagSettings
from rag.stamps import identity, settled, stamp

log = logging.getLogger(__name__)

_FOLDER = "folder"


@dataclass(slots=True)
class Seen:
    """What a look at a folder found."""

    sources: list[Source] = field(default_factory=list)
    failed: list[DocumentFailure] = field(default_factory=list)
    stays: list[Path] = field(default_factory=list)
    """Files and folders of which nothing is known now: what came from there stays."""
    stamps: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By path, stamp and hash of files that were opened."""
    gone: list[str] = field(default_factory=list)
    """Paths of files that are not there any more."""


class Looking:
    """Looks at a folder again and again; what is broken is remembered while the process lives."""

    def __init__(self, catalog: Catalog, settings: RagSettings) -> None:
        self._catalog = catalog
        self._register = Register(catalog)
        self._settings = settings
        self._looks: dict[str, str] = {}
        """By path, the stamp at the last look, where it can be trusted."""
        self._broken: dict[str, tuple[str, str]] = {}
        """By path, stamp and what is wrong with the file."""
        self._said: dict[str, str] = {}

    def look(self, folder: Path, *, leave: Collection[Path] = ()) -> Seen:
        """Every document file but those that are just being written, which are left alone."""
        now, paths = time.time_ns(), find_sources(folder)
        seen = Seen(stays=list(leave))
        for place, words in self._troubles(folder, paths):
            seen.failed.append(DocumentFailure(str(place), words))
            seen.stays.append(place)
        stored, self._looks = self._register.stamps(), {}
        for path in (path for path in paths if path not in leave):
            look = stamp(path)
            if look is not None:
                if settled(look, now):
                    self._looks[str(path)] = look
                self._see(path, folder, stored.get(str(path)), seen)
        there = {str(path) for path in paths}
        seen.gone = [path for path in stored if path not in there]
        self._leave_out(seen)
        return seen

    def broke(self, path: Path, reason: str) -> None:
        """A file that cannot be read is not read again before it changes."""
        if look := self._looks.get(str(path)):
            self._broken[str(path)] = (look, reason)

    def keep(self, folder: Path, seen: Seen) -> None:
        """Remember beyond this process how the files looked; all that was found is taken in."""
        if seen.stamps or seen.gone:
            self._register.keep_stamps(seen.stamps, gone=seen.gone)
        if not any(folder.is_relative_to(place) for place in seen.stays):
            self._catalog.keep(_FOLDER, identity(folder))

    def say(self, failed: Collection[DocumentFailure]) -> None:
        """Log what is wrong, each thing once, and once that it is right again."""
        now = {failure.source: failure.reason for failure in failed}
        for source, reason in now.items():
            if self._said.get(source) != reason:
                log.warning("document left out", extra={"document": source, "reason": reason})
        for source in self._said.keys() - now.keys():
            log.info("document no longer left out", extra={"document": source})
        self._said = now

    def _see(self, path: Path, folder: Path, known: tuple[str, str] | None, seen: Seen) -> None:
        name = str(path)
        look = self._looks.get(name, "")
        broken_look, reason = self._broken.pop(name, ("", ""))
        if look and look == broken_look:
            self._broken[name] = (look, reason)
            seen.failed.append(DocumentFailure(_shown(path), reason))
            return
        if known and known[0] == look and _inside(path, folder):
            sidecar = path.with_name(f"{path.name}.yaml")
            there = sidecar if "|" in look else None
            seen.sources.append(Source(path, there, known[1]))
            return
        try:
            _check_name(path)
            source = open_source(path, self._settings, within=folder)
        except DataFault as fault:
            self.broke(path, str(fault))
            seen.failed.append(DocumentFailure(_shown(path), str(fault)))
            return
        seen.sources.append(source)
        if look:
            seen.stamps[name] = (look, source.hash)

    def _leave_out(self, seen: Seen) -> None:
        """Files that were taken out by hand stay out until they change, or go and come back.

        What cannot be looked at just now has not gone.
        """
        out = self._register.taken_out()
        if not out:
            return
        there = {source.hash for source in seen.sources}
        seen.sources = [source for source in seen.sources if source.hash not in out]
        if seen.stays or seen.failed:
            return
        with self._catalog.changing():
            for source_hash in out - there:
                self._register.let_in(source_hash)

    def _troubles(self, folder: Path, paths: Collection[Path]) -> Iterator[tuple[Path, str]]:
        """Folders that cannot be looked into, and a folder that is empty for want of its drive."""
        faults: list[OSError] = []
        for _ in os.walk(folder, onerror=faults.append):
            pass
        for fault in faults:
            place = Path(_shown(Path(str(fault.filename))))
            yield place, f"{place} cannot be looked into: {fault.strerror}. Its documents stay."
        before = self._catalog.setting(_FOLDER)
        if not paths and before.startswith(f"{folder}|") and before != identity(folder):
            words = (
                f"{folder} is empty and is not the folder that it was: is its drive mounted? Its "
                "documents stay; take them out with andon docs remove if that is meant."
            )
            yield folder, words


def _check_name(path: Path) -> None:
    """Raise DataFault where the store could not keep the path: its bytes are not UTF-8."""
    if _shown(path) != str(path):
        raise DataFault(f"{_shown(path)}: its name is not UTF-8.", remedy="Rename it.")


def _shown(path: Path) -> str:
    """A path as it can be printed and stored, with bytes that are no letters as `\\xfc`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _inside(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(folder)
