"""How a file looks from outside: what has not changed since it was hashed need not be read."""

from __future__ import annotations

import os
from pathlib import Path

SETTLED_NS = 2_000_000_000
"""The coarsest clock of a file system (FAT counts in 2 s): a file that was changed so shortly
before it was looked at may be changed again without looking different."""


def stamp(path: Path) -> str | None:
    """Size, times of change and number of a file and its sidecar; None where there is no file.

    The time of the last change of its entry counts too: a copy that keeps the old time of the
    content (`cp -p`, `rsync -t`) does not go unnoticed.
    """
    try:
        look = _look(path)
    except (OSError, ValueError):
        return None
    try:
        return f"{look}|{_look(path.with_name(f'{path.name}.yaml'))}"
    except OSError:
        return look


def settled(look: str, now_ns: int) -> bool:
    """Whether every change was long enough ago for another one to show."""
    times = [int(part) for file in look.split("|") for part in file.split(":")[1:3]]
    return max(times) < now_ns - SETTLED_NS


def identity(folder: Path) -> str:
    """Which folder it is: an empty place where a drive is to be mounted is another one."""
    look = folder.stat()
    return f"{folder}|{look.st_dev}:{look.st_ino}"


def _look(path: Path) -> str:
    found = os.stat(path)  # noqa: PTH116 - a thousand files are looked at each second
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
