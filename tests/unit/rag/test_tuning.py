"""What was measured for a collection holds for that collection, and only while it is true."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest.errors import StoreFault
from rag.library import Library
from rag.settings import RagSettings
from rag.tuning import FILE, Tuning, basis, tuned, write_tuning
from tests.unit.rag.hashing import HashingEncoder

SETTINGS = RagSettings()


def tuning(**changed: object) -> Tuning:
    values: dict[str, object] = {
        "basis": basis("hashing", SETTINGS),
        "measured_at": datetime(2026, 11, 23, tzinfo=UTC),
        "questions": 40,
        "unanswerable": 10,
        "fusion": "rrf",
        "fusion_dense_weight": 0.7,
        "support_min": 0.61,
        "support_cosine_weight": 0.3,
    }
    return Tuning.model_validate(values | changed)


def test_it_stands_in_for_the_settings(tmp_path: Path) -> None:
    """But for those that a person set by name."""
    write_tuning(tmp_path / "documents", tuning())
    found = tuned(SETTINGS, tmp_path / "documents", encoder="hashing")
    assert (found.fusion, found.fusion_dense_weight) == ("rrf", 0.7)
    assert (found.support_min, found.support_cosine_weight) == (0.61, 0.3)
    said = tuned(RagSettings(support_min=0.2), tmp_path / "documents", encoder="hashing")
    assert (said.support_min, said.fusion) == (0.2, "rrf")


def test_without_a_file_the_settings_hold(tmp_path: Path) -> None:
    """Silently: most plants never measure."""
    assert tuned(SETTINGS, tmp_path, encoder="hashing") is SETTINGS


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"fusion": "magic"}', tuning().model_dump_json().replace("0.61", "61")],
)
def test_a_damaged_file_is_left_out(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning that says how to get a good one; nothing else stops."""
    (tmp_path / FILE).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert tuned(SETTINGS, tmp_path, encoder="hashing") == SETTINGS
    assert "andon docs evaluate --apply" in caplog.text


@pytest.mark.parametrize(
    ("settings", "encoder"),
    [(SETTINGS, "another"), (RagSettings(passage_words=80), "hashing")],
)
def test_one_that_no_longer_fits_is_left_out(
    settings: RagSettings, encoder: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another encoder or other passages give other scores."""
    write_tuning(tmp_path, tuning())
    assert tuned(settings, tmp_path, encoder=encoder) == settings
    assert "left out" in caplog.text


def test_a_new_one_replaces_the_old_whole(tmp_path: Path) -> None:
    """And leaves no draft behind."""
    write_tuning(tmp_path, tuning())
    write_tuning(tmp_path, tuning(support_min=0.5))
    assert tuned(SETTINGS, tmp_path, encoder="hashing").support_min == 0.5
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    """The operator has to make room or give rights."""
    (tmp_path / "documents").write_text("a file, not a folder")
    with pytest.raises(StoreFault, match="documents"):
        write_tuning(tmp_path / "documents", tuning())


def test_nonsense_is_never_written() -> None:
    """A threshold is a share."""
    with pytest.raises(ValidationError):
        tuning(support_min=1.2)


def test_a_library_opens_with_what_was_measured_for_it(tmp_path: Path) -> None:
    """And may be weighed anew while it is open, for a measurement."""
    write_tuning(tmp_path / "documents", tuning())
    with Library(tmp_path, HashingEncoder()) as library:
        assert library.settings.support_min == 0.61
        library.weigh(SETTINGS)
        assert library.settings is SETTINGS
