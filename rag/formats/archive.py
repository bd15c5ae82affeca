"""Office files are ZIP archives: what is in one is checked before any library unpacks it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.errors import DataFault
from rag.formats.limits import Meter

_ENTRIES = 5000
_TOTAL = 256 << 20
_PART = 96 << 20
"""Of one part that is read as XML."""
_RATIO = 200
"""Unpacked bytes for each packed one, from a megabyte on."""
_CHUNK = 1 << 20
_BOMB = "It is made to harm, or export it anew."
_CONTENTS = "[Content_Types].xml"
_XML = (".xml", ".rels", ".vml")
_DEFINES = (b"<!DOCTYPE", b"<!ENTITY")


def check_archive(path: Path, main: tuple[bytes, ...], kind: str, meter: Meter) -> None:
    """Look at every part of an Office file once, as it is and not as it says it is.

    Args:
        main: Endings of the content types of its main part.
        kind: What it is then, in words.

    Raises:
        DataFault: it is damaged, not that kind of Office file, unpacks to far more than its size,
            or its XML defines entities.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts)
            if not _says(archive, main):
                raise DataFault(
                    f"its content is a ZIP archive, but not {kind}.",
                    remedy="Give it the suffix of what it is, or save it anew.",
                )
            for part in parts:
                _check_part(archive, part)
                meter.finished()
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as fault:
        raise DataFault(f"it is cut off or damaged: {fault}.", remedy="Save it anew.") from fault


def _says(archive: zipfile.ZipFile, main: tuple[bytes, ...]) -> bool:
    """Whether its list of contents names one of these as the main part."""
    if _CONTENTS not in archive.namelist():
        return False
    with archive.open(_CONTENTS) as stream:
        contents = stream.read(_CHUNK)
    return any(name in contents for name in main)


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _ENTRIES:
        raise DataFault(f"it has {len(parts)} parts, more than the {_ENTRIES} taken.", remedy=_BOMB)
    total = sum(part.file_size for part in parts)
    if total > _TOTAL:
        raise DataFault(f"it unpacks to {total >> 20} MB.", remedy=_BOMB)
    names = [part.filename for part in parts]
    if len(set(names)) < len(names):
        raise DataFault("it holds several parts of one name.", remedy=_BOMB)
    for part in parts:
        name = part.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name:
            raise DataFault("a part of it names a place outside of it.", remedy=_BOMB)
        if part.flag_bits & 1:
            raise DataFault("it is encrypted.", remedy="Save it without a password.")
        packed = max(part.compress_size, 1)
        if part.file_size > _CHUNK and part.file_size > _RATIO * packed:
            raise DataFault(f"it unpacks {part.file_size // packed}-fold.", remedy=_BOMB)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack it piece by piece; no more comes out than it says, or it is damaged."""
    if not part.filename.lower().endswith(_XML):
        return
    if part.file_size > _PART:
        raise DataFault(f"its part of {part.file_size >> 20} MB is too large.", remedy=_BOMB)
    with archive.open(part) as stream:
        head = stream.read(_CHUNK)
        text = head.replace(b"\0", b"")  # as in UTF-16
        if any(mark in text for mark in _DEFINES):
            raise DataFault("its XML defines entities, as no Office program does.", remedy=_BOMB)
        while stream.read(_CHUNK):
            pass
