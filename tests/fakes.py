"""Fakes of the ports of the service: they keep to the same contract, with no model and no index."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from finetune.inputs import Input
from finetune.limits import Reference
from finetune.models import ModelStore
from finetune.promotion import GateRefused, GateReport
from finetune.task import Label, Task, TaskKind
from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import (
    Alternative,
    Answer,
    Citation,
    Diagnosis,
    Evidence,
    Outcome,
    Statement,
    Summary,
    Weight,
)
from prompting.listening import Listener
from prompting.model import Reply, Request
from prompting.models.counting import Estimate
from prompting.telling import HANDOVER, Watched
from rag.conversation import Turn
from rag.document import (
    Change,
    CodeEntry,
    Document,
    DocumentFailure,
    DocumentKind,
    DocumentStatus,
    Passage,
    PassageKind,
)
from rag.drawing import Picture
from rag.viewing import Line, Opened, Part, Place
from service.ports import Progress

QUIET = "no_fault"


class FakeSummarizer:
    """Repeats the statements of the evidence, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def summarize(
        self,
        evidence: Sequence[Evidence],
        *,
        scope: str,
        start: datetime,
        end: datetime,
        prompt: str = "issue-summary",
        language: str = "en",
        watched: Watched | None = None,
        listener: Listener | None = None,
    ) -> Summary:
        """One statement for each piece of evidence."""
        self.asked += 1
        return Summary(
            scope=scope,
            start=start,
            end=end,
            headline=evidence[0].statement if evidence else "nothing",
            statements=tuple(Statement(item.statement, (item.id,)) for item in evidence),
            evidence=tuple(evidence),
            engine="deterministic",
            model=language,
            prompt=f"{prompt}@1#0",
        )

    def style(self, prompt: str, language: str) -> str:
        """By the name of the prompt."""
        return HANDOVER if prompt == "shift-handover" else "operator"


Said = str | Reply | Exception | Callable[[Request], Reply]


class FakeModel:
    """Says what it is told to, one thing a request and the last one ever after."""

    engine = "openai-compatible"
    digest = ""

    def __init__(self, *said: Said, model: str = "parrot", context_tokens: int | None = None):
        self.model = model
        self.context_tokens = context_tokens
        self.said = list(said)
        self.asked: list[Request] = []
        self.closed = False
        self._lock = threading.Lock()

    def count(self, text: str) -> int:
        """By estimate."""
        return Estimate().count(text)

    def complete(self, request: Request) -> Reply:
        """The next thing; an exception is raised."""
        with self._lock:
            self.asked.append(request)
            said = self.said[min(len(self.asked), len(self.said)) - 1]
        if isinstance(said, Exception):
            raise said
        if isinstance(said, str):
            return Reply(said, "stop", tokens_in=100, tokens_out=10)
        return said if isinstance(said, Reply) else said(request)

    def close(self) -> None:
        """It is said."""
        self.closed = True


def drafted(headline: Statement, *statements: Statement) -> str:
    """A model's reply with that summary."""
    said = (headline, *statements)
    first, *others = [{"text": one.text, "evidence": list(one.evidence)} for one in said]
    return json.dumps({"headline": first, "statements": others})


