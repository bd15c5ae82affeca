"""A poll in columns becomes the same readings that a caller would have made."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from ingest.polled import Polled, Sample
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LATER = NOW + timedelta(milliseconds=20)


def test_a_poll_becomes_readings_of_the_time_of_each_answer() -> None:
    """No value is bad; the notes come behind."""
    note = Event("m", "GAP", Severity.INFO, EventState.NOTE, "away", LATER, LATER, "modbus:m")
    polled = Polled(
        "m",
        "modbus:m",
        {"temp": "degC", "door": "", "mode": ""},
        (Sample(NOW, {"temp": 61.5, "door": True}), Sample(LATER, {"mode": None})),
        (note,),
    )
    assert polled.records() == [
        Reading("m", "temp", 61.5, "degC", Quality.GOOD, NOW, NOW, "modbus:m"),
        Reading("m", "door", True, "", Quality.GOOD, NOW, NOW, "modbus:m"),
        Reading("m", "mode", None, "", Quality.BAD, LATER, LATER, "modbus:m"),
        note,
    ]


def test_no_field_of_a_reading_is_left_out() -> None:
    """The readings are made without their constructor: a field added there is missed here."""
    (reading,) = Polled("m", "s", {"x": ""}, (Sample(NOW, {"x": 1}),)).records()
    assert isinstance(reading, Reading)
    assert {field.name: getattr(reading, field.name) for field in fields(Reading)}["value"] == 1
