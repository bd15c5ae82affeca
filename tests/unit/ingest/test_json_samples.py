"""Arrays of samples and of values, zones, qualities, and values without an object around them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.codec import Codec, Decoded, Message
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route, topic_faults
from ingest.vocabulary import Event, Quality, Reading

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MACHINE = Machine("press-3", "l", "press", signals_by_id([SignalSpec("oil", unit="degC")]))


def decode(route: Route, payload: Any, topic: str = "t/press-3") -> Decoded:
    assert topic_faults(route) == []
    plant = Plant("p", "UTC", MqttBroker(routes=(route,)), (MACHINE,), None, Path("plant.toml"))
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Codec(plant).decode(Message(topic, content, RECEIVED))


def readings(decoded: Decoded) -> list[Reading]:
    assert decoded.dead == []
    return [record for record in decoded.records if isinstance(record, Reading)]


def said(decoded: Decoded) -> list[tuple[str, object, float, int | None]]:
    """Signal, value, seconds after the start, sequence number."""
    return [
        (r.signal, r.value, (r.source_time - START).total_seconds(), r.sequence)
        for r in readings(decoded)
    ]


def reason(decoded: Decoded) -> str:
    (letter,) = decoded.dead
    return letter.reason


def at(second: float) -> str:
    return (START + timedelta(seconds=second)).isoformat()


SAMPLES = Route("t/{machine}", time="/ts", sequence="/seq", samples="/samples")


def sample(second: float, seq: int | None = None, **values: object) -> dict[str, Any]:
    found: dict[str, Any] = {"ts": at(second), "values": values}
    return found if seq is None else {**found, "seq": seq}


def test_every_sample_has_its_own_time_and_number() -> None:
    """And as many signals as it likes."""
    decoded = decode(SAMPLES, {"samples": [sample(0, 1, oil=1.5, rpm=2), sample(0.25, 2, oil=3)]})
    assert said(decoded) == [("oil", 1.5, 0, 1), ("rpm", 2, 0, 1), ("oil", 3, 0.25, 2)]
    assert {reading.unit for reading in readings(decoded)} == {"degC", ""}


def test_a_payload_may_be_the_array() -> None:
    """An empty pointer is the whole message, as RFC 6901 says."""
    route = Route("t/{machine}", time="/ts", samples="")
    assert said(decode(route, [sample(0, oil=1), sample(1, oil=2)])) == [
        ("oil", 1, 0, None),
        ("oil", 2, 1, None),
    ]


def test_what_a_sample_does_not_say_the_message_says_for_all() -> None:
    """Time and sequence number; never the values."""
    content = {"ts": at(5), "seq": 9, "samples": [{"values": {"a": 1}}, {"values": {"b": 2}}]}
    assert said(decode(SAMPLES, content)) == [("a", 1, 5, 9), ("b", 2, 5, 9)]
    decoded = decode(SAMPLES, {"ts": at(5), "seq": 9, "values": {"a": 1}, "samples": [{}]})
    assert "sample 0: payload has nothing at '/values'" in reason(decoded)


def test_samples_may_be_rows() -> None:
    """Pointers reach into arrays too; the topic names the signal."""
    route = Route("t/{machine}/{signal}", time="/0", time_unit="ms", values="/1", samples="/d")
    rows = [[START.timestamp() * 1000 + 10 * n, n] for n in range(3)]
    decoded = decode(route, {"d": rows}, "t/press-3/oil")
    assert said(decoded) == [("oil", 0, 0, None), ("oil", 1, 0.01, None), ("oil", 2, 0.02, None)]


def test_samples_of_one_number_are_not_merged() -> None:
    """One signal, one time, one number, three values: the first keeps the number.

    The others go by their content, so the second 2 is a duplicate and nothing else is.
    """
    content = {"seq": 7, "ts": at(0), "samples": [{"values": {"oil": n}} for n in (1, 2, 2, 1)]}
    assert said(decode(SAMPLES, content)) == [
        ("oil", 1, 0, 7),
        ("oil", 2, 0, None),
        ("oil", 2, 0, None),
        ("oil", 1, 0, 7),
    ]


def test_samples_of_no_time_are_not_merged() -> None:
    """All of one message have the time of its receipt."""
    route = Route("t/{machine}", sequence="/seq", samples="/samples")
    content = {"seq": 7, "samples": [{"values": {"oil": n}} for n in (1, 2)]}
    assert [r.sequence for r in readings(decode(route, content))] == [7, None]


def test_one_wrong_sample_does_not_take_the_others_along() -> None:
    """One dead letter says all that was wrong."""
    wrong = [sample(0, 1, oil=1), {"ts": "x"}, 5, sample(2, -1), sample(3, 4, oil=2, odd=[1])]
    decoded = decode(SAMPLES, {"samples": wrong})
    assert [record.sequence for record in decoded.records] == [1, 4]
    text = reason(decoded)
    assert "sample 1: time 'x' is no ISO 8601 time" in text
    assert "sample 2: payload has nothing at '/ts'" in text
    assert "sample 3: sequence -1 is no whole number" in text
    assert "signal 'odd': value [1] is neither" in text


def test_very_many_wrong_samples_make_one_short_reason() -> None:
    """A payload of a megabyte makes no gigabyte of dead letters."""
    decoded = decode(SAMPLES, {"samples": [0] * 10_000})
    assert reason(decoded).endswith("; and 9995 more")


@pytest.mark.parametrize("found", [{"values": {}}, "x", None, 7])
def test_what_is_no_array_is_set_aside(found: object) -> None:
    """The reason names the pointer."""
    assert "'/samples' is no array of samples" in reason(decode(SAMPLES, {"samples": found}))


def test_events_may_come_in_arrays_too() -> None:
    """Each with its own code."""
    route = Route("t/{machine}", kind="events", time="/ts", samples="")
    decoded = decode(route, [{"ts": at(n), "code": f"E{n}"} for n in range(3)])
    assert [e.code for e in decoded.records if isinstance(e, Event)] == ["E0", "E1", "E2"]


def test_values_at_a_steady_pace() -> None:
    """The first at the time of the message, each other a period on; a single value is the first."""
    route = Route("t/{machine}", time="/ts", sequence="/n", period_s=0.01)
    content = {"ts": at(0), "n": 3, "values": {"oil": [1, 2.5, None], "rpm": 4, "none": []}}
    decoded = decode(route, content)
    assert said(decoded) == [
        ("oil", 1, 0, 3),
        ("oil", 2.5, 0.01, 3),
        ("oil", None, 0.02, 3),
        ("rpm", 4, 0, 3),
    ]
    assert [reading.quality for reading in readings(decoded)][2] is Quality.BAD


def test_a_payload_may_tell_its_period() -> None:
    """A topic of one signal carries a bare array."""
    route = Route("t/{machine}/{signal}", time="/t0", period="/dt", values="/y")
    decoded = decode(route, {"t0": at(0), "dt": 0.5, "y": [7, 8]}, "t/press-3/oil")
    assert said(decoded) == [("oil", 7, 0, None), ("oil", 8, 0.5, None)]


def test_many_fast_values_drift_by_nothing() -> None:
    """The last of 50,000 values a second stands where it belongs, to the microsecond."""
    route = Route("t/{machine}", time="/ts", period_s=0.00002)
    found = readings(decode(route, {"ts": at(-1), "values": {"v": [0] * 50_000}}))
    assert found[-1].source_time == START - timedelta(microseconds=20)
    assert len({reading.source_time for reading in found}) == 50_000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dt": 0}, "period 0 is not from"),
        ({"dt": -1}, "is not from"),
        ({"dt": "1"}, "is no number of seconds"),
        ({"dt": True}, "is no number of seconds"),
        ({"dt": 1e300}, "is not from"),
        ({"dt": float("nan")}, "is not from"),
        ({"dt": 86_400}, "in the future"),
        ({"values": {"a": [1, {}]}}, "signal 'a', value 1: value {} is neither"),
    ],
)
def test_a_block_that_cannot_be_is_set_aside(changes: dict[str, Any], expected: str) -> None:
    """One clock stands behind all its values."""
    route = Route("t/{machine}", time="/ts", period="/dt")
    content = {"ts": at(0), "dt": 1, "values": {"a": [1, 2, 3]}} | changes
    assert expected in reason(decode(route, content))


def test_a_block_of_too_many_values_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a whole."""
    monkeypatch.setattr("ingest.codec_json.MOST_READINGS", 3)
    route = Route("t/{machine}", time="/ts", period_s=1)
    content = {"ts": at(-9), "values": {"a": [1] * 4}}
    assert "4 values of one signal in one message are too many" in reason(decode(route, content))
    assert "4 samples in one message are too many" in reason(decode(SAMPLES, {"samples": [0] * 4}))


