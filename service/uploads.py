"""Uploaded documents on their way into the library: a plain name, and nothing left lying around."""

from __future__ import annotations

import re
import shutil
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import UploadFile

from ingest.errors import AndonFault, DataFault
from rag.document import Document
from rag.reading import SUFFIXES
from service.access import Caller
from service.document_bodies import Upload
from service.document_replies import DocumentOut
from service.drafting import Tell, Told, Work, event
from service.faults import Busy
from service.parts import Parts
from service.ports import Progress

MOST_BYTES = 200
"""Of a name: with what is put around it, a file system takes 255."""
SIDECAR = ".yaml"
_FOREIGN = re.compile(r'[/\\:*?"<>|]|%[0-9A-Fa-f]{2}')
"""What another system takes for a path or a pattern; `%2F` may be unfolded on the way."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An upload in a folder of its own, with its sidecar beside it."""

    path: Path
    metadata: dict[str, Any]


def taken_in(
    parts: Parts, caller: Caller, saved: Saved, progress: Progress | None = None
) -> Document:
    """Let the library take it in.

    Raises:
        DataFault: it is no document that we can read; the library is as it was.
        Busy: too many others are being taken in.
    """
    with _slot(parts.upload_slots):
        try:
            document = parts.library.add(
                saved.path, metadata=saved.metadata, by=caller.name, progress=progress
            )
        except AndonFault as fault:
            parts.document_figures.refused(fault)
            raise
    parts.document_figures.taken_in()
    return document


def told(parts: Parts, caller: Caller, saved: Saved, folder: TemporaryDirectory[str]) -> Work:
    """The same as a stream: `progress`, then `document`."""

    def work(tell: Tell, _: threading.Event) -> Iterable[Told]:
        def moved(done: int, total: int, name: str) -> None:
            tell(event("progress", {"done": done, "total": total, "name": name}))

        with folder:
            document = taken_in(parts, caller, saved, moved)
        reply = DocumentOut.model_validate(document).model_dump_json()
        return [{"event": "document", "data": reply}]

    return work


def save(form: Upload, folder: Path) -> Saved:
    """Put the files of a form into that folder.

    Raises:
        DataFault: the name is not that of a document.
    """
    name = plain_name(form.file.filename or "")
    path = _save(form.file, folder / name)
    if form.sidecar is not None:
        _save(form.sidecar, folder / f"{name}{SIDECAR}")
    return Saved(path, form.metadata)


def plain_name(name: str) -> str:
    """The name as a file of ours may bear it; its last ending says what the content must be.

    Raises:
        DataFault: it leads elsewhere, cannot be shown, is too long, or is no document's.
    """
    tidy = unicodedata.normalize("NFC", name)
    known = ", ".join(sorted(SUFFIXES))
    if not tidy.isprintable() or _FOREIGN.search(tidy) or tidy != tidy.strip(" .~"):
        raise DataFault(
            "The name of the file is not plain.",
            remedy="Letters, digits, spaces, dots, dashes and brackets are; a path is not.",
        )
    if len(tidy.encode()) > MOST_BYTES:
        raise DataFault(f"The name of the file is longer than {MOST_BYTES} bytes.")
    suffix = Path(tidy).suffix
    if suffix.lower() not in SUFFIXES:
        raise DataFault(f"{tidy!r:.80} does not end in one of {known}.")
    return tidy.removesuffix(suffix) + suffix.lower()


def _save(upload: UploadFile, path: Path) -> Path:
    with path.open("wb") as sink:
        shutil.copyfileobj(upload.file, sink)
    return path


@contextmanager
def _slot(slots: threading.BoundedSemaphore) -> Iterator[None]:
    if not slots.acquire(blocking=False):
        raise Busy("Other documents are being taken in.", remedy="Send it again in a moment.")
    try:
        yield
    finally:
        slots.release()
