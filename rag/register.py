"""The register: what was done to documents, what is under way, and how files were last seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rag.catalog import Catalog
from rag.document import Change, Document, DocumentStatus


class Register:
    """Tables beside the documents, in the same file and the same transactions."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def note(self, action: str, document: Document, *, at: datetime, by: str, why: str) -> None:
        """Write down what is done; call within `changing`, with what is done."""
        self._catalog.do(
            "INSERT INTO changes (at, by, action, document, revision, reason, source_hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(at.isoformat(), by, action, document.id, document.revision, why),
            document.source_hash,
        )

    def changes(self, document: str | None, limit: int) -> list[Change]:
        """What was done, the newest first; with that id, to that document."""
        rows = self._catalog.rows(
            "SELECT at, by, action, document, revision, reason FROM changes "
            "WHERE (?1 IS NULL OR document = ?1) ORDER BY number DESC LIMIT ?2",
            document,
            limit,
        )
        return [Change(datetime.fromisoformat(at), *rest) for at, *rest in rows]

    def withdraw(self, key: str, *, at: datetime, by: str, why: str) -> None:
        """A revision does not hold any more, whatever file comes for it; call within `changing`."""
        statement = "INSERT OR REPLACE INTO withdrawals (key, at, by, reason) VALUES (?, ?, ?, ?)"
        self._catalog.do(statement, key, at.isoformat(), by, why)

    def restore(self, key: str) -> None:
        """Its own metadata say again whether it holds; call within `changing`."""
        self._catalog.do("DELETE FROM withdrawals WHERE key = ?", key)

    def marked(self, document: Document) -> Document:
        """A document as it was read, withdrawn if its revision is."""
        rows = self._catalog.rows(
            "SELECT at, by, reason FROM withdrawals WHERE key = ?", document.key
        )
        if not rows:
            return document
        at, by, why = rows[0]
        return withdrawn(document, at=datetime.fromisoformat(at), by=by, why=why)

    def unmarked(self, document: Document) -> Document:
        """A stored document as its own metadata say, without the withdrawal."""
        rows = self._catalog.rows("SELECT status FROM documents WHERE key = ?", document.key)
        return replace(
            document,
            status=DocumentStatus(rows[0][0]),
            withdrawn_at=None,
            withdrawn_by="",
            withdrawn_reason="",
        )

    def mending(self) -> list[str]:
        """Ids of documents of which the index may know otherwise than the catalogue."""
        return [row[0] for row in self._catalog.rows("SELECT document FROM mending")]

    def begin(self, documents: Iterable[str]) -> None:
        """Note that the index is about to differ about these."""
        with self._catalog.changing():
            for document in documents:
                self._catalog.do("INSERT OR IGNORE INTO mending VALUES (?)", document)

    def end(self, documents: Iterable[str]) -> None:
        """Index and catalogue agree about these again."""
        with self._catalog.changing():
            for document in documents:
                self._catalog.do("DELETE FROM mending WHERE document = ?", document)

    def taken_out(self) -> frozenset[str]:
        """Hashes of files that somebody took out by hand while they stay in the folder."""
        return frozenset(r[0] for r in self._catalog.rows("SELECT source_hash FROM taken_out"))

    def take_out(self, document: Document) -> None:
        """The file stays out until it changes; call within `changing`."""
        statement = "INSERT OR REPLACE INTO taken_out VALUES (?, ?)"
        self._catalog.do(statement, document.source_hash, document.key)

    def let_in(self, source_hash: str) -> None:
        """A file may come in again; call within `changing`."""
        self._catalog.do("DELETE FROM taken_out WHERE source_hash = ?", source_hash)

    def stamps(self) -> dict[str, tuple[str, str]]:
        """By path, how a file looked when it was hashed, and its hash."""
        rows = self._catalog.rows("SELECT path, stamp, source_hash FROM stamps")
        return {path: (stamp, source_hash) for path, stamp, source_hash in rows}

    def keep_stamps(
        self, stamps: Mapping[str, tuple[str, str]], *, gone: Sequence[str] = ()
    ) -> None:
        """Keep these and drop those of files that are gone."""
        with self._catalog.changing():
            for path in gone:
                self._catalog.do("DELETE FROM stamps WHERE path = ?", path)
            for path, (stamp, source_hash) in stamps.items():
                statement = "INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)"
                self._catalog.do(statement, path, stamp, source_hash)


def withdrawn(document: Document, *, at: datetime, by: str, why: str) -> Document:
    """The document as one that was withdrawn."""
    return replace(
        document,
        status=DocumentStatus.WITHDRAWN,
        withdrawn_at=at,
        withdrawn_by=by,
        withdrawn_reason=why,
    )
