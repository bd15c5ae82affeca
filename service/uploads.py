"""Uploaded documents on their way into the library: names and sizes checked, nothing half done."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import UploadFile

from ingest.errors import DataFault
from rag.document import Document
from service.ports import Library
from service.settings import ServiceSettings

SUFFIXES = (".md", ".pdf")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,119}")
SIDECAR = ".yaml"


def shelve(
    library: Library,
    settings: ServiceSettings,
    file: UploadFile,
    *,
    sidecar: UploadFile | None = None,
) -> Document:
    """Let the library take in the file, then keep it in the folder of documents.

    Raises:
        DataFault: the name or the content is not that of a document that we can read.
    """
    name = _name(file)
    folder, drafts = settings.home / "documents", settings.home / "uploads"
    for place in (folder, drafts):
        place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=drafts) as draft:
        saved = [_save(file, Path(draft) / name)]
        if sidecar is not None:
            saved.append(_save(sidecar, Path(draft) / f"{name}{SIDECAR}"))
        with _in_place(saved, folder, Path(draft) / "before"):
            return library.add(folder / name)


@contextmanager
def _in_place(files: list[Path], folder: Path, before: Path) -> Iterator[None]:
    """Put files into the folder; when what follows fails, what lay there before comes back."""
    before.mkdir()
    for file in files:
        target = folder / file.name
        if target.exists():
            target.replace(before / file.name)
        file.replace(target)
    try:
        yield
    except BaseException:
        for file in files:
            (folder / file.name).unlink(missing_ok=True)
            if (before / file.name).exists():
                (before / file.name).replace(folder / file.name)
        raise


def _name(file: UploadFile) -> str:
    name = file.filename or ""
    if not NAME.fullmatch(name) or not name.lower().endswith(SUFFIXES):
        raise DataFault(
            "The file needs a plain name that ends in " + " or ".join(SUFFIXES) + ".",
            remedy="Letters, digits, spaces, dots, dashes and brackets are plain.",
        )
    return name


def _save(upload: UploadFile, path: Path) -> Path:
    with path.open("wb") as sink:
        shutil.copyfileobj(upload.file, sink)
    return path
