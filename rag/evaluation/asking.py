"""Questions put to a library, here or at a service, and what came back beside what is right."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rag.evaluation.questions import Asked
from rag.evaluation.ranking import DEPTH

Progress = Callable[[int, int, str], None]


class Desk(Protocol):
    """Where questions are put; answers and citations as JSON values."""

    def ask(self, question: str, machine: str | None) -> Mapping[str, Any]:
        """An answer with the fields of `Answer`."""

    def search(self, query: str, machine: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Passages with the fields of `Citation`, best first."""

    def documents(self) -> Sequence[Mapping[str, Any]]:
        """What is in the library."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question got."""

    asked: Asked
    document_kind: str
    """Of the document that answers it; empty where none does."""
    right: tuple[bool, ...]
    """Of the passages that a search found, in order."""
    declined: bool
    support: float
    document_right: bool
    """Of the first citation."""
    citation_right: bool
    """The first citation is a place that answers: document, page and what else was given."""
    cited_right: bool
    """Some citation is."""
    wrong_machine: bool | None
    """Whether the first citation is for other machines; None: nobody knows, or declined."""
    seconds: float
    """Until the answer, by the clock."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is known about documents by their id."""

    kinds: Mapping[str, str]
    machine_kinds: Mapping[str, frozenset[str]]
    """Empty: for every machine."""

    @classmethod
    def of(cls, documents: Sequence[Mapping[str, Any]]) -> Shelf:
        """From what a desk says about its documents."""
        return cls(
            {str(one["id"]): str(one["kind"]) for one in documents},
            {str(one["id"]): frozenset(one["machine_kinds"]) for one in documents},
        )

    def meant(self, asked: Asked) -> frozenset[str]:
        """The machine kinds that a question is about, empty if nobody knows."""
        if asked.machine_kind:
            return frozenset({asked.machine_kind})
        found = [self.machine_kinds.get(one.document, frozenset()) for one in asked.expected]
        return frozenset().union(*found) if all(found) else frozenset()


def put_all(questions: Sequence[Asked], desk: Desk, progress: Progress | None) -> list[Outcome]:
    """Each question searched for and asked."""
    shelf = Shelf.of(desk.documents())
    found = []
    for done, asked in enumerate(questions, start=1):
        found.append(_put(asked, desk, shelf))
        if progress:
            progress(done, len(questions), asked.question)
    return found


def _put(asked: Asked, desk: Desk, shelf: Shelf) -> Outcome:
    passages = desk.search(asked.question, asked.machine, DEPTH) if asked.expected else ()
    began = time.perf_counter()
    answer = desk.ask(asked.question, asked.machine)
    seconds = time.perf_counter() - began
    citations: Sequence[Mapping[str, Any]] = answer["citations"]
    first = citations[0] if citations else None
    wanted = {one.document for one in asked.expected}
    return Outcome(
        asked=asked,
        document_kind=next((shelf.kinds.get(one.document, "") for one in asked.expected), ""),
        right=tuple(_answers(asked, place) for place in passages),
        declined=bool(answer["declined"]),
        support=float(answer.get("support") or 0.0),
        document_right=first is not None and first["document"] in wanted,
        citation_right=first is not None and _answers(asked, first),
        cited_right=any(_answers(asked, place) for place in citations),
        wrong_machine=_is_for_others(first, asked, shelf) if first else None,
        seconds=seconds,
    )


def _answers(asked: Asked, place: Mapping[str, Any]) -> bool:
    return any(one.is_met_by(place) for one in asked.expected)


def _is_for_others(place: Mapping[str, Any], asked: Asked, shelf: Shelf) -> bool | None:
    meant = shelf.meant(asked)
    held = shelf.machine_kinds.get(str(place["document"]), frozenset())
    return not held & meant if held and meant else (False if meant else None)
