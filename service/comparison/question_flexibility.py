"""What a new document takes: one is kept from the library, then added, and its questions asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ingest.errors import DataFault
from rag.evaluation.questions import Asked
from service.comparison.nouns import Flexibility
from service.comparison.question_answers import Told, is_right
from service.comparison.question_library import Shelved

REDONE = "the document is read and indexed, nothing else"
OTHERS = 40
"""Questions about other documents that are asked again."""

Answered = Sequence[tuple[Asked, Told]]


def new_document(shelved: Shelved, answered: Answered) -> Flexibility | None:
    """Of the document that most questions are about; None where no file of one is at hand."""
    counts = Counter(asked.expected[0].document for asked, _ in answered if asked.expected)
    for document, _ in sorted(counts.most_common(), key=lambda one: (-one[1], one[0])):
        paths = _files(shelved, document)
        if paths and len(counts) > 1:
            return _added(shelved, document, paths, answered)
    return None


def _added(
    shelved: Shelved, document: str, paths: Sequence[Path], answered: Answered
) -> Flexibility:
    mine = [asked for asked, _ in answered if _about(asked, document)]
    right = [asked for asked, told in answered if asked not in mine and is_right(asked, told)]
    shelved.library.remove(document)
    began = time.perf_counter()
    try:
        for path in paths:
            shelved.library.add(path)
    except DataFault as fault:
        return Flexibility(document, None, 0.0, 1.0, f"it was not taken back: {fault.message}")
    first = shelved.ask(mine[0])
    seconds = time.perf_counter() - began
    found = [is_right(mine[0], first), *(is_right(one, shelved.ask(one)) for one in mine[1:])]
    kept = [is_right(one, shelved.ask(one)) for one in right[:OTHERS]]
    return Flexibility(
        label=document,
        seconds=seconds if any(found) else None,
        recall=sum(found) / len(found),
        others_kept=sum(kept) / len(kept) if kept else 1.0,
        redone=REDONE,
    )


def _about(asked: Asked, document: str) -> bool:
    return bool(asked.expected) and asked.expected[0].document == document


def _files(shelved: Shelved, document: str) -> list[Path]:
    """Those that its revisions were read from; none where one of them is not there any more."""
    paths = [Path(one.source) for one in shelved.library.revisions(document)]
    return paths if all(path.is_file() for path in paths) else []
