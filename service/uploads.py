"""Uploaded documents on their way into the library: a plain name, and nothing left lying around."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import UploadFile

from ingest.errors import DataFault
from rag.document import Document
from rag.reading import SUFFIXES
from service.ports import Library

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,119}")
SIDECAR = ".yaml"


def shelve(library: Library, file: UploadFile, *, sidecar: UploadFile | None = None) -> Document:
    """Let the library take in a file, with the metadata that came beside it.

    Raises:
        DataFault: the name or the content is not that of a document that we can read.
    """
    name = _name(file)
    with TemporaryDirectory(prefix="andon-upload-") as folder:
        path = _save(file, Path(folder) / name)
        if sidecar is not None:
            _save(sidecar, Path(folder) / f"{name}{SIDECAR}")
        return library.add(path)


def _name(file: UploadFile) -> str:
    name = file.filename or ""
    if not NAME.fullmatch(name) or Path(name).suffix.lower() not in SUFFIXES:
        raise DataFault(
            f"The file needs a plain name that ends in one of {', '.join(sorted(SUFFIXES))}.",
            remedy="Letters, digits, spaces, dots, dashes and brackets are plain.",
        )
    return name


def _save(upload: UploadFile, path: Path) -> Path:
    with path.open("wb") as sink:
        shutil.copyfileobj(upload.file, sink)
    return path
