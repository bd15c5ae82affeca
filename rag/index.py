"""The port to a vector engine: put passages in, take them out, find the nearest within a scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rag.document import Document, DocumentStatus, Passage
from rag.terms import SparseVector

EVERY = "*"
"""Stands in the payload for every machine or machine kind."""
FIRST_DAY, LAST_DAY = 0, 10_000_000
DENSE, SPARSE = "dense", "sparse"
KEYWORDS = (
    "document", "kind", "machine_kinds", "machines", "status", "language", "codes",
    "defines", "readers",
)  # fmt: skip
INTEGERS = ("from_day", "until_day")

Payload = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Point:
    """A passage as the engine keeps it; the words stay in the catalogue."""

    id: str
    """A UUID."""
    dense: Sequence[float]
    sparse: SparseVector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; score as the engine gives it, higher is nearer."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages may be found at all. None or empty: no restriction."""

    machine_kind: str | None = None
    machine: str | None = None
    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = (DocumentStatus.CURRENT.value,)
    documents: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Mentions one of these."""
    defines: tuple[str, ...] = ()
    """Is about one of these."""
    languages: tuple[str, ...] = ()
    reader: str | None = None
    """May be read by that role; None: by everybody who asks."""
    on: date | None = None
    """Holds on that day."""

    def keywords(self) -> Iterator[tuple[str, list[str]]]:
        """Fields that must hold one of these values; flags are keywords, never booleans."""
        if self.machine_kind is not None:
            yield "machine_kinds", [self.machine_kind, EVERY]
        if self.machine is not None:
            yield "machines", [self.machine, EVERY]
        if self.reader is not None:
            yield "readers", [self.reader, EVERY]
        lists = {
            "language": self.languages,
            "kind": self.kinds,
            "status": self.statuses,
            "document": self.documents,
            "codes": self.codes,
            "defines": self.defines,
        }
        yield from ((name, list(values)) for name, values in lists.items() if values)

    def outside(self) -> Iterator[tuple[str, str, int]]:
        """Fields that must not lie there: comparison (gt, lte) and day.

        Said so because nearly all passages hold on a day: the engine asks for the few that do not.
        """
        if self.on is not None:
            yield "from_day", "gt", self.on.toordinal()
            yield "until_day", "lte", self.on.toordinal()


class PassageSearch(Protocol):
    """What a question needs of a vector engine. Safe to call from several threads."""

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine; of equal ones the lower id first, here and in `matching`."""

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights; nothing without a term in common."""

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope, the lowest first."""


class PassageIndex(PassageSearch, Protocol):
    """What the rag room needs of a vector engine."""

    def put(self, points: Sequence[Point]) -> None:
        """Insert or replace; on return searchable, and there when the process is killed.

        Raises:
            DataFault: a passage whose vector, terms or words cannot be kept; then none is.
        """

    def remove(self, ids: Sequence[str]) -> None:
        """Take out; unknown ids are no fault."""

    def ids(self) -> set[str]:
        """All of them."""

    def count(self) -> int:
        """How many there are."""

    def settle(self) -> None:
        """What was put or removed is there also when the machine loses its power."""

    def clear(self, dimension: int) -> None:
        """Empty, ready for dense vectors of that dimension, whatever it held before."""

    def close(self) -> None:
        """Let go of files and connections; further calls but this one are a fault."""


def payload_of(document: Document, passage: Passage) -> Payload:
    """The fields that a scope asks for."""
    begin, end = document.effective_from, document.effective_until
    return {
        "document": document.id,
        "revision": document.revision,
        "kind": document.kind.value,
        "machine_kinds": list(document.machine_kinds) or [EVERY],
        "machines": list(document.machines) or [EVERY],
        "readers": list(document.readers) or [EVERY],
        "status": document.status.value,
        "language": document.language,
        "codes": list(passage.codes),
        "defines": list(passage.defines),
        "page": passage.page,
        "from_day": begin.toordinal() if begin else FIRST_DAY,
        "until_day": end.toordinal() if end else LAST_DAY,
    }
