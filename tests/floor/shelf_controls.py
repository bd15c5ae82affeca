"""Shelves that do their steps in a wrong order, so that a test can show that it would notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rag.librarian import Librarian
from rag.register import Register
from rag.shelving import Shelving


def _nothing() -> None:
    """As it is."""


def _old_first() -> None:
    """The old revision goes before the new one is there."""
    put = Shelving.put

    def careless(self: Shelving, item: Any, origin: str, note: Any) -> None:
        for old in self._catalog.documents(named=item.draft.document.id):
            self.remove([old], lambda _: None)
        put(self, item, origin, note)

    Shelving.put = careless  # type: ignore[method-assign]


def _one_by_one() -> None:
    """Revisions are deleted one after the other, the newest first."""
    remove = Librarian.remove

    def careless(self: Librarian, document: str, revision: str | None = None, **named: Any) -> None:
        for each in reversed(self._revisions(document, revision)):
            remove(self, document, each.revision, **named)

    Librarian.remove = careless  # type: ignore[method-assign]


def _no_marks() -> None:
    """Nobody notes what is under way."""

    def forgetful(self: Register, documents: Iterable[str]) -> None:
        """Note nothing."""

    Register.begin = forgetful  # type: ignore[method-assign]


CONTROLS: Mapping[str, Callable[[], None]] = {
    "none": _nothing,
    "old first": _old_first,
    "one by one": _one_by_one,
    "no marks": _no_marks,
}
