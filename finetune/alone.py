"""One training of a task at a time in one home, and room on the disk for what it writes."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import SettingsFault

LOCK = ".training.lock"
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
UNFINISHED = ".writing-*"
"""Folders of versions that a killed training had begun to write."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of a task for one training; the system lets go of it when we are killed.

    Raises:
        SettingsFault: another training has it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as fault:
        raise _unusable(folder, fault) from fault
    try:
        _lock(descriptor, folder)
        for left in folder.glob(UNFINISHED):
            shutil.rmtree(left, ignore_errors=True)
        yield
    except OSError as fault:
        if fault.errno not in _OF_THE_DISK:
            raise
        raise _unusable(folder, fault) from fault
    finally:
        os.close(descriptor)


def _unusable(folder: Path, fault: OSError) -> SettingsFault:
    return SettingsFault(
        f"The folder {folder} cannot be used: {fault.strerror or fault}.",
        remedy="Make room or give the right to write there, then start the same training again: "
        "it goes on where it stopped. Or name another home with --home or ANDON_HOME.",
    )


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        raise SettingsFault(
            f"Task {folder.name} is being trained already by process {holder or 'unknown'}.",
            remedy="Wait until it ends, or train into another home with --home.",
        ) from fault
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
