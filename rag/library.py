"""The library: documents in, passages and answers out; the one door to the rag room."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType

from ingest.vocabulary import Answer, Citation
from rag.answering import Answering
from rag.catalog import Catalog
from rag.conversation import Turn
from rag.document import Block, CodeEntry, Document, SyncReport
from rag.encoding import TextEncoder
from rag.finding import Held, cite
from rag.index import Scope
from rag.librarian import Librarian
from rag.mentions import MachineName
from rag.opening import open_index
from rag.retrieval import Found, Retrieved, Retriever
from rag.settings import RagSettings
from rag.shelving import Shelving
from rag.standing import standing_on
from rag.synchronising import Progress
from rag.tuning import tuned
from rag.viewing import Viewer
from rag.writing import AnswerWriter

log = logging.getLogger(__name__)


def today_utc() -> date:
    """The day by which a document holds or not."""
    return datetime.now(UTC).date()


class Library:
    """Everything under one folder (ANDON_HOME): `documents/` and, embedded, `vectors/`.

    Safe to use from several threads; with the embedded engine from one process at a time.

    Raises:
        ShardInUse: another process has it open.
    """

    def __init__(
        self,
        folder: Path,
        encoder: TextEncoder,
        *,
        settings: RagSettings | None = None,
        today: Callable[[], date] = today_utc,
        machines: Sequence[MachineName] = (),
        writer: AnswerWriter | None = None,
    ) -> None:
        """`machines` are those of the plant, which a question may name; `writer` is a model."""
        settings = settings or RagSettings()
        self._settings = tuned(settings, folder / "documents", encoder=encoder.name)
        self._encoder = encoder
        self._today = today
        self._machines = tuple(machines)
        self._writer = writer
        self._catalog = Catalog(folder / "documents" / "library.db")
        try:
            self._index = open_index(folder / "vectors", encoder, self._catalog, self._settings)
        except BaseException:
            self._catalog.close()
            raise
        self._shelving = Shelving(self._catalog, self._index, encoder, settings=self._settings)
        self._librarian = Librarian(
            folder / "documents" / "files", self._catalog, self._shelving, settings=self._settings
        )
        self.weigh(self._settings)
        self.viewer = Viewer(self._catalog, self._settings)
        """Opens what is cited."""
        try:
            self._shelving.repair()
        except BaseException:
            self.close()  # else the lock of the shard would outlive the failure
            raise

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store and the index."""
        self._index.close()
        self._catalog.close()

    @property
    def settings(self) -> RagSettings:
        """In force: as given, with what was measured for this library."""
        return self._settings

    def weigh(self, settings: RagSettings) -> None:
        """Rank and decline by these settings from now on; what is stored stays as it is."""
        self._settings = settings
        self._retriever = Retriever(
            self._catalog, self._index, self._encoder, settings=settings, today=self._today
        )
        self._answering = Answering(
            self._catalog,
            self._retriever,
            settings=settings,
            today=self._today,
            machines=self._machines,
            writer=self._writer,
        )

    def sync(self, folder: Path, progress: Progress | None = None) -> SyncReport:
        """Make the library hold what is in that folder, and what was added one by one."""
        return self._librarian.sync(folder, progress)

    def add(self, path: Path) -> Document:
        """Take in one document; a copy of it is kept. The same revision is replaced in one step.

        Raises:
            DataFault: it cannot be read; what was there stays.
        """
        key = self._librarian.add(path)
        stored = self._retriever.resolved()[key]
        log.info("document added", extra={"document": stored.key, "passages": stored.passages})
        return stored

    def add_read(
        self,
        entries: Sequence[tuple[Document, Sequence[Block]]],
        progress: Progress | None = None,
    ) -> None:
        """Take in documents that were read elsewhere; no file is kept."""
        self._librarian.add_read(entries, progress)

    def remove(self, document: str) -> None:
        """Take out every revision of that id.

        Raises:
            NotKnown: there is none.
        """
        self._librarian.remove(document)

    def documents(self) -> list[Document]:
        """Every revision of every document; what a newer one replaced is superseded."""
        return standing_on(self._retriever.resolved(), self._today())

    def search(
        self,
        query: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 8,
    ) -> list[Citation]:
        """The best passages of current documents, quoted whole."""
        found = self.find(
            query, machine_kind=machine_kind, machine=machine, kinds=kinds, limit=limit
        )
        return [cite(Held(each.document, each.passage, each.score)) for each in found]

    def find(
        self,
        query: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 8,
    ) -> tuple[Found, ...]:
        """The same with what the search knows about each passage."""
        scope = Scope(machine_kind=machine_kind, machine=machine, kinds=tuple(kinds or ()))
        return self._retriever.search(query, scope, limit=limit).found

    def retrieve(
        self,
        query: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        limit: int = 8,
    ) -> Retrieved:
        """The best passages with how well they support an answer."""
        scope = Scope(machine_kind=machine_kind, machine=machine)
        return self._retriever.search(query, scope, limit=limit)

    def ask(
        self,
        question: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        codes: Sequence[str] = (),
        reader: str | None = None,
        earlier: Sequence[Turn] = (),
        language: str | None = None,
        listener: object | None = None,
    ) -> Answer:
        """What to do, quoted, or declined with the reason and the nearest passages.

        Args:
            question: In English or German.
            machine_kind: Only documents for that kind.
            machine: Only documents for that machine; the question may name one, too.
            codes: Looked for where the question asks for help and says nothing else.
            reader: Only documents that this role may read.
            earlier: Questions of the same conversation, the oldest first.
            language: `en` or `de`, of the words between the quotes; None: by the question.
            listener: Hears what a model writes while it does, unchecked.
        """
        scope = Scope(machine_kind=machine_kind, machine=machine, reader=reader)
        return self._answering.ask(
            question,
            scope,
            codes=codes,
            earlier=earlier,
            language=language,
            listener=listener,
        )

    def procedure(
        self,
        label: str,
        description: str,
        *,
        machine_kind: str,
        machine: str | None = None,
        codes: Sequence[str] = (),
        reader: str | None = None,
        language: str = "en",
    ) -> Answer:
        """The procedure for a diagnosed fault; its first citation is where the steps begin.

        Args:
            label: The fault class, such as `cooler_fouled`.
            description: What the class means, in words.
            machine_kind: Only documents for that kind.
            machine: Only documents for that machine.
            codes: Vendor codes that were raised with it.
            reader: Only documents that this role may read.
            language: `en` or `de`, of the words between the quotes.
        """
        scope = Scope(machine_kind=machine_kind, machine=machine, reader=reader)
        return self._answering.procedure(label, description, scope, codes=codes, language=language)

    def look_up(
        self, code: str, machine_kind: str | None, reader: str | None = None
    ) -> CodeEntry | None:
        """The row of a code table for that machine kind; `E-217` and `e217` are one code."""
        return self._answering.look_up(code, Scope(machine_kind=machine_kind, reader=reader))
