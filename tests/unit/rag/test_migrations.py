"""A store of an earlier Andon opens as it was, with what has come since."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import StoreFault
from rag.catalog import Catalog
from rag.library import Library
from rag.migrations import MIGRATIONS
from tests.unit.rag.hashing import HashingEncoder

OLD = (
    Path(__file__).parents[2] / "cases" / "library_before_migrations" / "library.sql"
).read_text()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home whose store was written before the steps were numbered; its index is gone."""
    path = tmp_path / "home" / "documents" / "library.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD)
    connection.close()
    return path


def test_an_old_store_is_brought_up_to_date(
    old: Path, open_library: Callable[..., Library], encoder: HashingEncoder
) -> None:
    """Its documents are found and answered from without being embedded again."""
    library = open_library()
    (document,) = library.documents()
    assert (document.key, document.readers, document.added_at) == ("SOP-1@A", (), None)
    assert encoder.encoded == 0
    assert [c.document for c in library.search("lift the pump")] == ["SOP-1"]
    library.withdraw("SOP-1")
    assert library.search("lift the pump") == []


def test_a_store_with_some_of_the_columns_is_brought_up_to_date(old: Path) -> None:
    """As it was written for some hours, without a number."""
    with sqlite3.connect(old) as connection:
        connection.execute("ALTER TABLE documents ADD COLUMN readers TEXT NOT NULL DEFAULT '[]'")
    connection.close()
    catalog = Catalog(old)
    assert [d.readers for d in catalog.documents()] == [()]
    catalog.close()


def test_each_step_runs_once_and_is_numbered(old: Path) -> None:
    """A second start changes nothing."""
    for _ in range(2):
        catalog = Catalog(old)
        assert catalog.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
        catalog.close()


def test_a_store_of_a_newer_andon_is_refused(old: Path) -> None:
    """Rather than written over."""
    with sqlite3.connect(old) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreFault, match="newer Andon"):
        Catalog(old)


def test_a_step_that_fails_leaves_the_store_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start begins with that step."""

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half_done (a)")
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as full:
        full.setattr("rag.migrations.MIGRATIONS", (*MIGRATIONS[:2], half))
        with pytest.raises(StoreFault, match="disk full"):
            Catalog(old)
    catalog = Catalog(old)
    assert catalog.rows("SELECT name FROM sqlite_master WHERE name = 'half_done'") == []
    assert [d.effective_from for d in catalog.documents()] == [date(2025, 1, 1)]
    catalog.close()
