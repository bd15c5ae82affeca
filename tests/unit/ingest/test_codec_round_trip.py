"""Every codec gives back what was packed, by packers that share nothing with it."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.codec import Codec, Decoded, Message
from ingest.codec_values import name_of
from ingest.errors import DataFault
from ingest.plant import Machine, MqttBroker, Plant, signals_by_id
from ingest.routes import Route
from ingest.vocabulary import Event, Reading, Value
from tests import sparkplug_packer as packer

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MACHINE = Machine("m", "l", "k", signals_by_id([]))
ZONE = "America/New_York"

INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.none() | st.booleans() | INTEGERS | NUMBERS | TEXTS
FIRST = datetime.fromisoformat("2000-01-01T00:00:00")
LAST = datetime.fromisoformat("2026-11-01T00:00:00")
"""Without a zone, as hypothesis wants bounds."""
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
SEQUENCES = st.integers(0, 2**63 - 1)


def is_name(text: str) -> bool:
    try:
        return bool(name_of(text))
    except DataFault:
        return False


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(is_name)
TABLES = st.dictionaries(NAMES, VALUES, max_size=5)


def decode(route: Route, payload: bytes, topic: str = "t/m") -> Decoded:
    plant = Plant("p", "UTC", MqttBroker(routes=(route,)), (MACHINE,), None, Path("plant.toml"))
    return Codec(plant).decode(Message(topic, payload, RECEIVED))


def readings(decoded: Decoded) -> list[Reading]:
    assert decoded.dead == []
    return [record for record in decoded.records if isinstance(record, Reading)]


def same(found: Value, packed: Value) -> bool:
    """Equal and of one type: 1, 1.0 and true are three values."""
    return found == packed and type(found) is type(packed)


def quoted(text: str) -> str:
    """A JSON text by hand: every character that is not plain is escaped."""
    units = struct.unpack(f">{len(text.encode('utf-16-be')) // 2}H", text.encode("utf-16-be"))
    plain = {ord(letter) for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123"}
    return '"' + "".join(chr(u) if u in plain else f"\\u{u:04x}" for u in units) + '"'


def as_json(value: Value) -> str:
    """A JSON value by hand."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quoted(value) if isinstance(value, str) else repr(value)


def as_object(table: dict[str, Value]) -> str:
    return "{" + ", ".join(f"{quoted(k)}: {as_json(v)}" for k, v in table.items()) + "}"


@given(table=TABLES, instant=INSTANTS, sequence=SEQUENCES)
def test_a_json_message(table: dict[str, Value], instant: datetime, sequence: int) -> None:
    """Every value with its type, the time to the microsecond, the number."""
    route = Route("t/{machine}", time="/a~1b/0", sequence="/n", values="/v")
    stated = instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = f'{{"n": {sequence}, "a/b": ["{stated}"], "v": {as_object(table)}}}'
    found = readings(decode(route, text.encode()))
    assert [reading.signal for reading in found] == list(table)
    assert all(same(r.value, table[r.signal]) for r in found)
    assert {(r.source_time, r.sequence) for r in found} <= {(instant, sequence)}


@given(rows=st.lists(st.tuples(INSTANTS, SEQUENCES, TABLES), max_size=5))
def test_an_array_of_json_samples(rows: list[tuple[datetime, int, dict[str, Value]]]) -> None:
    """Each sample with what is its own; samples alike in time and number keep every value."""
    route = Route("t/{machine}", time="/t", time_unit="us", sequence="/n", samples="")
    texts = [
        f'{{"t": {(t - EPOCH) // timedelta(microseconds=1)}, "n": {n}, "values": {as_object(v)}}}'
        for t, n, v in rows
    ]
    found = readings(decode(route, f"[{', '.join(texts)}]".encode()))
    packed = [(t, n, name, value) for t, n, table in rows for name, value in table.items()]
    assert [(r.source_time, r.signal) for r in found] == [(t, name) for t, _, name, _ in packed]
    assert all(same(r.value, entry[3]) for r, entry in zip(found, packed, strict=True))
    said: dict[tuple[str, datetime, int], str] = {}
    for reading in found:
        if reading.sequence is not None:
            identity = (reading.signal, reading.source_time, reading.sequence)
            assert said.setdefault(identity, repr(reading.value)) == repr(reading.value)


@given(
    row=st.lists(VALUES, min_size=1, max_size=8),
    micros=st.integers(1, 10**9),
    instant=INSTANTS,
)
def test_a_json_block(row: list[Value], micros: int, instant: datetime) -> None:
    """Each value where the period puts it."""
    route = Route("t/{machine}", time="/t", period="/p")
    body = ", ".join(as_json(value) for value in row)
    period = f"{Fraction(micros, 10**6).numerator / Fraction(micros, 10**6).denominator!r}"
    text = f'{{"t": "{instant.isoformat()}", "p": {period}, "values": {{"x": [{body}]}}}}'
    found = readings(decode(route, text.encode()))
    assert all(same(r.value, value) for r, value in zip(found, row, strict=True))
    assert [(r.source_time - instant) // timedelta(microseconds=1) for r in found] == [
        micros * index for index in range(len(row))
    ]