class FakeClassifier:
    """Knows words; a text without any of them is quiet, or abstained on where quiet is no label."""

    def __init__(
        self,
        words: Mapping[str, str],
        *,
        kind: str = "hydraulic-press",
        version: str = "fake-1",
    ) -> None:
        self.version = version
        self._words = words
        labels = [Label(label, f"{label} happened", (kind,)) for label in words.values()]
        self.task = Task(
            "error_code", TaskKind.TEXT, (*labels, Label(QUIET)), title="Fake", quiet=QUIET
        )
        self.read: list[str] = []
        count = len(self.task.labels)
        even, sure = (1 / count,) * count, (*(0.0,) * 9, 1.0)
        self.reference = Reference(100, even, sure, confidence=0.95, review=0.0, unknown=0.0)

    def classify(
        self,
        inputs: Sequence[Input],
        *,
        labels: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[Diagnosis]:
        """One diagnosis for each input; its first word is the explanation."""
        texts = [str(item) for item in inputs]
        self.read += texts
        return [self._one(text, labels, explain=explain) for text in texts]

    def classify_together(
        self, texts: Sequence[str], *, labels: Sequence[str] | None = None, explain: bool = False
    ) -> Diagnosis:
        """The diagnosis of all texts as one."""
        return self._one(" ".join(texts), labels, explain=explain)

    def _one(self, text: str, labels: Sequence[str] | None, *, explain: bool) -> Diagnosis:
        found = next((label for word, label in self._words.items() if word in text.lower()), QUIET)
        for name in labels or ():
            self.task.label(name)
        known = labels is None or found in labels
        return Diagnosis(
            task=self.task.name,
            label=found if known else None,
            confidence=0.95 if known else 0.0,
            alternatives=(Alternative(found, 0.95),),
            abstained=not known,
            engine="classifier",
            model_version=self.version,
            reason="" if known else "no word is known",
            basis=(text,),
            outcome=Outcome.LABEL if known else Outcome.UNKNOWN,
            explanation=(Weight(text.split(maxsplit=1)[0], 1.0),) if explain else (),
        )


class FakeShelf:
    """Serves the classifiers that it is given, two versions of each; the gate keeps `bad` out."""

    def __init__(self, *models: FakeClassifier, root: Path = Path("nowhere")) -> None:
        self.store = ModelStore(root)
        self.shadows: dict[str, FakeClassifier] = {}
        self._models = {model.task.name: model for model in models}
        self._current = dict.fromkeys(self._models, "fake-1")
        self.forced: tuple[str, str] | None = None

    def current(self, task: str) -> FakeClassifier:
        """The model of a task."""
        if task not in self._models:
            raise NotKnown(f"There is no model of task {task}.", remedy=f"andon train {task}")
        return self._models[task]

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task."""
        return [(model.task, self._current[name]) for name, model in self._models.items()]

    def models(self) -> list[Mapping[str, Any]]:
        """Both versions of every model."""
        return [
            {"task": task, "version": version, "current": self._current[task] == version}
            for task in self._models
            for version in ("fake-0", "fake-1")
        ]

    def shadow(self, task: str) -> FakeClassifier | None:
        """The one that a test put there."""
        return self.shadows.get(task)

    def promote(
        self, task: str, version: str, *, force: bool = False, who: str = "", reason: str = ""
    ) -> GateReport:
        """Serve that version; `bad` only by force."""
        self.current(task)
        if version not in ("fake-0", "fake-1", "bad"):
            raise NotKnown(f"Task {task} has no version {version}.")
        if version == "bad" and not force:
            refusal = GateReport(passed=False, reasons=("It lost a label.",), rows=9)
            raise GateRefused(task, version, refusal)
        self._current[task] = version
        self.forced = (who, reason) if force else None
        return GateReport(passed=True, reasons=(), rows=9)

    def roll_back(self, task: str, *, who: str = "", reason: str = "") -> str:
        """Serve the older version."""
        self.promote(task, "fake-0")
        return "fake-0"


class FakeViewer:
    """Shows the title of a document."""

    def open(self, document: Document, place: Place) -> Opened:
        """One page of text."""
        line = Line("text", (Part(document.title),))
        return Opened(document, 1, 1, marked_pages=(), picture=None, lines=(line,))

    def picture(self, document: Document, place: Place) -> Picture:
        """There is none."""
        raise NotKnown(f"{document.id} has no picture of that page.")


class FakeLibrary:
    """One procedure a label, one code table, exact words only."""

    def __init__(self, codes: Mapping[str, str] | None = None) -> None:
        self.viewer = FakeViewer()
        self._codes = dict(codes or {})
        self._documents: dict[str, Document] = {}
        self._changes: list[Change] = []
        self.asked: list[dict[str, Any]] = []
        """What the questions came with."""

    def add(
        self,
        path: Path,
        *,
        metadata: Mapping[str, Any] | None = None,
        by: str = "",
        progress: Progress | None = None,
    ) -> Document:
        """Take in a file; an empty one is refused."""
        text = path.read_text(encoding="utf-8", errors="replace")
        if not text.strip():
            raise DataFault(f"{path.name} is empty.")
        if progress is not None:
            progress(1, 1, path.name)
        given = dict(metadata or {})
        document = Document(
            id=given.get("id", path.stem),
            title=given.get("title", text.splitlines()[0]),
            kind=DocumentKind(given.get("kind", "sop")),
            machine_kinds=tuple(given.get("machine_kinds", ())),
            machines=tuple(given.get("machines", ())),
            revision=given.get("revision", "1"),
            effective_from=None,
            effective_until=None,
            status=DocumentStatus(given.get("status", "current")),
            language=given.get("language", "en"),
            source=str(path),
            source_hash="",
            passages=1,
            readers=tuple(given.get("readers", ())),
        )
        self._documents[document.key] = document
        self._changed("added", document, by)
        return document

    def documents(self) -> Sequence[Document]:
        """All that were added."""
        return list(self._documents.values())

    def passages(self, document: str, revision: str | None = None) -> Sequence[Passage]:
        """One, which is the title."""
        found = self._found(document, revision)[-1]
        text = found.title
        return [Passage("P1", found.id, found.revision, 0, 1, ("One",), PassageKind.TEXT, text, ())]

    def failures(self) -> Sequence[DocumentFailure]:
        """None."""
        return ()

    def changes(self, document: str | None = None, limit: int = 200) -> Sequence[Change]:
        """What was added and removed."""
        return [one for one in self._changes if document in (None, one.document)][:limit]

    def remove(self, document: str, revision: str | None = None, *, by: str = "") -> None:
        """Forget a document."""
        for found in self._found(document, revision):
            del self._documents[found.key]
            self._changed("removed", found, by)

    def withdraw(
        self, document: str, revision: str | None = None, *, reason: str = "", by: str = ""
    ) -> Sequence[Document]:
        """Quote it no more."""
        for found in self._found(document, revision):
            self._documents[found.key] = replace(
                found, status=DocumentStatus.WITHDRAWN, withdrawn_reason=reason
            )
            self._changed("withdrawn", found, by)
        return self._found(document, None)

    def restore(
        self, document: str, revision: str | None = None, *, by: str = ""
    ) -> Sequence[Document]:
        """Quote it again."""
        for found in self._found(document, revision):
            self._documents[found.key] = replace(found, status=DocumentStatus.CURRENT)
            self._changed("restored", found, by)
        return self._found(document, None)

    def rebuild(self, progress: Callable[[int, int, str], None] | None = None) -> int:
        """One passage a document."""
        if progress:
            progress(len(self._documents), len(self._documents), "")
        return len(self._documents)

    def _found(self, document: str, revision: str | None) -> list[Document]:
        every = [one for one in self._documents.values() if one.id == document]
        found = [one for one in every if revision in (None, one.revision)]
        if not found:
            raise NotKnown(f"There is no document {document}.")
        return found

    def _changed(self, action: str, document: Document, by: str) -> None:
        at = datetime(2026, 11, 22, tzinfo=UTC)
        self._changes.append(Change(at, by, action, document.id, document.revision))

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
        """One passage that repeats the query and its filters."""
        more = [str(given) for given in (languages, statuses, on, reader) if given is not None]
        return [self._cite(" ".join([f"{query} {machine_kind} {machine} {kinds}", *more]))][:limit]

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
        """Answers everything but the weather."""
        self.asked.append({"reader": reader, "earlier": tuple(earlier), "language": language})
        if "weather" in question:
            reason = "No document says anything about this."
            return Answer(
                question, declined=True, reason=reason, text="", citations=(), machine=machine
            )
        cited = self._cite(f"{machine_kind} {' '.join(codes)}")
        return Answer(
            question,
            declined=False,
            reason="",
            text=cited.quote,
            citations=(cited,),
            machine=machine,
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
    ) -> Answer:
        """The procedure of a label."""
        about = f"{label} {' '.join(codes)}".strip()
        cited = self._cite(f"1. Stop the {machine_kind}.\n2. Mend {about}.")
        return Answer(description, declined=False, reason="", text=cited.quote, citations=(cited,))

    def look_up(
        self, code: str, machine_kind: str, *, reader: str | None = None
    ) -> CodeEntry | None:
        """The row of a code."""
        if code not in self._codes:
            return None
        return CodeEntry(
            code=code,
            meaning="as the table says",
            error_class=self._codes[code],
            reaction="",
            document="MAN",
            title="Manual",
            revision="2",
            page=3,
            section="Codes",
            passage="MAN-1",
            quote=code,
            machine_kinds=(machine_kind,),
        )

    def _cite(self, quote: str) -> Citation:
        return Citation("SOP-1", "A procedure", "A", 2, "Procedure", quote, "SOP-1-4", 1.0)
