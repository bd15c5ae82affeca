"""What the service needs from the rooms below, as it needs it; fakes in tests satisfy the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from finetune.inputs import Input
from finetune.limits import Reference
from finetune.models import ModelStore
from finetune.promotion import GateReport
from finetune.task import Task
from ingest.vocabulary import Answer, Citation, Diagnosis, Evidence, Summary
from prompting.listening import Listener
from prompting.telling import Watched
from rag.conversation import Turn
from rag.document import Change, CodeEntry, Document, DocumentFailure, Passage
from rag.drawing import Picture
from rag.viewing import Opened, Place

Progress = Callable[[int, int, str], None]
"""Called with how much of how much is done, and a name."""


class Summarizes(Protocol):
    """Evidence to a summary; a writer that fails is replaced, and the summary says so."""

    def summarize(
        self,
        evidence: Sequence[Evidence],
        *,
        scope: str,
        start: datetime,
        end: datetime,
        prompt: str = ...,
        language: str = ...,
        watched: Watched | None = ...,
        listener: Listener | None = ...,
    ) -> Summary:
        """What is going on; the listener hears drafts of it."""
        ...

    def style(self, prompt: str, language: str) -> str:
        """For whom a prompt is: `operator`, `engineer` or `handover`; NotKnown without it."""
        ...


class Answers(Protocol):
    """Whatever answers a task: one loaded model, or the route that the task follows."""

    @property
    def version(self) -> str:
        """Of the model, or the revision of the route."""
        ...

    @property
    def task(self) -> Task:
        """What it decides."""
        ...

    def classify(
        self,
        inputs: Sequence[Input],
        *,
        labels: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[Diagnosis]:
        """One diagnosis for each input, among `labels` when given; says why when asked to."""
        ...

    def classify_together(
        self, texts: Sequence[str], *, labels: Sequence[str] | None = None, explain: bool = False
    ) -> Diagnosis:
        """One diagnosis from several texts about the same thing."""
        ...


class Classifies(Answers, Protocol):
    """One loaded model."""

    @property
    def reference(self) -> Reference:
        """How it answered rows that it had not learnt from."""
        ...


class Shelf(Protocol):
    """The classifiers that serve now."""

    def current(self, task: str) -> Classifies:
        """The promoted model of a task; NotKnown when none is trained."""
        ...

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task, with the version that serves it."""
        ...

    def models(self) -> list[Mapping[str, Any]]:
        """Every trained model: task, version, current, engine, metrics."""
        ...

    @property
    def store(self) -> ModelStore:
        """The versions on disk."""
        ...

    def shadow(self, task: str) -> Classifies | None:
        """The version that is asked beside the one that serves; None when there is none."""
        ...

    def promote(
        self, task: str, version: str, *, force: bool = False, who: str = "", reason: str = ""
    ) -> GateReport:
        """Serve that version from now on; NotKnown when there is none, GateRefused by the gate."""
        ...

    def roll_back(self, task: str, *, who: str = "", reason: str = "") -> str:
        """Serve the version before; the version that serves then."""
        ...


class Opens(Protocol):
    """Documents opened at a page."""

    def open(self, document: Document, place: Place) -> Opened:
        """A page and what stands on it; NotKnown when the document has no such page."""
        ...

    def picture(self, document: Document, place: Place) -> Picture:
        """The page as it was printed; NotKnown when there is no picture of it."""
        ...


class Library(Protocol):
    """The documents."""

    @property
    def viewer(self) -> Opens:
        """Opens what is cited."""
        ...

    def add(
        self,
        path: Path,
        *,
        metadata: Mapping[str, Any] | None = None,
        by: str = "",
        progress: Progress | None = None,
    ) -> Document:
        """Take in a document; the revision before is replaced in one step."""
        ...

    def documents(self) -> Sequence[Document]:
        """Every revision of every document."""
        ...

    def passages(self, document: str, revision: str | None = None) -> Sequence[Passage]:
        """All of a revision, in order; NotKnown when it is not there."""
        ...

    def failures(self) -> Sequence[DocumentFailure]:
        """What could not be taken in from the folders of late."""
        ...

    def changes(self, document: str | None = None, limit: int = ...) -> Sequence[Change]:
        """Who did what to the documents."""
        ...

    def remove(self, document: str, revision: str | None = None, *, by: str = "") -> None:
        """Forget a document or a revision; NotKnown when it is not there."""
        ...

    def withdraw(
        self, document: str, revision: str | None = None, *, reason: str = "", by: str = ""
    ) -> Sequence[Document]:
        """Quote it no more until it is restored; NotKnown when it is not there."""
        ...

    def restore(
        self, document: str, revision: str | None = None, *, by: str = ""
    ) -> Sequence[Document]:
        """Take a withdrawal back; DataFault when there is none."""
        ...

    def rebuild(self, progress: Progress | None = None) -> int:
        """Make the index anew from the store; how many passages there are."""
        ...

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
    ) -> Sequence[Citation]:
        """Passages, best first."""
        ...

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
        """Quoted from the documents, or declined."""
        ...

    def procedure(
        self,
        label: str,
        description: str,
        *,
        machine_kind: str,
        machine: str | None = None,
        codes: Sequence[str] = (),
        reader: str | None = None,
    ) -> Answer:
        """What to do about a diagnosed fault."""
        ...

    def look_up(
        self, code: str, machine_kind: str, *, reader: str | None = None
    ) -> CodeEntry | None:
        """The row of a code table, if a document has it."""
        ...
