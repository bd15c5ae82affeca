"""One INSERT statement for many rows: SQLite works through it without asking Python after each.

Between two rows of `executemany` another Python thread may run, for as long as five milliseconds:
with a network thread beside it a row took 190 microseconds instead of five.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

Row = Sequence[object]

ROW_FAULTS = (
    OverflowError,
    ValueError,
    TypeError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""What one bad value can raise; everything else is the store's own trouble."""

_MOST_ROWS = 512
"""In one statement; each smaller power of two has its own, so that few are ever prepared."""


@dataclass(frozen=True, slots=True)
class ManyRows:
    """An INSERT up to its VALUES, how many of those a row has, and what follows them."""

    into: str
    columns: int
    then: str = ""

    def insert(
        self,
        connection: sqlite3.Connection,
        rows: Sequence[Row],
        *,
        refuse: Callable[[int, Exception], None],
    ) -> int:
        """Insert rows in order; how many were. One that cannot be is told by its place."""
        inserted = 0
        for at, portion in self._portions(connection, rows):
            try:
                inserted += self._execute(connection, portion)
            except ROW_FAULTS:  # the statement left nothing: its good rows one by one
                for place, row in enumerate(portion, at):
                    try:
                        inserted += self._execute(connection, [row])
                    except ROW_FAULTS as fault:
                        refuse(place, fault)
        return inserted

    def _portions(
        self, connection: sqlite3.Connection, rows: Sequence[Row]
    ) -> Iterator[tuple[int, Sequence[Row]]]:
        most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // self.columns
        size, at = _MOST_ROWS, 0
        while at < len(rows):
            while size > min(len(rows) - at, most):
                size //= 2
            yield at, rows[at : at + size]
            at += size

    def _execute(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> int:
        values = tuple(chain.from_iterable(rows))
        return connection.execute(_statement(self, len(rows)), values).rowcount


@lru_cache(maxsize=64)
def _statement(rows: ManyRows, count: int) -> str:
    row = f"({', '.join('?' * rows.columns)})"
    return f"{rows.into} VALUES {', '.join([row] * count)} {rows.then}"
