"""A collection in BEIR layout: indexed for the measurement alone, asked, and judged."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rag.document import Block, BlockKind, Document, DocumentKind, DocumentStatus
from rag.encoding import TextEncoder
from rag.evaluation.abstention import auroc, threshold
from rag.evaluation.asking import Progress
from rag.evaluation.case import PASSAGES, Case, fusion_name
from rag.evaluation.collection import Collection, Question, machine_of
from rag.evaluation.ranking import ndcg, percentile, recall
from rag.library import Library
from rag.retrieval import Retrieved
from rag.settings import RagSettings


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over all questions; shares are of 1."""

    passages: int
    questions: int
    """With an answer."""
    ndcg_at_10: float
    recall_at_10: float
    hit_at_1: float
    cpu_ms_per_query: float
    fusion: str
    latency_ms_p50: float
    latency_ms_p95: float
    unanswerable: int
    auroc: float | None
    """Of support, questions with an answer against those without; None where there are none."""
    answered_at_2_percent_false: float | None


@dataclass(frozen=True, slots=True)
class Indexed:
    """A collection in a library of its own."""

    library: Library
    names: Mapping[str, str]
    """The collection's own id of each document."""
    machines: frozenset[str]

    def retrieve(self, question: Question) -> Retrieved:
        """The machine filters where a question names one that is known."""
        machine = question.machine if question.machine in self.machines else None
        return self.library.retrieve(question.text, machine=machine, limit=PASSAGES)

    def ranking(self, retrieved: Retrieved) -> list[str]:
        """Documents in the order of their best passage; one that says the same follows it."""
        every = (one for best in retrieved.found for one in (best, *best.folded))
        return list(dict.fromkeys(self.names[one.document.id] for one in every))


@contextmanager
def indexed(
    collection: Collection,
    encoder: TextEncoder,
    *,
    settings: RagSettings,
    progress: Progress | None = None,
) -> Iterator[Indexed]:
    """The documents in a temporary library with the embedded engine."""
    with (
        tempfile.TemporaryDirectory(prefix="andon-evaluate-") as folder,
        Library(Path(folder), encoder, settings=_apart(settings)) as library,
    ):
        names = _fill(library, collection.documents, progress)
        machines = (machine_of(line) for line in collection.documents)
        yield Indexed(library, names, frozenset(one for one in machines if one))


def measured(place: Indexed, questions: Sequence[Question]) -> Evaluation:
    """Every question asked once, and judged by the documents that it should find."""
    retrieved: list[Retrieved] = []
    seconds: list[float] = []
    started = time.process_time()
    for question in questions:
        began = time.perf_counter()
        retrieved.append(place.retrieve(question))
        seconds.append(time.perf_counter() - began)
    spent = time.process_time() - started
    pairs = list(zip(questions, retrieved, strict=True))
    return Evaluation(
        passages=sum(document.passages for document in place.library.documents()),
        **_ranks([(place.ranking(found), q.relevant) for q, found in pairs if q.relevant]),
        cpu_ms_per_query=round(1000 * spent / len(questions), 2),
        fusion=fusion_name(place.library.settings),
        latency_ms_p50=round(1000 * percentile(seconds, 0.5), 2),
        latency_ms_p95=round(1000 * percentile(seconds, 0.95), 2),
        **_declining(
            [found.support for q, found in pairs if q.relevant],
            [found.support for q, found in pairs if not q.relevant],
        ),
    )


def cases(place: Indexed, questions: Sequence[Question]) -> list[Case]:
    """For a calibration; questions that the same document answers belong together."""
    return [_case(place, number, question) for number, question in enumerate(questions)]


def _case(place: Indexed, number: int, question: Question) -> Case:
    def gain(retrieved: Retrieved) -> float:
        return ndcg(place.ranking(retrieved), question.relevant)

    return Case(
        question=question.text,
        group=min(question.relevant, default=f"unanswerable {number}"),
        machine=question.machine if question.machine in place.machines else None,
        gain=gain if question.relevant else None,
    )


def _apart(settings: RagSettings) -> RagSettings:
    """The same settings with the embedded engine: a server's collection is not touched."""
    return settings.model_copy(update={"qdrant_url": ""})


def _fill(
    library: Library, documents: Sequence[Mapping[str, Any]], progress: Progress | None
) -> dict[str, str]:
    """Documents of the collection under ids of ours; their own ids may hold anything."""
    names: dict[str, str] = {}
    entries: list[tuple[Document, list[Block]]] = []
    for number, line in enumerate(documents):
        document, blocks = _document(number, line)
        names[document.id] = str(line["_id"])
        entries.append((document, blocks))
    library.add_read(entries, progress)
    return names


def _document(number: int, line: Mapping[str, Any]) -> tuple[Document, list[Block]]:
    title = str(line.get("title") or "")
    machine = machine_of(line)
    document = Document(
        id=f"D{number:07d}",
        title=title,
        kind=DocumentKind.MANUAL,
        machine_kinds=(),
        machines=(machine,) if machine else (),
        revision="1",
        effective_from=None,
        effective_until=None,
        status=DocumentStatus.CURRENT,
        language="en",
        source="",
        source_hash=f"{number}",
    )
    heading = [Block(BlockKind.HEADING, title, level=1)] if title else []
    return document, [*heading, Block(BlockKind.PARAGRAPH, str(line.get("text") or title))]


def _ranks(judged: Sequence[tuple[Sequence[str], Mapping[str, int]]]) -> dict[str, Any]:
    hits = (bool(names) and names[0] in relevant for names, relevant in judged)
    return {
        "questions": len(judged),
        "ndcg_at_10": round(fmean(ndcg(names, relevant) for names, relevant in judged), 4),
        "recall_at_10": round(fmean(recall(names, relevant) for names, relevant in judged), 4),
        "hit_at_1": round(fmean(map(float, hits)), 4),
    }


def _declining(have: Sequence[float], lack: Sequence[float]) -> dict[str, Any]:
    area = auroc(have, lack)
    found = {"unanswerable": len(lack), "auroc": None, "answered_at_2_percent_false": None}
    if area is None:
        return found
    answered = threshold(have, lack, false_answers=0.02).answered
    return found | {"auroc": round(area, 4), "answered_at_2_percent_false": round(answered, 4)}
