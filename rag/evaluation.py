"""How well a collection of questions is answered: BEIR layout in, figures out."""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import DataFault
from rag.document import Block, BlockKind, Document, DocumentKind, DocumentStatus
from rag.encoding import TextEncoder
from rag.library import Library
from rag.settings import RagSettings

_DEPTH = 10
_PASSAGES = 40
"""Passages that are fetched for a question, so that ten different documents are among them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it, with their grade."""

    text: str
    machine: str | None
    relevant: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and questions about them."""

    documents: Sequence[Mapping[str, Any]]
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over all questions; shares are of 1."""

    passages: int
    questions: int
    ndcg_at_10: float
    recall_at_10: float
    hit_at_1: float
    cpu_ms_per_query: float
    fusion: str


def read_collection(folder: Path) -> Collection:
    """`corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.

    Raises:
        DataFault: a file is missing or a line of it cannot be read.
    """
    documents = list(_json_lines(folder / "corpus.jsonl"))
    grades = _grades(folder / "qrels" / "test.tsv")
    questions = [
        Question(str(line["text"]), _machine(line), grades[str(line["_id"])])
        for line in _json_lines(folder / "queries.jsonl")
        if str(line["_id"]) in grades
    ]
    if not documents or not questions:
        raise DataFault(f"{folder}: there are no documents or no questions with a grade in it.")
    return Collection(documents, questions)


def evaluate(
    collection: Collection,
    encoder: TextEncoder,
    *,
    settings: RagSettings,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Index the documents in a temporary library and put every question to it.

    A document is found where its best passage is found; the machine filters where a question
    names one that is known.
    """
    with (
        tempfile.TemporaryDirectory(prefix="andon-evaluate-") as folder,
        Library(Path(folder), encoder, settings=_apart(settings)) as library,
    ):
        names = _index(library, collection.documents, progress)
        machines = {machine for line in collection.documents if (machine := _machine(line))}
        started = time.process_time()
        ranked = [_ranking(library, question, machines, names) for question in collection.questions]
        spent = time.process_time() - started
        passages = sum(document.passages for document in library.documents())
    return _figures(collection, ranked, passages, spent, fusion_name(settings))


def _apart(settings: RagSettings) -> RagSettings:
    """The same settings with the embedded engine: a server's collection is not touched."""
    return settings.model_copy(update={"qdrant_url": ""})


def fusion_name(settings: RagSettings) -> str:
    """The fusion as a person would say it, such as `min-max(dense=0.5)`."""
    weighed = settings.fusion in ("min-max", "rrf")
    return (
        f"{settings.fusion}(dense={settings.fusion_dense_weight:g})"
        if weighed
        else (settings.fusion)
    )


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], depth: int = _DEPTH) -> float:
    """Normalised discounted cumulative gain with graded relevance, as trec_eval counts it."""
    gained = _discounted([relevant.get(name, 0) for name in ranked[:depth]])
    best = _discounted(sorted(relevant.values(), reverse=True)[:depth])
    return gained / best if best else 0.0


def _discounted(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def _ranking(
    library: Library, question: Question, machines: set[str], names: Mapping[str, str]
) -> list[str]:
    machine = question.machine if question.machine in machines else None
    found = library.find(question.text, machine=machine, limit=_PASSAGES)
    return list(dict.fromkeys(names[each.document.id] for each in found))


def _index(
    library: Library,
    documents: Sequence[Mapping[str, Any]],
    progress: Callable[[int, int, str], None] | None,
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
    machine = _machine(line)
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


def _figures(
    collection: Collection,
    ranked: Sequence[Sequence[str]],
    passages: int,
    spent: float,
    fusion: str,
) -> Evaluation:
    pairs = list(zip(ranked, collection.questions, strict=True))
    n = len(pairs)
    recall = sum(_recall(names, question.relevant) for names, question in pairs)
    hits = sum(bool(names) and names[0] in question.relevant for names, question in pairs)
    return Evaluation(
        passages=passages,
        questions=n,
        ndcg_at_10=round(sum(ndcg(names, q.relevant) for names, q in pairs) / n, 4),
        recall_at_10=round(recall / n, 4),
        hit_at_1=round(hits / n, 4),
        cpu_ms_per_query=round(1000 * spent / n, 2),
        fusion=fusion,
    )


def _recall(names: Sequence[str], relevant: Mapping[str, int]) -> float:
    return len(set(names[:_DEPTH]) & set(relevant)) / len(relevant)


def _machine(line: Mapping[str, Any]) -> str | None:
    metadata = line.get("metadata")
    machine = metadata.get("machine") if isinstance(metadata, dict) else None
    return str(machine) if machine else None


def _grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_lines(path), start=1):
        cells = line.split("\t")
        if number == 1 and not cells[-1].strip().lstrip("-").isdigit():
            continue  # the header
        if len(cells) != 3 or not cells[2].strip().lstrip("-").isdigit():
            raise DataFault(f"{path}:{number}: not query-id, corpus-id and score.")
        if int(cells[2]) > 0:
            grades.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return grades


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as fault:
            raise DataFault(f"{path}:{number}: not JSON.") from fault
        if not isinstance(value, dict) or "_id" not in value:
            raise DataFault(f"{path}:{number}: an object with _id is expected.")
        yield value


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise DataFault(
            f"{path}: it cannot be read.",
            remedy="Expected are corpus.jsonl, queries.jsonl and qrels/test.tsv.",
        ) from fault
    return [line for line in text.split("\n") if line.strip()]
