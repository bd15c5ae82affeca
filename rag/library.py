"""The library: documents in, passages and answers out; the one door to the rag room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from ingest.vocabulary import Answer, Citation
from rag.answering import Answering
from rag.conversation import Turn
from rag.document import CodeEntry, DocumentStatus
from rag.encoding import TextEncoder
from rag.finding import Held, cite
from rag.holdings import Holdings, today_utc
from rag.index import Scope
from rag.mending import Progress
from rag.mentions import MachineName
from rag.reranking import Reranker
from rag.retrieval import Found, Retrieved, Retriever
from rag.settings import RagSettings
from rag.tuning import tuned
from rag.viewing import Viewer
from rag.writing import AnswerWriter


class Library(Holdings):
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
        reranker: Reranker | None = None,
        progress: Progress | None = None,
        anew: bool = False,
    ) -> None:
        """`machines` are those of the plant, which a question may name; `writer` is a model.

        `reranker` reads the best passages together with the question, where one is set.

        `progress` is told where the index has to be made again; `anew`: it has to in any case.
        """
        settings = settings or RagSettings()
        self._settings = tuned(settings, folder / "documents", encoder=encoder.name)
        self._encoder = encoder
        self._machines = tuple(machines)
        self._writer = writer
        self._reranker = reranker
        super().__init__(
            folder, encoder, settings=self._settings, today=today, progress=progress, anew=anew
        )
        self.weigh(self._settings)
        self.viewer = Viewer(self._catalog, self._settings)
        """Opens what is cited."""

    @property
    def settings(self) -> RagSettings:
        """In force: as given, with what was measured for this library."""
        return self._settings

    def weigh(self, settings: RagSettings) -> None:
        """Rank and decline by these settings from now on; what is stored stays as it is."""
        self._settings = settings
        self._retriever = Retriever(
            self._catalog,
            self._catching_up,
            self._encoder,
            settings=settings,
            today=self._today,
            reranker=self._reranker,
        )
        self._answering = Answering(
            self._catalog,
            self._retriever,
            settings=settings,
            today=self._today,
            machines=self._machines,
            writer=self._writer,
        )

    def search(
        self,
        query: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        kinds: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
        statuses: Sequence[str] | None = None,
        on: date | None = None,
        reader: str | None = None,
        limit: int = 8,
    ) -> list[Citation]:
        """The best passages of documents that hold, quoted whole.

        Args:
            query: In words or identifiers.
            machine_kind: Only documents for that kind.
            machine: Only documents for that machine.
            kinds: Only documents of these kinds.
            languages: Only documents in these languages.
            statuses: Documents of these instead of current ones.
            on: As on that day instead of today.
            reader: Only documents that this role may read.
            limit: How many.
        """
        scope = Scope(
            machine_kind=machine_kind,
            machine=machine,
            kinds=tuple(kinds or ()),
            languages=tuple(languages or ()),
            statuses=tuple(statuses or (DocumentStatus.CURRENT.value,)),
            on=on,
            reader=reader,
        )
        found = self._retriever.search(query, scope, limit=limit).found
        return [cite(Held(each.document, each.passage, each.score)) for each in found]

    def find(
        self,
        query: str,
        *,
        machine_kind: str | None = None,
        machine: str | None = None,
        kinds: Sequence[str] | None = None,
        reader: str | None = None,
        limit: int = 8,
    ) -> tuple[Found, ...]:
        """The same with what the search knows about each passage, such as its near-duplicates."""
        scope = Scope(
            machine_kind=machine_kind, machine=machine, kinds=tuple(kinds or ()), reader=reader
        )
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
