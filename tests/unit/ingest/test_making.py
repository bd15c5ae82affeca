"""A reading made quickly is a reading."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest

from ingest.making import make_reading
from ingest.vocabulary import Quality, Reading

FIELDS = (
    "press-3",
    "oil_temp",
    61.2,
    "degC",
    Quality.GOOD,
    datetime(2026, 11, 22, 10, tzinfo=UTC),
    datetime(2026, 11, 22, 11, tzinfo=UTC),
    "mqtt:t",
    7,
)


def test_a_reading_made_quickly_is_the_same_as_any_other() -> None:
    """Every field in its place, equal, of the same hash, and frozen."""
    made, usual = make_reading(*FIELDS), Reading(*FIELDS)
    assert type(made) is Reading
    assert [getattr(made, field.name) for field in fields(Reading)] == [*FIELDS, 0]
    assert (made, hash(made), repr(made)) == (usual, hash(usual), repr(usual))
    with pytest.raises(FrozenInstanceError):
        made.value = 1.0  # type: ignore[misc]
