"""A folder of files that is complete and unchanged, or is not read at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any

from finetune.file_forms import check_form, open_plain
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault

MANIFEST = "manifest.json"
FORMAT = 2
MAX_MANIFEST = 1_000_000
"""Bytes; a manifest lists some twenty files."""
MOST_FILES = 500
MOST_DEEP = 4
AGAIN = "Train it again, or promote another version."

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A folder that was found as it was sealed."""

    folder: Path
    digest: str
    """SHA-256 of the manifest, which stands for every file."""
    stamps: Mapping[str, Stamp]
    """By name: which file it was, how long, and when it was last changed."""

    def confirm(self) -> None:
        """Refuse what was read meanwhile if a file is no longer the one that was looked at.

        Libraries open the files again by name; this notices a folder that was replaced between.

        Raises:
            SettingsFault: naming the file.
        """
        for name, stamp in self.stamps.items():
            try:
                now = _stamp((self.folder / name).lstat())
            except OSError as fault:
                raise _refusal(self.folder, f"{name} went away while it was read") from fault
            if now != stamp:
                raise _refusal(self.folder, f"{name} was changed while it was read")


def seal(folder: Path) -> None:
    """List every file of the folder with its size and SHA-256, and bring all onto the disk."""
    files = {name: _measured(folder / name) for name in _present(folder)}
    text = json.dumps({"format": FORMAT, "files": files}, indent=1)
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def verify(folder: Path) -> Sealed:
    """Refuse a folder of which a file is missing, changed, added, outside or not a plain file.

    Every file is read once, hashed and looked at; no library parses any of them before.

    Raises:
        SettingsFault: naming the file.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise _refusal(folder, "it is no plain folder")
    listed = _listed(folder)
    present = set(_present(folder)) - {MANIFEST}
    for name in sorted(present ^ listed.keys()):
        raise _refusal(folder, f"{name} is {'missing' if name in listed else 'not listed'}")
    stamps = {name: _checked(folder, name, said) for name, said in sorted(listed.items())}
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    return Sealed(folder, digest, stamps)


def _present(folder: Path) -> list[str]:
    """Every path below, folders that hold nothing among them; no link is followed."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    ]


def _checked(folder: Path, name: str, said: Mapping[str, Any]) -> Stamp:
    path = folder / name
    try:
        with open_plain(path) as file:
            stamp = _stamp(os.fstat(file.fileno()))
            if stamp[1] != said["bytes"]:
                raise _refusal(folder, f"{name} was changed: it has {stamp[1]} bytes")
            if hashlib.file_digest(file, "sha256").hexdigest() != said["sha256"]:
                raise _refusal(folder, f"{name} was changed")
            _well_formed(folder, path, file)
    except OSError as fault:
        raise _refusal(folder, f"{name} is no plain file, or cannot be read") from fault
    return stamp


def _well_formed(folder: Path, path: Path, file: BufferedReader) -> None:
    try:
        check_form(path, file)
    except SettingsFault as fault:
        raise _refusal(folder, str(fault).rstrip(".")) from fault


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    read = read_manifest(folder)
    files = read.get("files")
    if not isinstance(files, dict) or set(read) != {"format", "files"} or len(files) > MOST_FILES:
        raise _refusal(folder, "its manifest is not of a form that we write")
    for name, said in files.items():
        if not _inside(name):
            raise _refusal(folder, f"its manifest lists {name!r}, a path that leads elsewhere")
        if not isinstance(said, dict) or set(said) != {"bytes", "sha256"}:
            raise _refusal(folder, "its manifest is not of a form that we write")
    return files


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest as it stands, of the format of today.

    Raises:
        SettingsFault: there is none, it cannot be read, or it is of another time.
    """
    path = folder / MANIFEST
    try:
        if path.is_symlink():
            raise SettingsFault("it is a link")
        read = read_json(path, most=MAX_MANIFEST)
    except SettingsFault as fault:
        raise _refusal(folder, "its manifest cannot be read, or is too large") from fault
    if not isinstance(read, dict) or not isinstance(read.get("format"), int):
        raise _refusal(folder, "its manifest is not of a form that we write")
    if read["format"] != FORMAT:
        raise SettingsFault(
            f"The model in {folder} is of format {read['format']}, which this version of Andon "
            f"does not read (it reads {FORMAT}).",
            remedy="Train it again: andon train TASK.",
        )
    return read


def _inside(name: str) -> bool:
    """Whether a path is one that we write: plain names, not deep, nothing that leads out."""
    parts = PurePosixPath(name).parts
    plain = all(part not in ("..", ".") and "\\" not in part and "\0" not in part for part in parts)
    relative = bool(parts) and not name.startswith("/") and name == "/".join(parts)
    return plain and relative and len(parts) <= MOST_DEEP and name != MANIFEST


def _measured(path: Path) -> dict[str, Any]:
    with open_plain(path) as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
        return {"bytes": size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _refusal(folder: Path, reason: str) -> SettingsFault:
    return SettingsFault(f"The model in {folder} is refused: {reason}.", remedy=AGAIN)
