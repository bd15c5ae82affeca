"""A file on disk to its metadata and blocks; whatever is wrong with it becomes one DataFault."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import DataFault
from rag.document import Block, BlockKind, Document
from rag.formats.markdown import markdown_blocks, text_blocks
from rag.formats.pdf import PdfLimits, pdf_blocks
from rag.metadata import Origin, parse_metadata, split_front_matter
from rag.settings import RagSettings

MARKDOWN = frozenset({".md", ".markdown"})
TEXT = frozenset({".txt", ".text"})
PDF = frozenset({".pdf"})
SUFFIXES = MARKDOWN | TEXT | PDF
TEXT_MAX_BYTES = 8 << 20
_BINARY = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP or office file", b"\x7fELF": "a program"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file and the sidecar beside it, as they are on disk right now."""

    path: Path
    sidecar: Path | None
    hash: str
    """SHA-256 over both."""


def find_sources(folder: Path) -> list[Path]:
    """Files that look like documents; hidden folders and those named `sources` are left out."""
    return sorted(path for path in folder.rglob("*") if _is_candidate(path, folder))


def _is_candidate(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    hidden = any(part.startswith((".", "_")) or part == "sources" for part in parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()


def open_source(path: Path, settings: RagSettings, *, within: Path | None = None) -> Source:
    """Hash a file and its sidecar.

    Raises:
        DataFault: it is too large, no file, or leads out of the folder `within`.
    """
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
    digest = hashlib.sha256(path.read_bytes())
    if sidecar.is_file():
        digest.update(b"\0" + sidecar.read_bytes())
    return Source(path, sidecar if sidecar.is_file() else None, digest.hexdigest())


def read_source(source: Source, settings: RagSettings) -> tuple[Document, list[Block]]:
    """Metadata and blocks of a document.

    Raises:
        DataFault: naming the file and what is wrong with it.
    """
    if source.path.suffix.lower() in PDF:
        document = _sidecar_metadata(source)
        with source.path.open("rb") as file:
            if b"%PDF-" not in file.read(1024):
                raise DataFault(f"{source.path.name}: its content is no PDF.")
        blocks = pdf_blocks(source.path, PdfLimits.of(settings))
    else:
        document, blocks = _read_text(source)
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise DataFault(f"{source.path.name}: there is no text in it.")
    return document, blocks


def _read_text(source: Source) -> tuple[Document, list[Block]]:
    name, text = source.path.name, _decode(source.path)
    front_matter, body = split_front_matter(text, source=name)
    if front_matter is not None:
        document = parse_metadata(front_matter, _origin(source))
    else:
        document = _sidecar_metadata(source)
    is_markdown = source.path.suffix.lower() in MARKDOWN
    return document, markdown_blocks(body) if is_markdown else text_blocks(body)


def _decode(path: Path) -> str:
    content = path.read_bytes()
    for mark, name in _BINARY.items():
        if content.startswith(mark):
            raise DataFault(f"{path.name}: its content is {name}, not text.")
    if len(content) > TEXT_MAX_BYTES:
        raise DataFault(f"{path.name}: it has more than {TEXT_MAX_BYTES >> 20} MB of text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataFault(f"{path.name}: it is not UTF-8 (byte {fault.start}).") from fault
    if "\0" in text:
        raise DataFault(f"{path.name}: its content is binary, not text.")
    return text


def _sidecar_metadata(source: Source) -> Document:
    if source.sidecar is None:
        raise DataFault(
            f"{source.path.name}: it has no metadata.",
            remedy=f"Write {source.path.name}.yaml beside it with id, title, kind and revision"
            + ("." if source.path.suffix.lower() in PDF else ", or front matter into it."),
        )
    return parse_metadata(_decode(source.sidecar), _origin(source))


def _origin(source: Source) -> Origin:
    return Origin(str(source.path), source.hash)
