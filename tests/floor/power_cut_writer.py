"""Writes into a history and says after each commit how far it is, and when it was done.

The one whose power is cut.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ingest.history import history_path
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BATCH = 20


class Careless(SqliteHistory):
    """Leaves it to the operating system when a commit reaches the disk."""

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


HISTORIES = {"full": SqliteHistory, "normal": Careless}


def main(mode: str, home: Path) -> None:
    """Write batches until the disk is gone."""
    with HISTORIES[mode](history_path(home)) as history:
        for number in range(1_000_000):
            first = number * BATCH
            history.write(
                [
                    Reading("p", "s", 1.0, "", Quality.GOOD, NOON, NOON, "x", first + offset)
                    for offset in range(BATCH)
                ]
            )
            sys.stdout.write(f"{first + BATCH} {time.monotonic_ns()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