@pytest.mark.parametrize(
    ("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)]
)
@given(instant=INSTANTS, is_whole=st.booleans())
def test_a_number_of_any_unit_is_the_instant(
    unit: str, factor: int, instant: datetime, *, is_whole: bool
) -> None:
    """To the microsecond, or as far as the unit goes."""
    exact = Fraction((instant - EPOCH) // timedelta(microseconds=1) * factor, 10**6)
    stated = str(int(exact)) if is_whole else f"{float(exact)!r}"
    route = Route("t/{machine}", time="/t", time_unit=unit)
    (found,) = readings(decode(route, f'{{"t": {stated}, "values": {{"x": 1}}}}'.encode()))
    lost = timedelta(microseconds=10**6 / factor) if is_whole else timedelta(microseconds=1)
    assert abs(found.source_time - instant) <= lost


@given(local=st.datetimes(FIRST + timedelta(days=1), LAST))
def test_a_local_time_is_the_instant_of_its_zone(local: datetime) -> None:
    """Or is refused because no clock ever showed it."""
    route = Route("t/{machine}", time="/t", time_zone=ZONE)
    text = f'{{"t": "{local.isoformat()}", "values": {{"x": 1}}}}'
    decoded = decode(route, text.encode())
    if decoded.dead:
        assert "does not exist" in decoded.dead[0].reason
        return
    (found,) = readings(decoded)
    assert found.source_time.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) == local


@given(value=st.booleans() | INTEGERS | NUMBERS)
def test_a_scalar(value: bool | float) -> None:
    """A number or a switch, with space around it."""
    text = {True: "true", False: "FALSE"}[value] if isinstance(value, bool) else repr(value)
    route = Route("t/{machine}/{signal}", codec="scalar")
    (found,) = readings(decode(route, f" {text}\n".encode(), "t/m/x"))
    assert same(found.value, value)


@given(value=TEXTS.filter(lambda text: text == text.strip()))
def test_a_text(value: str) -> None:
    """As it is."""
    (found,) = readings(
        decode(Route("t/{machine}/{signal}", codec="text"), value.encode(), "t/m/x")
    )
    assert found.value == value


@given(code=TEXTS, text=TEXTS, severity=st.sampled_from(["info", "warning", "critical"]))
def test_an_event(code: str, text: str, severity: str) -> None:
    """Its code in capitals, its text as it is."""
    assume(code.strip() or text.strip())
    route = Route("t/{machine}", kind="events")
    body = as_object({"code": code, "text": text, "severity": severity, "state": "cleared"})
    (found,) = decode(route, body.encode()).records
    assert isinstance(found, Event)
    assert (found.code, found.text) == (code.strip().upper(), text)
    assert (found.severity, found.state) == (severity, "cleared")


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    half = 2 ** (bits - 1)
    return st.integers(-half, half - 1) if signed else st.integers(0, min(2**bits, 2**63) - 1)


MILLISECONDS = st.integers(946_684_800_000, 1_795_400_000_000)
SPARKPLUG_VALUES: dict[int, st.SearchStrategy[Value]] = {
    packer.INT8: integers(8, signed=True),
    packer.INT16: integers(16, signed=True),
    packer.INT32: integers(32, signed=True),
    packer.INT64: integers(64, signed=True),
    packer.UINT8: integers(8, signed=False),
    packer.UINT16: integers(16, signed=False),
    packer.UINT32: integers(32, signed=False),
    packer.UINT64: integers(64, signed=False),
    packer.FLOAT: st.floats(width=32, allow_nan=False, allow_infinity=False),
    packer.DOUBLE: NUMBERS,
    packer.BOOLEAN: st.booleans(),
    packer.STRING: TEXTS,
    packer.TEXT: TEXTS,
    packer.UUID: st.uuids().map(str),
    packer.DATE_TIME: MILLISECONDS,
}


@pytest.mark.parametrize("datatype", SPARKPLUG_VALUES)
@given(data=st.data())
def test_a_sparkplug_metric_of_every_type(datatype: int, data: st.DataObject) -> None:
    """Named in its birth, by alias alone afterwards, or null; the time to the millisecond."""
    value = data.draw(st.none() | SPARKPLUG_VALUES[datatype])
    at, alias = data.draw(MILLISECONDS), data.draw(st.integers(0, 2**64 - 1))
    born = packer.Metric("x", value, datatype, alias, timestamp=at, is_null=value is None)
    sent = packer.Metric(None, value, datatype, alias, timestamp=at, is_null=value is None)
    plant = Plant(
        "p",
        "UTC",
        MqttBroker(routes=(Route("spBv1.0/#", codec="sparkplug-b"),)),
        (MACHINE,),
        None,
        Path("plant.toml"),
    )
    codec = Codec(plant)
    for kind, metric, seq in (("NBIRTH", born, 0), ("NDATA", sent, 1)):
        content = packer.payload(metric, seq=seq)
        (found,) = readings(codec.decode(Message(f"spBv1.0/g/{kind}/m", content, RECEIVED)))
        assert found.source_time == EPOCH + timedelta(milliseconds=at)
        if datatype == packer.DATE_TIME and isinstance(value, int):
            assert isinstance(found.value, str)
            stated = datetime.fromisoformat(found.value)
            assert (stated - EPOCH) / timedelta(milliseconds=1) == value
        else:
            assert same(found.value, value)


@given(payload=st.binary(max_size=200), kind=st.sampled_from(["NBIRTH", "NDATA", "NDEATH"]))
def test_no_bytes_break_the_sparkplug_codec(payload: bytes, kind: str) -> None:
    """Whatever a node sends is records, one dead letter, or nothing."""
    route = Route("spBv1.0/#", codec="sparkplug-b")
    decoded = decode(route, payload, f"spBv1.0/g/{kind}/m")
    assert len(decoded.dead) <= 1
