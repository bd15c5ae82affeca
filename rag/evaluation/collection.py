"""A collection in BEIR layout, as it lies on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import DataFault


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it, with their grade."""

    text: str
    machine: str | None
    relevant: Mapping[str, int]
    """Empty: the collection does not answer it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and questions about them."""

    documents: Sequence[Mapping[str, Any]]
    questions: Sequence[Question]


def read_collection(folder: Path) -> Collection:
    """`corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.

    A question without a grade is left out, unless its `metadata.declined` is true: the collection
    then does not answer it.

    Raises:
        DataFault: a file is missing or a line of it cannot be read.
    """
    documents = list(_json_lines(folder / "corpus.jsonl"))
    grades = _grades(folder / "qrels" / "test.tsv")
    questions = [
        Question(str(line.get("text") or ""), machine_of(line), grades.get(str(line["_id"]), {}))
        for line in _json_lines(folder / "queries.jsonl")
        if str(line["_id"]) in grades or _is_declined(line)
    ]
    if not documents or not any(question.relevant for question in questions):
        raise DataFault(f"{folder}: there are no documents or no questions with a grade in it.")
    return Collection(documents, questions)


def machine_of(line: Mapping[str, Any]) -> str | None:
    """The machine that a document or a question is about, where it says so."""
    metadata = line.get("metadata")
    machine = metadata.get("machine") if isinstance(metadata, dict) else None
    return str(machine) if machine else None


def _is_declined(line: Mapping[str, Any]) -> bool:
    metadata = line.get("metadata")
    return isinstance(metadata, dict) and metadata.get("declined") is True


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
