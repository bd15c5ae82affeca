"""A seal over a folder: written when it is closed, broken when a byte of it is another.

The engine opens a folder in which a file is cut off or has flipped bytes, and then finds less or
nothing without a word. What is sealed and not as it was is known before it is opened.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from pathlib import Path

_CHUNK = 1 << 16


def seal(folder: Path) -> None:
    """Write what every file of the folder holds."""
    written = _seal_of(folder).with_suffix(".sealing")
    written.write_text(json.dumps(_sums(folder)))
    written.replace(_seal_of(folder))


def unseal(folder: Path) -> None:
    """From now on the folder may change."""
    _seal_of(folder).unlink(missing_ok=True)


def broken(folder: Path) -> list[str]:
    """Files that are not as they were sealed, by name; none where there is no seal."""
    try:
        sealed: object = json.loads(_seal_of(folder).read_bytes())
    except FileNotFoundError:
        return []
    except ValueError:
        return [_seal_of(folder).name]
    if not isinstance(sealed, dict):
        return [_seal_of(folder).name]
    found = _sums(folder)
    return sorted(name for name in {*sealed, *found} if sealed.get(name) != found.get(name))


def _seal_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.seal")


def _sums(folder: Path) -> dict[str, list[int]]:
    return {
        str(path.relative_to(folder)): _sum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _sum(path: Path) -> list[int]:
    """Its size, and a checksum over all but zeros, of which the engine's files are full."""
    total, at = 0, 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while (at := _written(file.fileno(), at, size)) < size:
            chunk = os.pread(file.fileno(), _CHUNK, at)
            if chunk.strip(b"\0"):
                total = zlib.crc32(chunk, zlib.crc32(str(at).encode(), total))
            at += _CHUNK
    return [size, total]


def _written(file: int, at: int, size: int) -> int:
    """Where the chunk begins that holds the next byte not in a hole."""
    try:
        found = os.lseek(file, at, os.SEEK_DATA)
    except OSError as fault:
        return size if fault.errno == errno.ENXIO else at  # ENXIO: nothing but a hole follows
    return max(at, found - found % _CHUNK)
