"""Files that mean harm end in the limits of their own process, with the file and the way out named.

The limit of CPU time is lower here than as shipped, so that the tests are short.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.errors import DataFault
from rag.document import Block, Document
from rag.library import Library
from rag.reading import open_source, read_source
from rag.settings import RagSettings
from tests.cases.hostile_documents.hostile_files import REFUSED, SCRIPTED, TAKEN, dear_pages
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write_library

SETTINGS = RagSettings(document_stall_s=0.7, ocr_page_s=0)
SAID = {"id": "A", "title": "T", "kind": "manual", "revision": "1"}


def read(path: Path) -> tuple[Document, list[Block]]:
    return read_source(open_source(path, SETTINGS, metadata=SAID), SETTINGS)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name_and_reason(tmp_path: Path, name: str) -> None:
    """Whatever it does to the process that reads it; nothing is written beside it."""
    make, reason = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(make())
    with pytest.raises(DataFault, match=reason) as fault:
        read(path)
    assert str(fault.value).startswith(f"{name}: ")
    assert fault.value.remedy
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_ugly_and_read(tmp_path: Path, name: str) -> None:
    """In linear time, without what a person would not see."""
    path = tmp_path / name
    path.write_bytes(TAKEN[name]())
    _, blocks = read(path)
    assert blocks
    assert all(len(word) <= 500 for block in blocks for word in block.text.split())


def test_script_and_what_is_hidden_is_no_text(tmp_path: Path) -> None:
    """Neither data in addresses nor handlers of events."""
    path = tmp_path / "a.html"
    path.write_bytes(SCRIPTED)
    _, blocks = read(path)
    assert [block.text for block in blocks] == ["Grease the rail.", "link"]


def test_the_library_answers_on(tmp_path: Path) -> None:
    """What was there stays."""
    path = tmp_path / "dear.pdf"
    path.write_bytes(dear_pages())
    home, today = tmp_path / "home", date(2026, 11, 22)
    with Library(home, HashingEncoder(), settings=SETTINGS, today=lambda: today) as library:
        library.sync(write_library(tmp_path / "documents"))
        with pytest.raises(DataFault, match=r"dear\.pdf"):
            library.add(path, metadata=SAID)
        assert library.ask("E217", machine_kind="hydraulic-press").citations
