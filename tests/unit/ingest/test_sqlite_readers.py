"""Threads that come and go read the history without leaving open files behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.errors import StoreFault
from ingest.sqlite import SqliteHistory

OPEN_FILES = Path("/proc/self/fd")


def opened(path: Path) -> int:
    """How many descriptors of this process lead to the file."""
    return sum(1 for link in OPEN_FILES.iterdir() if link.exists() and link.samefile(path))


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="the system does not show open files")
def test_short_lived_threads_share_their_connections(tmp_path: Path) -> None:
    """A web server reads from threads that it ends when they are idle."""
    path = tmp_path / "history.db"
    with SqliteHistory(path) as history:
        history.machines()
        before = opened(path)
        for _ in range(20):
            reader = threading.Thread(target=history.machines)
            reader.start()
            reader.join()
        assert opened(path) == before


def test_a_file_that_was_moved_away_or_replaced_takes_nothing_more(tmp_path: Path) -> None:
    """It would be confirmed, and lost with the file; put back, it is written again."""
    path = tmp_path / "history.db"
    with SqliteHistory(path) as history:
        history.write([])
        moved = path.rename(tmp_path / "moved.db")
        with pytest.raises(StoreFault, match="moved, replaced or deleted while it was in use"):
            history.write([])
        path.write_bytes(moved.read_bytes())
        with pytest.raises(StoreFault, match="moved, replaced or deleted while it was in use"):
            history.write([])
        moved.rename(path)
        history.write([])
