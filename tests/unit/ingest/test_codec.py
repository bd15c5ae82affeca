"""What a message says, and what is said about one that cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codec import Codec, Decoded, Message
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
SOURCE = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
TELEMETRY = "andon/line-1/press-3/telemetry"
EVENTS = "andon/line-1/press-3/events"
ROUTES = (
    Route("andon/{line}/{machine}/telemetry", time="/ts", sequence="/seq"),
    Route("andon/{line}/{machine}/events", kind="events", time="/ts", sequence="/seq"),
    Route("plain/{machine}/{signal}", codec="scalar"),
    Route("ms/{machine}", time="/t", time_unit="ms", values=""),
)
PRESS = Machine(
    "press-3", "line-1", "hydraulic-press", signals_by_id([SignalSpec("oil_temp", unit="degC")])
)
CODEC = Codec(Plant("p", "UTC", MqttBroker(routes=ROUTES), (PRESS,), None, Path("plant.toml")))


def decode(payload: bytes | str | dict[str, Any], topic: str = TELEMETRY) -> Decoded:
    if isinstance(payload, dict):
        payload = json.dumps(payload)
    content = payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")
    return CODEC.decode(Message(topic, content, RECEIVED))


def telemetry(**changes: Any) -> dict[str, Any]:
    return {"ts": "2026-11-22T10:00:00.123Z", "seq": 12, "values": {"oil_temp": 61.2}} | changes


def event(**changes: Any) -> dict[str, Any]:
    first = {"ts": "2026-11-22T10:00:00.123Z", "seq": 5, "code": "E217", "severity": "warning"}
    return first | {"state": "raised", "text": "oil temp hi"} | changes


def reason(decoded: Decoded) -> str:
    """Of a message that gave nothing but one dead letter."""
    assert decoded.records == []
    (letter,) = decoded.dead
    return letter.reason


def value_of(decoded: Decoded) -> Reading:
    (record,) = decoded.records
    assert isinstance(record, Reading)
    return record


def event_of(decoded: Decoded) -> Event:
    (record,) = decoded.records
    assert isinstance(record, Event)
    return record


def test_telemetry_of_the_demo_convention() -> None:
    """Every field of a reading, from the message, the topic and the plant."""
    assert value_of(decode(telemetry())) == Reading(
        machine="press-3",
        signal="oil_temp",
        value=61.2,
        unit="degC",
        quality=Quality.GOOD,
        source_time=SOURCE,
        received_time=RECEIVED,
        source=f"mqtt:{TELEMETRY}",
        sequence=12,
    )


def test_an_event_of_the_demo_convention() -> None:
    """Every field of an event."""
    assert event_of(decode(event(), EVENTS)) == Event(
        machine="press-3",
        code="E217",
        severity=Severity.WARNING,
        state=EventState.RAISED,
        text="oil temp hi",
        source_time=SOURCE,
        received_time=RECEIVED,
        source=f"mqtt:{EVENTS}",
        sequence=5,
    )


def test_a_note_needs_neither_code_nor_state() -> None:
    """An operator just writes."""
    note = event_of(decode({"ts": "2026-11-22T10:00:00Z", "seq": 1, "text": "smells"}, EVENTS))
    assert (note.code, note.state, note.severity) == ("", EventState.NOTE, Severity.INFO)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(1, 1), (-0.5, -0.5), (True, True), ("auto", "auto"), (2**63 - 1, 2**63 - 1)],
)
def test_values_keep_their_type(stated: object, expected: object) -> None:
    """A number stays a number, a switch a switch, a text a text."""
    found = value_of(decode(telemetry(values={"x": stated}))).value
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("stated", ["NaN", "Infinity", "-Infinity", "1e999", "null"])
def test_no_number_is_a_bad_reading(stated: str) -> None:
    """The sensor says that it has no value: that is kept."""
    payload = f'{{"ts": "2026-11-22T10:00:00Z", "seq": 1, "values": {{"oil_temp": {stated}}}}}'
    found = value_of(decode(payload))
    assert (found.value, found.quality) == (None, Quality.BAD)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b'{"ts": "2026-11-22T10:00:00Z", "seq": 1, "values": {"a": 1}', "no JSON"),
        (b"\xff\xfe{", "not UTF-8 (byte 0)"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"seq": ' + b"9" * 5000 + b"}", "no usable JSON"),
        (b'{"a": 1, "a": 2}', "says key 'a' twice"),
        (b"x" * 1_048_577, "1048577 bytes is too long"),
        (b"[]", "nothing at '/ts'"),
        (b"7", "nothing at '/ts'"),
    ],
)
def test_a_payload_that_is_no_message_is_set_aside(payload: bytes, expected: str) -> None:
    """With its bytes and the reason."""
    decoded = decode(payload)
    assert expected in reason(decoded)
    assert decoded.dead[0].payload == payload
    assert decoded.dead[0].received_time == RECEIVED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ts": None}, "neither text nor a number"),
        ({"ts": True}, "neither text nor a number"),
        ({"ts": "yesterday"}, "no ISO 8601 time"),
        ({"ts": "2026-11-22T10:00:00"}, "has no zone"),
        ({"ts": "1970-01-01T00:00:00Z"}, "before 2000: the source's clock is not set"),
        ({"ts": 0}, "before 2000"),
        ({"ts": "2099-01-01T00:00:00Z"}, "in the future"),
        ({"ts": 1e300}, "out of range"),
        ({"ts": "9999-12-31T23:59:59-23:00"}, "out of range"),
        ({"seq": "12"}, "sequence '12' is no whole number"),
        ({"seq": -1}, "no whole number"),
        ({"seq": 1.5}, "no whole number"),
        ({"seq": True}, "no whole number"),
        ({"seq": 2**63}, "no whole number"),
        ({"values": [1]}, "no object of signal and value"),
        ({"values": None}, "no object of signal and value"),
    ],
)
def test_a_message_with_a_wrong_field_is_set_aside(changes: Any, expected: str) -> None:
    """The reason names the field and shows what stood there."""
    assert expected in reason(decode(telemetry(**changes)))


def test_a_missing_field_is_named() -> None:
    """By its pointer."""
    assert reason(decode({"ts": "2026-11-22T10:00:00Z", "values": {}})).endswith("at '/seq'")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"severity": "fatal"}, "severity 'fatal' is none of info, warning, critical"),
        ({"state": "on"}, "state 'on' is none of raised, cleared, note"),
        ({"code": 217}, "code 217 is no text"),
        ({"text": ["x"]}, "is no text"),
        ({"code": "", "text": " "}, "neither a code nor a text"),
        ({"text": "half \ud83d"}, "lone surrogate"),
    ],
)
def test_a_wrong_event_is_set_aside(changes: Any, expected: str) -> None:
    """With the reason."""
    assert expected in reason(decode(event(**changes), EVENTS))


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("andon/line-1/press-9/telemetry", "unknown machine 'press-9'"),
        ("andon/line-2/press-3/telemetry", "is on line 'line-1', not on 'line-2'"),
        ("andon/press-3/telemetry", "no route of the plant takes topic"),
        ("", "no route of the plant takes topic"),
    ],
)
def test_a_message_from_nowhere_is_set_aside(topic: str, expected: str) -> None:
    """A machine that the plant does not have is named."""
    assert expected in reason(decode(telemetry(), topic))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"deep": 1}, "neither number, text, true, false nor null"),
        ([1], "neither number, text, true, false nor null"),
        (2**63, "beyond 64 bits"),
        (-(2**63) - 1, "beyond 64 bits"),
        ("\udc00", "lone surrogate"),
    ],
)
def test_one_wrong_value_does_not_take_the_others_along(stated: Any, expected: str) -> None:
    """The good ones are kept, the wrong one is a dead letter with the whole message."""
    decoded = decode(telemetry(values={"oil_temp": 61.2, "odd": stated, "last": 1}))
    assert [record.signal for record in decoded.records if isinstance(record, Reading)] == [
        "oil_temp",
        "last",
    ]
    (letter,) = decoded.dead
    assert letter.reason.startswith("signal 'odd': ")
    assert expected in letter.reason


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201, "\ud800"])
def test_a_signal_needs_a_name_that_can_be_shown(name: str) -> None:
    """Names end up on screens and in logs."""
    assert "no name for a signal" in reason(decode(telemetry(values={name: 1})))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2026-11-22T11:00:00+01:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T09:59:60Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.123456789Z", datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)),
        (1795341600, datetime(2026, 11, 22, 10, tzinfo=UTC)),
        (1795341600.25, datetime(2026, 11, 22, 10, 0, 0, 250000, tzinfo=UTC)),
    ],
)
def test_times_of_several_kinds_are_one_instant(stated: object, expected: datetime) -> None:
    """Offsets, a leap second, nanoseconds, Unix seconds."""
    assert value_of(decode(telemetry(ts=stated))).source_time == expected


def test_unix_milliseconds_and_a_bare_object() -> None:
    """A route says the unit of its time and where the values stand."""
    decoded = decode({"t": 1795341600123, "oil_temp": 1}, "ms/press-3")
    times = {record.source_time for record in decoded.records}
    assert times == {SOURCE}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [("61.2", 61.2), (" -7\n", -7), ("1e3", 1000.0), (".5", 0.5), ("true", True), ("NaN", None)],
)
def test_a_scalar_topic_carries_one_value(payload: str, expected: object) -> None:
    """Received now, named by the topic."""
    found = value_of(decode(payload, "plain/press-3/oil_temp"))
    assert (found.value, type(found.value)) == (expected, type(expected))
    assert (found.signal, found.unit, found.source_time) == ("oil_temp", "degC", RECEIVED)


@pytest.mark.parametrize("payload", ["", "61,2", "1_000", "0x10", "on", "9" * 300, "٣"])
def test_a_scalar_that_is_no_number_is_set_aside(payload: str) -> None:
    """Nothing is guessed."""
    assert "is no number" in reason(decode(payload, "plain/press-3/oil_temp"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(payload=st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_payload_breaks_the_decoding(payload: bytes) -> None:
    """Bytes of any kind and JSON of any shape end as one dead letter here."""
    for topic in (TELEMETRY, EVENTS):
        assert decode(payload, topic).records == []


@given(ts=JSON_VALUES, seq=JSON_VALUES, values=JSON_VALUES)
def test_no_field_breaks_the_decoding(ts: Any, seq: Any, values: Any) -> None:
    """Right keys with anything behind them: what is no record is told in one dead letter."""
    decode(telemetry(ts=ts, seq=seq, values=values))
    decoded = decode(telemetry(values=values))
    if isinstance(values, dict):
        assert len(decoded.records) <= len(values)
        assert len(decoded.dead) == (len(decoded.records) < len(values))


def test_a_clock_a_little_ahead_is_believed() -> None:
    """Up to the setting."""
    soon = RECEIVED + timedelta(hours=23)
    assert value_of(decode(telemetry(ts=soon.isoformat()))).source_time == soon


@pytest.mark.timeout(20)
def test_a_key_said_twice_is_found_among_very_many() -> None:
    """A hostile payload of the longest length does not hold the intake up."""
    many = ", ".join(f'"k{number}": 0' for number in range(70_000))
    assert "'k69999' twice" in reason(decode(f'{{{many}, "k69999": 1}}'))


def test_a_flood_of_invented_topics_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of topics is bounded; a forgotten one is read as before."""
    monkeypatch.setattr("ingest.codec._MOST_PLACES", 3)
    codec = replace(CODEC)
    topics = [f"plain/press-3/s{number}" for number in range(5)]
    for topic in (*topics, *topics):
        (found,) = codec.decode(Message(topic, b"1", RECEIVED)).records
        assert codec.machine_of(found.source) == "press-3"
    assert sum(codec.machine_of(f"mqtt:{topic}") is not None for topic in topics) <= 3


def test_a_topic_of_thousands_of_letters_is_read_and_not_remembered() -> None:
    """MQTT allows 65,535 bytes of it."""
    topic = f"a/{'x' * 1_000}/press-3"
    machines = MqttBroker(routes=(Route("a/+/{machine}", values=""),))
    codec = replace(CODEC, plant=replace(CODEC.plant, mqtt=machines))
    assert len(codec.decode(Message(topic, b'{"oil_temp": 1}', RECEIVED)).records) == 1
    assert codec.machine_of(f"mqtt:{topic}") is None


def test_signals_are_remembered_by_machine_and_not_by_topic() -> None:
    """Who makes up topics makes up no machines."""
    codec = replace(CODEC)
    for number in range(3):
        codec.decode(Message(f"plain/press-3/s{number}", b"1", RECEIVED))
    one, *others = codec._places.values()
    assert set(one.units) == {"s0", "s1", "s2"}
    assert all(other.units is one.units for other in others)
