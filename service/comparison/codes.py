"""The code tables of a comparison: of a file, a folder of documents, or the plant's library."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from rag.settings import RagSettings
from rag.voting.lines import (
    CodeLine,
    lines_of_documents,
    lines_of_file,
    lines_of_library,
)
from service.comparison.nouns import CodeRow

Told = Callable[[str], None]


def read_codes(
    codes: Path | None = None,
    documents: Path | None = None,
    *,
    home: Path,
    labels: Collection[str] = (),
    target: str = "",
    settings: RagSettings | None = None,
    told: Told = lambda _: None,
) -> tuple[CodeRow, ...]:
    """What codes mean, from the file and the folder that are named, else from the library.

    Args:
        codes: a table in any kind of file that the library reads.
        documents: a folder of documents.
        home: `ANDON_HOME`, whose library is asked where neither is named.
        labels: names of the task's labels, to know their column.
        target: name of the task's label column.
        settings: limits on documents.
        told: of documents that cannot be read.

    Raises:
        SettingsFault: there is no such file or folder.
        DataFault: what is named has no code table.
        StoreFault: the library cannot be read.
    """
    settings = settings or RagSettings()
    if codes is None and documents is None:
        found: tuple[CodeLine, ...] = lines_of_library(home, on=datetime.now(UTC).date())
    else:
        of_file = lines_of_file(codes, settings, labels=labels, target=target) if codes else ()
        of_folder = lines_of_documents(documents, settings, told=told) if documents else ()
        found = (*of_file, *of_folder)
    return tuple(CodeRow(one.code, one.meaning, one.label, one.document) for one in found)
