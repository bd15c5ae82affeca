"""A copy of a document store while it is in use: whole, and in nobody's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.errors import StoreFault


def copied(store: Path, target: Path) -> None:
    """Write the store as it is now to that path.

    Raises:
        StoreFault: it cannot be read, or not be written there.
    """
    try:
        with (
            closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except (sqlite3.Error, OSError) as fault:
        raise StoreFault(f"{store}: it cannot be copied: {fault}.") from fault
