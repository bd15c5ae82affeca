"""Questions put to documents: passages quoted, or what a model says over them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ingest.errors import DataFault
from ingest.quotes import Citation
from ingest.vocabulary import Account, Answer
from prompting.question import Observer
from prompting.tasks.quoting import PassageWriter
from rag.encoding import TextEncoder
from rag.evaluation.own import copy_documents
from rag.evaluation.questions import Asked
from rag.holdings import today_utc
from rag.library import Library
from rag.mentions import MachineName
from rag.settings import RagSettings
from service.comparison.asked_model import OUT_OF_ORDER, Prompting
from service.comparison.nouns import Approach
from service.comparison.question_answers import Told

QUOTED, BOTH = "retrieval alone", "retrieval and prompt"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where documents come from, and what is known of the plant."""

    home: Path
    """`ANDON_HOME`, whose library is copied where no folder is named."""
    documents: Path | None
    encoder: Callable[[], TextEncoder]
    settings: RagSettings
    machines: tuple[MachineName, ...] = ()
    today: Callable[[], date] = today_utc


class Retrieving:
    """Passages of documents, quoted; with a model what it says over them, as far as it holds."""

    approach = Approach.RAG
    baseline = False

    def __init__(self, shelf: Shelf, prompting: Prompting | None = None) -> None:
        self._shelf = shelf
        self._prompting = prompting
        self._free = prompting.notes if prompting else ()
        self.name = BOTH if prompting else QUOTED
        self.notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The encoder, and the language model where one writes."""
        encoder = self._shelf.encoder().name
        return f"{self._prompting.model}, {encoder}" if self._prompting else encoder

    @contextmanager
    def opened(self) -> Iterator[Shelved]:
        """A library of its own: of the folder, or a copy of that of the home."""
        with (
            self._metered() as meter,
            tempfile.TemporaryDirectory(prefix="andon-questions-") as folder,
            self._library(Path(folder)) as library,
        ):
            self.notes = (*self._free, *_filled(library, self._shelf))
            unpriced = self._prompting is not None and self._prompting.unpriced
            written = self._prompting is not None
            yield Shelved(library, meter, written=written, unpriced=unpriced)

    def _library(self, folder: Path) -> Library:
        shelf = self._shelf
        if shelf.documents is None:
            copy_documents(shelf.home, folder)
        return Library(
            folder,
            shelf.encoder(),
            settings=shelf.settings.model_copy(update={"qdrant_url": ""}),
            today=shelf.today,
            machines=shelf.machines,
            writer=self._writer(),
        )

    def _writer(self) -> PassageWriter | None:
        if self._prompting is None:
            return None
        return PassageWriter(self._prompting.asker, self._prompting.prompts)

    @contextmanager
    def _metered(self) -> Iterator[Meter]:
        """What the model takes is counted beside whoever else counts it."""
        if self._prompting is None:
            yield Meter(None)
            return
        asker = self._prompting.asker
        before = asker.observer
        meter = Meter(before)
        asker.observer = meter
        try:
            yield meter
        finally:
            asker.observer = before


class Meter:
    """What the last question took of the model; tells whoever listened before."""

    def __init__(self, behind: Observer | None) -> None:
        self._behind = behind
        self.account = Account()
        self.outcome = ""

    def asked(self, engine: str, model: str, *, outcome: str, account: Account) -> None:
        """A question ended."""
        self.account, self.outcome = account, outcome
        if self._behind is not None:
            self._behind.asked(engine, model, outcome=outcome, account=account)

    def fell_back(self, reason: str) -> None:
        """A text was written by rule."""
        if self._behind is not None:
            self._behind.fell_back(reason)

    def replaced(self, engine: str, model: str, *, sentences: int) -> None:
        """Sentences were replaced."""
        if self._behind is not None:
            self._behind.replaced(engine, model, sentences=sentences)


class Shelved:
    """A library that is open."""

    def __init__(
        self, library: Library, meter: Meter, *, written: bool, unpriced: bool = False
    ) -> None:
        """`written`: the words are those of a model; `unpriced`: nobody says what it costs."""
        self.library = library
        self._unpriced = unpriced
        self._meter = meter
        self._written = written

    def ask(self, asked: Asked) -> Told:
        """What is cited, and the words: the quotes, or the model's own sentences."""
        self._meter.account, self._meter.outcome = Account(), ""
        answer = self.library.ask(
            asked.question, machine=asked.machine, machine_kind=asked.machine_kind
        )
        account = self._meter.account
        places, text = _said(answer) if self._written else (answer.citations, answer.text)
        return Told(
            declined=answer.declined,
            text=text,
            places=tuple(asdict(place) for place in places),
            tokens_in=account.tokens_in,
            tokens_out=account.tokens_out,
            cost=account.cost,
            unpriced_s=account.seconds if self._unpriced else 0.0,
            failed=answer.note if self._meter.outcome in OUT_OF_ORDER else "",
        )


def _said(answer: Answer) -> tuple[Sequence[Citation], str]:
    """The sentences of the model with their places; the quotes where nothing of it held."""
    passages = {sentence.passage for sentence in answer.sentences}
    cited = [place for place in answer.citations if place.passage in passages]
    if not cited:
        return answer.citations, answer.text
    return cited, " ".join(sentence.text for sentence in answer.sentences)


def _filled(library: Library, shelf: Shelf) -> tuple[str, ...]:
    """Reads the folder; what a report should say of it.

    Raises:
        DataFault: there is no document that could answer.
    """
    failed: tuple[str, ...] = ()
    if shelf.documents is not None:
        failures = library.sync(shelf.documents).failed
        failed = tuple(f"Left out: {failure.reason}" for failure in failures)
    if not library.documents():
        words = " ".join(failed)
        raise DataFault(f"There is no document to answer from. {words}".strip())
    if shelf.documents is None:
        return ("The library was indexed before: its set-up is that of a copy.",)
    return failed
