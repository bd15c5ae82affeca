"""How much room the history's disk has left, and when that is too little to take in more.

A reserve is kept back from new records, so that what makes room again (a confirmed outbox, a
retention) and what is small (a card, a pulse) can still be written on a disk that is full.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import StoreFault

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """The room of one history file; free pages inside the file count, for it fills them first."""

    path: Path
    reserve_bytes: int
    """0: no reserve, records are taken until the disk refuses them."""

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise StoreFault while new records have no room."""
        if self.reserve_bytes and (trouble := self.trouble(connection)):
            raise StoreFault(trouble, remedy="Make room; nothing is lost meanwhile.")

    @property
    def free_bytes(self) -> int:
        """Room on the disk, without the free pages of the file."""
        return shutil.disk_usage(self.path.parent).free

    def trouble(self, connection: sqlite3.Connection | None = None) -> str:
        """What is wrong, with the figures; empty while there is room."""
        free, needed = self.free_bytes, max(self.reserve_bytes, 1)
        if free >= needed or free + self._free_inside(connection) >= needed:
            return ""
        return (
            f"The disk of {self.path} is full: {free / _MEGABYTE:.1f} MB are free, "
            f"{self.reserve_bytes / _MEGABYTE:g} MB are kept in reserve."
        )

    def _free_inside(self, connection: sqlite3.Connection | None) -> int:
        if connection is None:
            with closing(
                sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            ) as own:
                return self._free_inside(own)
        (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        return int(pages) * int(size)
