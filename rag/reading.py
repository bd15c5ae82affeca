"""A file on disk to its metadata and blocks; whatever is wrong with it becomes one DataFault."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.errors import DataFault
from rag.document import Block, BlockKind, Document
from rag.formats.limits import Limits
from rag.formats.parsed import Parsed
from rag.formats.parsing import parse
from rag.formats.plain import decoded, parsed_text
from rag.formats.seen import seen
from rag.formats.sniffing import CONTENT_OF, Content, sniff
from rag.metadata import (
    FRONT_MATTER_MAX,
    Origin,
    document_of,
    given_fields,
    load_fields,
    sidecar_text,
    split_front_matter,
)
from rag.settings import RagSettings

SUFFIXES = frozenset(CONTENT_OF)
_HERE_MAX = 256 << 10
"""Bytes of Markdown or text up to which it is read in this process: lines are taken one by one, in
linear time, and a thousand short files do not start a thousand processes."""
_LATER = {"id": "X", "title": "X", "revision": "1"}
"""What a file may still say of itself when it is read."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, the sidecar beside it as they are on disk right now, and what a caller says of it."""

    path: Path
    sidecar: Path | None
    hash: str
    """SHA-256 over both; with a caller's metadata as if `merged_sidecar` were the sidecar."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Goes before what sidecar, front matter and the properties of the file say."""


def find_sources(folder: Path) -> list[Path]:
    """Files that look like documents; hidden folders and those named `sources` are left out."""
    return sorted(path for path in folder.rglob("*") if _is_candidate(path, folder))


def _is_candidate(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    hidden = any(part.startswith((".", "_", "~$")) or part == "sources" for part in parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()


def open_source(
    path: Path,
    settings: RagSettings,
    *,
    within: Path | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Source:
    """Hash a file and its sidecar.

    Raises:
        DataFault: it is too large, no file, cannot be read, or leads out of the folder `within`.
    """
    with _legible(path):
        return _opened(path, settings, within, given_fields(metadata))


def _opened(
    path: Path, settings: RagSettings, within: Path | None, metadata: Mapping[str, Any]
) -> Source:
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        raise DataFault(f"{path.name}: it leads out of {within}.", remedy="Put the file there.")
    if not path.is_file():
        raise DataFault(f"{path}: there is no such file.")
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise DataFault(f"{path.name}: its kind is not known.", remedy=f"Known are {known}.")
    size = path.stat().st_size
    if size > settings.document_max_mb << 20:
        raise DataFault(
            f"{path.name}: it has {size >> 20} MB, more than the {settings.document_max_mb} taken.",
            remedy="Raise ANDON_DOCUMENT_MAX_MB or split the file.",
        )
    sidecar = path.with_name(f"{path.name}.yaml")
    source = Source(path, sidecar if sidecar.is_file() else None, "", metadata)
    return replace(source, hash=_hash(source))


def _hash(source: Source) -> str:
    with source.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    beside = merged_sidecar(source)
    if beside is not None:
        digest.update(b"\0" + beside.encode())
    elif source.sidecar is not None:
        digest.update(b"\0" + source.sidecar.read_bytes())
    return digest.hexdigest()


def merged_sidecar(source: Source) -> str | None:
    """What has to stand in the sidecar of a copy so that it is read as this; None: the same."""
    if not source.metadata:
        return None
    return sidecar_text({**_sidecar_fields(source), **source.metadata})


def limits_of(settings: RagSettings) -> Limits:
    """The limits that are set."""
    return Limits(
        pages=settings.document_max_pages,
        blocks=settings.document_max_blocks,
        cpu_s=settings.document_cpu_s,
        stall_s=settings.document_stall_s,
        memory_mb=settings.document_memory_mb,
        ocr_page_s=settings.ocr_page_s,
    )


def read_source(source: Source, settings: RagSettings) -> tuple[Document, list[Block]]:
    """Metadata and blocks of a document.

    Raises:
        DataFault: naming the file and what is wrong with it.
    """
    with _legible(source.path):
        return _read(source, settings)


def _read(source: Source, settings: RagSettings) -> tuple[Document, list[Block]]:
    content, name = CONTENT_OF[source.path.suffix.lower()], source.path.name
    _sniff(source.path, content)
    text = _short_text(source.path, content)
    head = text if text is not None else _head(source.path, content)
    front, body = split_front_matter(head, source=name)
    fields = {
        **(load_fields(front, name) if front is not None else {}),
        **_sidecar_fields(source),
        **source.metadata,
    }
    origin = Origin(str(source.path), source.hash)
    language = document_of(fields, origin, _LATER).language
    if text is not None:
        parsed = seen(parsed_text(body, content))
    else:
        parsed = parse(source.path, content, limits_of(settings), (language,))
    return _told(document_of(fields, origin, _proposals(parsed)), parsed), _checked(parsed, name)


@contextmanager
def _legible(path: Path) -> Iterator[None]:
    """One file that may not be read, or is just gone, is no reason to leave out the others."""
    try:
        yield
    except OSError as fault:
        raise DataFault(
            f"{path.name}: it cannot be read: {fault.strerror or fault}.",
            remedy="Give the right to read it, or look at its drive.",
        ) from fault


def _sniff(path: Path, content: Content) -> None:
    try:
        sniff(path, content)
    except DataFault as fault:
        raise DataFault(f"{path.name}: {fault.message}", remedy=fault.remedy) from fault


def _short_text(path: Path, content: Content) -> str | None:
    """The whole text of a file that is read here; None for one that is read elsewhere."""
    if content not in (Content.MARKDOWN, Content.TEXT) or path.stat().st_size > _HERE_MAX:
        return None
    try:
        return decoded(path.read_bytes())
    except DataFault as fault:
        raise DataFault(f"{path.name}: {fault.message}", remedy=fault.remedy) from fault


def _head(path: Path, content: Content) -> str:
    """Where the front matter of a long text stands."""
    if content not in (Content.MARKDOWN, Content.TEXT):
        return ""
    with path.open("rb") as file:
        return file.read(2 * FRONT_MATTER_MAX).decode("utf-8", "ignore")


def _sidecar_fields(source: Source) -> dict[str, Any]:
    if source.sidecar is None:
        return {}
    name = source.sidecar.name
    if source.sidecar.stat().st_size > 4 * FRONT_MATTER_MAX:
        raise DataFault(f"{name}: it is too long for metadata.")
    try:
        return load_fields(decoded(source.sidecar.read_bytes()), name)
    except DataFault as fault:
        if name in fault.message:
            raise
        raise DataFault(f"{name}: {fault.message}", remedy=fault.remedy) from fault


def _proposals(parsed: Parsed) -> dict[str, str]:
    """What the file says of itself; without a title its first heading."""
    first = next((b.text for b in parsed.blocks[:50] if b.kind is BlockKind.HEADING), "")
    return {"title": first, **parsed.properties}


def _told(document: Document, parsed: Parsed) -> Document:
    return replace(
        document,
        page_labels=parsed.labels,
        ocr_pages=parsed.ocr_pages,
        unread_pages=parsed.unread_pages,
    )


def _checked(parsed: Parsed, name: str) -> list[Block]:
    blocks = [block for block in parsed.blocks if block.text]
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise DataFault(f"{name}: there is no text in it.")
    return blocks
