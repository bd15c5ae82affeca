"""A file that is whole and unchanged or is refused: a line with its SHA-256, then its content."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from finetune.file_forms import open_plain
from finetune.in_use import bring_to_disk
from finetune.untrusted_json import parse_json
from ingest.errors import SettingsFault

FORMAT = 1
MOST = 256 * 1024 * 1024
"""Bytes of such a file."""
MOST_HEADER = 1_000


def write_sealed(path: Path, content: bytes, *, kind: str) -> None:
    """Put the file into its place in one step, on the disk before this returns.

    Raises:
        SettingsFault: it is larger than what is read again.
    """
    if len(content) > MOST:
        raise _too_large(path)
    header = {"kind": kind, "format": FORMAT, "sha256": hashlib.sha256(content).hexdigest()}
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n" + content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    bring_to_disk(path.parent)


def read_sealed(path: Path, *, kind: str) -> bytes:
    """Its content as it was written.

    Raises:
        SettingsFault: it is no plain file, too large, of another kind or format, or was changed.
    """
    try:
        with open_plain(path) as file:
            header, content = file.readline(MOST_HEADER), file.read(MOST + 1)
    except OSError as fault:
        raise SettingsFault(f"{path} cannot be read: {fault.strerror or fault}.") from fault
    said = parse_json(header, path)
    if not isinstance(said, dict) or (said.get("kind"), said.get("format")) != (kind, FORMAT):
        raise SettingsFault(f"{path} is no {kind} of a form that we write.")
    if len(content) > MOST:
        raise _too_large(path)
    if hashlib.sha256(content).hexdigest() != said.get("sha256"):
        raise SettingsFault(f"{path} was changed: its SHA-256 is not the one that it begins with.")
    return content


def _too_large(path: Path) -> SettingsFault:
    return SettingsFault(f"{path} is larger than the {MOST} bytes that it may have.")