def test_an_array_without_a_period_is_no_value() -> None:
    """Nothing is guessed."""
    route = Route("t/{machine}", time="/ts")
    assert "is neither number" in reason(decode(route, {"ts": at(0), "values": {"a": [1]}}))


BERLIN = Route("t/{machine}", time="/ts", time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2026-11-22T11:00:00", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22 11:00:00.5", "2026-11-22T10:00:00.500000+00:00"),
        ("2026-07-01T11:00:00", "2026-07-01T09:00:00+00:00"),
        ("2026-11-22T11:00:00Z", "2026-11-22T11:00:00+00:00"),
        ("2026-11-22T11:00:00-05:00", "2026-11-22T16:00:00+00:00"),
        ("2026-07-01T11:59:60", "2026-07-01T10:00:00+00:00"),
    ],
)
def test_a_text_without_zone_is_local_time_of_the_route(stated: str, expected: str) -> None:
    """Summer time is known; a text that has a zone keeps it."""
    (found,) = readings(decode(BERLIN, {"ts": stated, "values": {"oil": 1}}))
    assert found.source_time == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("received", "expected"), [("00:31", "00:30"), ("01:31", "01:30")])
def test_an_hour_that_comes_twice_is_the_nearer_one(received: str, expected: str) -> None:
    """The night in which clocks go back: the time of receipt decides."""
    plant = Plant("p", "UTC", MqttBroker(routes=(BERLIN,)), (MACHINE,), None, Path("plant.toml"))
    now = datetime.fromisoformat(f"2026-10-25T{received}:00+00:00")
    content = b'{"ts": "2026-10-25T02:30:00", "values": {"oil": 1}}'
    (found,) = readings(Codec(plant).decode(Message("t/press-3", content, now)))
    assert found.source_time == datetime.fromisoformat(f"2026-10-25T{expected}:00+00:00")


