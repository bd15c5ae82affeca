"""Libraries with an encoder that needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from rag.library import Library
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write_library

OpenLibrary = Callable[..., Library]


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def open_library(tmp_path: Path, encoder: HashingEncoder) -> Iterator[OpenLibrary]:
    """Opens the library of this test; again after it was closed, as a new process would."""
    opened: list[Library] = []

    def open_again(
        *,
        settings: RagSettings | None = None,
        on: date = date(2026, 11, 22),
        with_encoder: HashingEncoder = encoder,
    ) -> Library:
        library = Library(
            tmp_path / "home",
            with_encoder,
            settings=settings or RagSettings(support_min=0.3),
            today=lambda: on,
        )
        opened.append(library)
        return library

    yield open_again
    for library in opened:
        library.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two SOPs and a manual on disk."""
    return write_library(tmp_path / "documents")


@pytest.fixture
def library(open_library: OpenLibrary, folder: Path) -> Library:
    """A library with those three documents."""
    opened = open_library()
    opened.sync(folder)
    return opened
