"""The outer form of each file of a model, looked at before any library parses it."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from io import BufferedReader, FileIO
from pathlib import Path

from finetune.untrusted_json import MOST as MOST_JSON
from finetune.untrusted_json import parse_json
from ingest.errors import SettingsFault

MOST_HEADER = 16 * 1024 * 1024
"""Bytes of a safetensors header; one names some hundred tensors."""
MOST_ENTRIES = 50_000
"""Files in a skops file; a forest has a few for each tree."""
MOST_UNPACKED = 2 * 1024**3
FREELY_UNPACKED = 64 * 1024 * 1024
MOST_RATIO = 100
"""How much more a skops file above the free size may unpack to than it has bytes."""


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file for reading; never a link, a pipe or a device.

    Raises:
        OSError: it is anything else, or not there.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(f"{path} is no plain file")
    return BufferedReader(FileIO(number))


def check_form(path: Path, file: BufferedReader) -> None:
    """Refuse a file whose kind models do not have, or that would be a danger to its parser.

    Raises:
        SettingsFault: naming the file and what is wrong.
    """
    if path.suffix not in FORMS:
        raise SettingsFault(f"{path} is of a kind that no model of ours has.")
    file.seek(0)
    FORMS[path.suffix](path, file)


def _any(_path: Path, _file: BufferedReader) -> None:
    """Nothing of ours parses it, or its parser bounds itself."""


def _small(path: Path, file: BufferedReader) -> None:
    if os.fstat(file.fileno()).st_size > MOST_JSON:
        raise SettingsFault(f"{path} is larger than the {MOST_JSON} bytes that it may have.")


def _json(path: Path, file: BufferedReader) -> None:
    _small(path, file)
    parse_json(file.read(), path)


def _safetensors(path: Path, file: BufferedReader) -> None:
    """Eight bytes say how long the header is; a library may trust them."""
    size = os.fstat(file.fileno()).st_size
    header = int.from_bytes(file.read(8), "little")
    if size < 8 or header > min(size - 8, MOST_HEADER):
        raise SettingsFault(f"{path} says that its header has {header} bytes, which cannot be.")
    if not isinstance(parse_json(file.read(header), path), dict):
        raise SettingsFault(f"{path} has a header that is none.")


def _skops(path: Path, file: BufferedReader) -> None:
    """A zip of plain names that does not unpack to a multiple of itself."""
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as fault:
        raise SettingsFault(f"{path} is not a readable skops file: {fault}") from fault
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    if len(names) < len(entries) or len(entries) > MOST_ENTRIES:
        raise SettingsFault(f"{path} packs too many files, or one of them twice.")
    if any("/" in name or "\\" in name or name.startswith(".") for name in names):
        raise SettingsFault(f"{path} packs a file whose name leads elsewhere.")
    size = os.fstat(file.fileno()).st_size
    if unpacked > min(MOST_UNPACKED, max(FREELY_UNPACKED, MOST_RATIO * size)):
        raise SettingsFault(f"{path} would unpack to {unpacked} bytes, which no model of ours has.")
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SettingsFault(f"{path} is packed in a way that we do not use.")
        if entry.filename == "schema.json" and entry.file_size > MOST_JSON:
            raise SettingsFault(
                f"{path} has a schema of {entry.file_size} bytes, which is refused."
            )


FORMS: Mapping[str, Callable[[Path, BufferedReader], None]] = {
    ".bin": _any,
    ".json": _json,
    ".md": _small,
    ".onnx": _any,
    ".png": _any,
    ".safetensors": _safetensors,
    ".skops": _skops,
    ".xml": _small,
}
