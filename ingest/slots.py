"""A collector's standing place: a client id that is the same after every restart, kill included.

Each collector of a home folder holds a numbered lock file; the number is free again when the
process is gone, however it went. So the next one takes over the broker session of the last.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import SettingsFault

_MOST = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """A collector's number in its home folder, from 1, and its MQTT client id."""

    number: int
    client_id: str
    memory: Path
    """File in which the topics of its broker sessions are noted."""

    def named(self, wanted: str) -> str:
        """The client id made of a wanted one: two collectors of a home must not share it."""
        if not wanted:
            return self.client_id
        return wanted if self.number == 1 else f"{wanted}-{self.number}"


@contextmanager
def claimed_slot(home: Path) -> Iterator[Slot]:
    """Hold the lowest free number while the block runs."""
    folder = home / "collectors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        installation = _installation(folder / "id")
        number, descriptor = _lock_first_free(folder)
    except OSError as fault:
        raise SettingsFault(
            f"The folder {folder} cannot be used: {fault.strerror}.",
            remedy="Name another home with --home or ANDON_HOME.",
        ) from fault
    try:
        yield Slot(number, f"andon-{installation}-{number}", folder / f"{number}.sessions.json")
    finally:
        os.close(descriptor)


def _lock_first_free(folder: Path) -> tuple[int, int]:
    for number in range(1, _MOST + 1):
        descriptor = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return number, descriptor
    raise SettingsFault(f"{_MOST} collectors run on {folder.parent} already.")


def _installation(path: Path) -> str:
    """A name for this home folder, drawn once; nobody sees the file before the name is in it."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = file.read().strip()
        if not known:
            known = secrets.token_hex(4)
            file.write(known)
        return known
