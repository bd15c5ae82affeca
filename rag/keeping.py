"""Copies of the documents that were added one by one: whole or not there, also after a crash."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from ingest.errors import DataFault
from rag.document import Document

_PART = ".part"
_HASH_LETTERS = 12


class Keeping:
    """One folder of copies; each is named after the content, so that two never share a name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, path: Path, document: Document, *, sidecar: str | None = None) -> Path:
        """Copy a file and what stands beside it; the copy is on the disk when this returns.

        Args:
            sidecar: Stands beside the copy instead of what stands beside the file.

        Raises:
            DataFault: it cannot be copied.
        """
        name = f"{document.key}.{document.source_hash[:_HASH_LETTERS]}{path.suffix.lower()}"
        kept = self.folder / name
        beside = _sidecar(path)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if sidecar is not None:
                _write(_sidecar(kept), sidecar.encode())
            elif beside.is_file():
                _write(_sidecar(kept), beside.read_bytes())
            _copy(path, kept)
            _sync(self.folder)
        except OSError as fault:
            words = f"{path.name}: it cannot be copied to {self.folder}: {fault.strerror}."
            raise DataFault(words, remedy="Make room or mend its rights.") from fault
        return kept

    def here(self, source: str) -> Path | None:
        """The copy that this path meant before the home was moved or named otherwise, if any."""
        kept = self.folder / Path(source).name
        return kept if str(kept) != source and kept.is_file() else None

    def tidy(self, sources: Collection[str]) -> None:
        """Delete every copy that is none of these sources, and what a crash left half written.

        Copies are told apart by their names: the home may have been moved.
        """
        kept = [Path(source) for source in sources]
        wanted = {name for path in kept for name in (path.name, _sidecar(path).name)}
        for path in self.folder.glob("*"):
            if path.name not in wanted and path.is_file():
                path.unlink(missing_ok=True)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.yaml")


def _copy(path: Path, kept: Path) -> None:
    part = kept.with_name(f"{kept.name}{_PART}")
    shutil.copyfile(path, part)
    _settle(part, kept)


def _write(kept: Path, content: bytes) -> None:
    part = kept.with_name(f"{kept.name}{_PART}")
    part.write_bytes(content)
    _settle(part, kept)


def _settle(part: Path, kept: Path) -> None:
    _sync(part)
    part.replace(kept)


def _sync(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