def test_an_hour_that_never_is_is_refused() -> None:
    """The night in which clocks go forward."""
    decoded = decode(BERLIN, {"ts": "2026-03-29T02:30:00", "values": {"oil": 1}})
    assert "does not exist in Europe/Berlin" in reason(decoded)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("good", Quality.GOOD),
        ("BAD", Quality.BAD),
        ("uncertain", Quality.UNCERTAIN),
        (192, Quality.GOOD),
        (216, Quality.GOOD),
        (64, Quality.UNCERTAIN),
        (0, Quality.BAD),
        (True, Quality.GOOD),
        (False, Quality.BAD),
    ],
)
def test_a_quality_as_publishers_say_it(stated: object, expected: Quality) -> None:
    """Words, switches, OPC numbers."""
    route = Route("t/{machine}", quality="/q")
    (found,) = readings(decode(route, {"q": stated, "values": {"oil": 1}}))
    assert (found.quality, found.value) == (expected, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_number_may_stand_in_quotation_marks(unit: str) -> None:
    """Thirteen digits could also be read as a day of 1712, and are not."""
    stated = int(START.timestamp()) * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    for zone in ("", "UTC"):
        route = Route("t/{machine}", time="/ts", time_unit=unit, time_zone=zone)
        assert said(decode(route, {"ts": str(stated), "values": {"a": 1}}))[0][2] == 0
    odd = Route("t/{machine}", time="/ts", time_unit="ms")
    decoded = decode(odd, {"ts": "1712121212345", "values": {"a": 1}})
    assert readings(decoded)[0].source_time.year == 2024


@pytest.mark.parametrize("stated", ["20261122", "1", "0795341600123", "1795341600.5", "9" * 21])
def test_other_digits_in_quotation_marks_are_no_number(stated: str) -> None:
    """A date without a zone, or nothing at all."""
    route = Route("t/{machine}", time="/ts", time_unit="ms")
    assert decode(route, {"ts": stated, "values": {"a": 1}}).records == []


def test_a_quality_that_is_none_is_refused_and_a_missing_one_is_good() -> None:
    """Nothing is guessed."""
    route = Route("t/{machine}", quality="/q")
    assert "quality 'fine' is none of good" in reason(
        decode(route, {"q": "fine", "values": {"oil": 1}})
    )
    (found,) = readings(decode(route, {"values": {"oil": 1}}))
    assert found.quality is Quality.GOOD


def test_a_bare_value_is_that_of_the_topics_signal() -> None:
    """`values` points to it."""
    route = Route("t/{machine}/{signal}", time="/ts", values="/v")
    assert said(decode(route, {"ts": at(0), "v": 7}, "t/press-3/oil")) == [("oil", 7, 0, None)]


def test_a_route_names_machine_and_signal_where_the_topic_does_not() -> None:
    """Written out, or made of the topic's parts."""
    route = Route("hall/{area}/{device}/+", machine="{area}-{device}", signal="oil", values="/v")
    (found,) = readings(decode(route, {"v": 7}, "hall/press/3/anything"))
    assert (found.machine, found.signal) == ("press-3", "oil")
    (fixed,) = readings(decode(Route("x", machine="press-3"), {"values": {"oil": 1}}, "x"))
    assert fixed.machine == "press-3"


def test_a_scalar_may_be_a_word_of_the_route() -> None:
    """As it is written, and numbers beside it."""
    words = (("on", True), ("Lauf", 3), ("auto", "AUTO"))
    route = Route("t/{machine}/{signal}", codec="scalar", words=words)
    found = [
        readings(decode(route, payload, "t/press-3/state"))[0].value
        for payload in (b"on", b" Lauf ", b"auto", b"-2")
    ]
    assert found == [True, 3, "AUTO", -2]
    assert "'lauf' is no number" in reason(decode(route, b"lauf", "t/press-3/state"))


def test_a_text_topic_keeps_what_it_is_sent() -> None:
    """Without the space around it."""
    route = Route("t/{machine}/{signal}", codec="text")
    (found,) = readings(decode(route, " Größe 42, los\n".encode(), "t/press-3/order"))
    assert found.value == "Größe 42, los"
    assert "not UTF-8 (byte 1)" in reason(decode(route, b"a\xff", "t/press-3/order"))


def test_a_signal_of_a_topic_needs_a_name_that_can_be_shown() -> None:
    """Control characters end up on screens."""
    route = Route("t/{machine}/{signal}", codec="scalar")
    assert "no name for a signal" in reason(decode(route, b"1", "t/press-3/a\x1bb"))


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (Route("t/+"), "needs the part {machine}, or the route a machine"),
        (Route("t/{machine}", codec="scalar"), "needs the part {signal}"),
        (Route("t/{machine}/{signal}", codec="text", kind="events"), "carries readings"),
        (Route("t/{area}", machine="{site}"), "'{site}': there is no part {site}; there are: area"),
        (Route("t", codec="sparkplug-b"), "needs one like 'spBv1.0/#'"),
        (Route("spBv1.0/{machine}/#", codec="sparkplug-b"), "use '+' and '#'"),
        (Route("spBv1.0/#", codec="sparkplug-b", kind="events"), "carries readings"),
        (Route("spBv1.0/#", codec="sparkplug-b", signal="{line}"), "there is no part {line}"),
    ],
)
def test_a_route_that_cannot_work_is_refused(route: Route, expected: str) -> None:
    """In the words of the file."""
    assert any(expected in fault for fault in topic_faults(route))
