"""A folder of files that is complete and unchanged, or is not read at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ingest.errors import SettingsFault

MANIFEST = "manifest.json"
FORMAT = 1
MAX_MANIFEST = 1_000_000
"""Bytes; a manifest lists some ten files."""


def seal(folder: Path) -> None:
    """List every file of the folder with its SHA-256."""
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    text = json.dumps({"format": FORMAT, "files": files}, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify(folder: Path) -> None:
    """Refuse a folder of which a file is missing, changed, added or not a plain file.

    Raises:
        SettingsFault: naming the file.
    """
    listed = _listed(folder / MANIFEST)
    present = {path.name for path in folder.iterdir()} - {MANIFEST}
    for name in sorted(present ^ listed.keys()):
        raise _refusal(folder, f"{name} is {'missing' if name in listed else 'not listed'}")
    for name, sha256 in listed.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise _refusal(folder, f"{name} is no plain file")
        if _sha256(path) != sha256:
            raise _refusal(folder, f"{name} was changed")


def _listed(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > MAX_MANIFEST:
            raise _refusal(path.parent, "its manifest is too large")
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise _refusal(path.parent, "its manifest cannot be read") from fault
    files = read.get("files") if isinstance(read, dict) else None
    if (
        not isinstance(files, dict)
        or read.get("format") != FORMAT
        or set(read) != {"format", "files"}
    ):
        raise _refusal(path.parent, "its manifest is not of a form that we write")
    return files


def _refusal(folder: Path, reason: str) -> SettingsFault:
    return SettingsFault(
        f"The model in {folder} is refused: {reason}.",
        remedy="Train it again, or promote another version.",
    )


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
