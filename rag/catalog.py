"""The document store: SQLite holds every document, passage, vector and code."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ingest.errors import StoreFault
from rag.document import Document, Passage
from rag.encoding import Vectors
from rag.migrations import migrate
from rag.rows import (
    CODES,
    DOCUMENTS,
    INTO_CODES,
    INTO_DOCUMENTS,
    INTO_PASSAGES,
    PASSAGE,
    CodeRow,
    Entry,
    Row,
    blob,
    code_values,
    document_values,
    passage_values,
    read_code,
    read_document,
    read_passage,
    unblob,
)

ADDED, SYNCED = "added", "synced"
_BATCH = 500
_TRIES = 3
_T = TypeVar("_T")


class Catalog:
    """One SQLite file, used by the threads of one process; every change is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._path = path
        self._changes = 0
        self._counted: tuple[tuple[int, int], int] = ((-1, -1), 0)
        with self._guarded():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA busy_timeout=5000")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            try:
                migrate(self._db)
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction; what is raised inside undoes it."""
        with self._lock, self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            self._changes += 1

    @property
    def version(self) -> tuple[int, int]:
        """Differs after every change, by this process or by another."""
        return self._changes, int(self.rows("PRAGMA data_version")[0][0])

    def undisturbed(self, read: Callable[[], _T]) -> _T:
        """What a reading finds when no change falls into it: it is made anew when one did.

        The last try keeps the other threads waiting, so that it is whole for certain.
        """
        for _ in range(_TRIES):
            version = self.version
            found = read()
            if self.version == version:
                return found
        with self._lock:
            return read()

    def setting(self, name: str) -> str:
        """A value kept beside the documents, empty when there is none."""
        rows = self.rows("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def keep(self, name: str, value: str) -> None:
        """Keep a value beside the documents."""
        self.do("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def put(self, entry: Entry) -> None:
        """Add a document, after `forget` of the one that it replaces; call within `changing`."""
        self.many("documents", INTO_DOCUMENTS, [document_values(entry.document, entry.origin)])
        self.many("passages", INTO_PASSAGES, passage_values(entry))
        self.many("codes", INTO_CODES, code_values(entry))
        self._count(Counter(term for each in entry.terms for term in each))

    def forget(self, key: str, terms: Iterable[frozenset[str]]) -> None:
        """Take a document out, given the terms of its passages; call within `changing`."""
        self.do("DELETE FROM codes WHERE passage IN (SELECT id FROM passages WHERE key = ?)", key)
        self.do("DELETE FROM passages WHERE key = ?", key)
        self.do("DELETE FROM documents WHERE key = ?", key)
        counts = Counter(term for each in terms for term in each)
        self._count({term: -count for term, count in counts.items()})
        self.do("DELETE FROM terms WHERE passages <= 0")

    def set_source(self, key: str, source: str, origin: str) -> None:
        """Write anew where a document comes from."""
        self.do("UPDATE documents SET source = ?, origin = ? WHERE key = ?", source, origin, key)

    def set_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        """Replace the dense vectors of these passages."""
        with self.changing():
            self._db.executemany(
                "UPDATE passages SET vector = ? WHERE id = ?",
                ((blob(vector), passage) for passage, vector in vectors.items()),
            )

    def sources(self) -> set[str]:
        """Paths of the files of all documents."""
        return {row[0] for row in self.rows("SELECT source FROM documents")}

    def origins(self) -> dict[str, str]:
        """By key, whether a document was added one by one or came from a folder."""
        return dict(self.rows("SELECT key, origin FROM documents"))

    def documents(self, *, named: str | None = None, origin: str | None = None) -> list[Document]:
        """Documents by id and revision; with that id, of that origin."""
        rows = self.rows(
            f"{DOCUMENTS} WHERE (?1 IS NULL OR d.id = ?1) "
            "AND (?2 IS NULL OR d.origin = ?2) ORDER BY d.id, d.revision",
            named,
            origin,
        )
        return [read_document(row) for row in rows]

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Passages by id; ids that are not known are left out."""
        query = f"SELECT {PASSAGE} FROM passages p JOIN documents d ON d.key = p.key"
        rows = self._for_each_batch(f"{query} WHERE p.id IN", ids)
        return {row[0]: read_passage(row) for row in rows}

    def passages_of(self, key: str) -> list[Passage]:
        """All passages of a document in order."""
        rows = self.rows(
            f"SELECT {PASSAGE} FROM passages p JOIN documents d ON d.key = p.key "
            "WHERE p.key = ? ORDER BY p.ordinal",
            key,
        )
        return [read_passage(row) for row in rows]

    def ids(self) -> set[str]:
        """Ids of all passages."""
        return {row[0] for row in self.rows("SELECT id FROM passages")}

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors by passage id."""
        rows = self._for_each_batch("SELECT id, vector FROM passages WHERE id IN", ids)
        return {row[0]: unblob(row[1]) for row in rows}

    def vectors_by_hash(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of texts that were embedded before."""
        rows = self._for_each_batch(
            "SELECT text_hash, vector FROM passages WHERE text_hash IN", hashes
        )
        return {row[0]: unblob(row[1]) for row in rows}

    def code_rows(self, spellings: Sequence[str]) -> list[CodeRow]:
        """Rows of code tables under any of these spellings, one each."""
        return [read_code(row) for row in self._for_each_batch(f"{CODES} WHERE code IN", spellings)]

    def class_rows(self, error_class: str) -> list[CodeRow]:
        """Rows of code tables that name this error class."""
        return [read_code(row) for row in self.rows(f"{CODES} WHERE error_class = ?", error_class)]

    def counts(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs; terms that are not known are left out."""
        rows = self._for_each_batch("SELECT term, passages FROM terms WHERE term IN", terms)
        return {row[0]: row[1] for row in rows}

    def recount(self, counts: Mapping[str, int]) -> None:
        """Replace in how many passages each term occurs."""
        with self.changing():
            self.do("DELETE FROM terms")
            self._count(counts)

    def size(self) -> int:
        """How many passages there are."""
        version = self.version
        if self._counted[0] != version:
            self._counted = (version, int(self.rows("SELECT COUNT(*) FROM passages")[0][0]))
        return self._counted[1]

    def _count(self, counts: Mapping[str, int]) -> None:
        self._db.executemany(
            "INSERT INTO terms VALUES (?, ?) "
            "ON CONFLICT (term) DO UPDATE SET passages = passages + excluded.passages",
            counts.items(),
        )

    def _for_each_batch(self, query: str, values: Sequence[str]) -> list[Row]:
        found: list[Row] = []
        for start in range(0, len(values), _BATCH):
            batch = values[start : start + _BATCH]
            found.extend(self.rows(f"{query} ({', '.join('?' * len(batch))})", *batch))
        return found

    def rows(self, query: str, *values: object) -> list[Row]:
        """What a query finds."""
        with self._lock, self._guarded():
            return self._db.execute(query, values).fetchall()

    def do(self, statement: str, *values: object) -> None:
        """Carry out a statement; within `changing` as part of that transaction."""
        with self._lock, self._guarded():
            self._db.execute(statement, values)

    def many(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Add rows; call within `changing`."""
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        with self._lock, self._guarded():
            self._db.executemany(statement, rows)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreFault(f"The document store {self._path} failed: {fault}.") from fault
