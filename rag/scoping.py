"""Whether a document lies within what was asked for: machine, kind, reader, language."""

from __future__ import annotations

from rag.document import Document
from rag.index import Scope


def admits(scope: Scope, document: Document) -> bool:
    """The same as the filters of the index, for a document that is at hand."""
    return (
        _open_to(scope.machine_kind, document.machine_kinds)
        and _open_to(scope.machine, document.machines)
        and _open_to(scope.reader, document.readers)
        and _one_of(document.kind.value, scope.kinds)
        and _one_of(document.id, scope.documents)
        and _one_of(document.language, scope.languages)
    )


def _open_to(asked: str | None, named: tuple[str, ...]) -> bool:
    return asked is None or not named or asked in named


def _one_of(value: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted
