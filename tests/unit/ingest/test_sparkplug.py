"""What Sparkplug messages say: names, values, qualities, times, and what cannot be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.codec import Decoded
from ingest.routes import Route
from ingest.vocabulary import Quality, Reading
from tests.sparkplug_floor import (
    AT,
    DEVICE,
    NODE,
    OIL,
    RECEIVED,
    SOURCE_TIME,
    SPEED,
    Floor,
    announced,
    readings,
    reason,
    values,
)
from tests.sparkplug_packer import (
    DATE_TIME,
    DOUBLE,
    FLOAT,
    INT8,
    INT32,
    STRING,
    TEMPLATE,
    UINT64,
    Metric,
    payload,
    text,
    whole,
)


@pytest.fixture
def floor() -> Floor:
    """A node and its device, both announced."""
    return announced()


def test_a_birth_gives_names_units_and_first_values() -> None:
    """The plant's unit wins over the node's; the protocol's own metrics are no signals."""
    floor = Floor()
    assert floor.node_birth().records == []
    oil, speed = readings(floor.device_birth(OIL, SPEED))
    assert oil == Reading(
        machine="press-3",
        signal="Pump_1.Oil_Temp",
        value=61.5,
        unit="degC",
        quality=Quality.GOOD,
        source_time=SOURCE_TIME,
        received_time=RECEIVED,
        source="mqtt:" + DEVICE.format("DBIRTH"),
        sequence=1,
    )
    assert (speed.signal, speed.value, speed.unit) == ("speed", -3, "rpm")


def test_data_by_alias_has_the_name_type_and_unit_of_the_birth(floor: Floor) -> None:
    """A metric's own time is its time; the message's stands for those without."""
    own = Metric(alias=10, value=62.5, datatype=DOUBLE, timestamp=AT + 5)
    decoded = floor.data(own, Metric(alias=11, value=-4), seq=2, at=AT + 9)
    assert values(decoded) == {"Pump_1.Oil_Temp": 62.5, "speed": -4}
    assert [r.source_time - SOURCE_TIME for r in readings(decoded)] == [
        timedelta(milliseconds=5),
        timedelta(milliseconds=9),
    ]
    assert (decoded.dead, decoded.requests) == ([], [])


def test_a_node_without_device_is_a_machine_itself() -> None:
    """By its own id."""
    floor = Floor()
    assert readings(floor.node_birth(Metric("load", 3.0, DOUBLE)))[0].machine == "gw-1"
    content = payload(Metric("load", 4.0, DOUBLE), timestamp=AT, seq=1)
    assert values(floor.says(NODE.format("NDATA"), content)) == {"load": 4.0}


def test_a_route_says_which_machine_and_which_signal() -> None:
    """Made of group, node, device and metric, or written out."""
    route = Route("spBv1.0/#", codec="sparkplug-b", machine="{node}", signal="{device}.{metric}")
    floor = Floor(route)
    floor.node_birth()
    (oil,) = readings(floor.device_birth(OIL))
    assert (oil.machine, oil.signal) == ("gw-1", "press-3.Pump_1.Oil_Temp")


def test_two_metrics_that_are_one_signal_are_not_mixed() -> None:
    """The first announced is the signal; the other is set aside with the reason."""
    floor = Floor()
    floor.node_birth()
    decoded = floor.device_birth(Metric("a b", 1, INT32), Metric("a_b", 2, INT32))
    assert values(decoded) == {"a_b": 1}
    assert "is the same signal as metric 'a b'" in reason(decoded)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric(alias=11, is_null=True), (None, Quality.BAD)),
        (Metric(alias=10, value=float("nan"), datatype=DOUBLE), (None, Quality.BAD)),
        (Metric(alias=11, value=1, quality=0), (1, Quality.BAD)),
        (Metric(alias=11, value=1, quality=500), (1, Quality.UNCERTAIN)),
        (Metric(alias=11, value=1, quality=192), (1, Quality.GOOD)),
        (Metric(alias=11, value=1, is_historical=True, timestamp=AT), (1, Quality.GOOD)),
    ],
)
def test_null_quality_and_history(
    floor: Floor, metric: Metric, expected: tuple[object, Quality]
) -> None:
    """A null is a bad reading, a stale value an uncertain one; history keeps its own time."""
    (found,) = readings(floor.data(metric, seq=2))
    assert (found.value, found.quality) == expected
    assert found.source_time == SOURCE_TIME


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric("x", 2**64 - 1, UINT64), 2.0**64),
        (Metric("x", 2**63 - 1, UINT64), 2**63 - 1),
        (Metric("x", 200, INT8), -56),
        (Metric("x", 300, INT8), "300 is no Int8"),
        (Metric("x", "a", INT32), "is a Int32 and carries a string_value"),
        (Metric("x", datatype=INT32), "neither a value nor is it null"),
        (Metric("x", datatype=TEMPLATE, raw=text(18, b"\xff")), "data type Template (19) is not"),
        (Metric("x", 1, 25), "data type array (25) is not kept"),
        (Metric("x", 1, 99), "data type unknown (99) is not kept"),
        (Metric("x", datatype=STRING, raw=text(15, b"\xff")), "text that is not UTF-8"),
        (Metric(b"\xff", 1, INT32), "text that is not UTF-8"),
        (Metric("", 1, INT32), "no birth announced alias 0"),
        (Metric("x" * 300, 1, INT32), "is no name for a signal"),
        (Metric("x", 2**63, DATE_TIME), "out of range"),
        (Metric("x", 1.0, FLOAT, timestamp=2**63), "out of range"),
        (Metric("x", 1.0, FLOAT, timestamp=0), "the source's clock is not set"),
        (Metric("x", 1.0, FLOAT, timestamp=AT + 10**9), "the source's clock is wrong"),
    ],
)
def test_one_metric_that_cannot_be_kept_does_not_take_the_others_along(
    floor: Floor, metric: Metric, expected: str | float
) -> None:
    """It is told in a dead letter.

    An Int8 may come as its own eight bits; what no store holds as an integer is a float.
    """
    decoded = floor.data(metric, SPEED, seq=2)
    assert values(decoded)["speed"] == -3
    if isinstance(expected, str):
        assert expected in reason(decoded)
    else:
        assert (decoded.dead, values(decoded)["x"]) == ([], expected)


def test_a_metric_without_any_time_is_set_aside(floor: Floor) -> None:
    """No time of ours is made up for it."""
    assert "neither it nor its message has a time" in reason(floor.data(SPEED, seq=2, at=None))


def test_a_unit_of_a_whole_page_is_none() -> None:
    """It would stand in every reading."""
    floor = Floor()
    floor.node_birth()
    (speed,) = readings(floor.device_birth(replace(SPEED, unit="r" * 201)))
    assert (speed.value, speed.unit) == (-3, "")


def test_readings_of_one_millisecond_in_one_message_are_two(floor: Floor) -> None:
    """The second says something else, so it goes by its content; the third says it again."""
    again = replace(SPEED, value=5)
    found = readings(floor.data(SPEED, again, SPEED, seq=2))
    assert [(r.value, r.sequence) for r in found] == [(-3, 2), (5, None), (-3, 2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff", "no Sparkplug B"),
        (payload(SPEED, timestamp=AT, seq=2)[:-3], "no Sparkplug B"),
        (b"\x12" * 3000, "no Sparkplug B"),
        (b"\x0b" * 200_000, "no Sparkplug B"),
        (b'{"ts": 1}', "no Sparkplug B"),
        (payload(seq=256), "sequence 256 is no number from 0 to 255"),
        (text(4, "SPBV1.0_COMPRESSED") + text(5, b"\x1f\x8b"), "switch compression off"),
        (b"\x12\x00" * 50_001, "50001 metrics in one message are too many"),
    ],
)
def test_a_payload_that_is_no_message_is_set_aside(
    floor: Floor, content: bytes, expected: str
) -> None:
    """With its reason, and nothing of the node is forgotten."""
    topic = DEVICE.format("DDATA")
    assert expected in reason(floor.says(topic, content))
    assert values(floor.data(Metric(alias=11, value=1), seq=2)) == {"speed": 1}


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/plant/NDATA",
        "spBv1.0/plant/NDATA/gw-1/press-3",
        "spBv1.0/plant/DDATA/gw-1",
        "spBv1.0/plant/XDATA/gw-1",
        "spBv1.0//NDATA/gw-1",
        "spBv1.0/plant/DDATA/gw-1/a/b",
        f"spBv1.0/plant/NDATA/{'n' * 201}",
    ],
)
def test_a_topic_that_is_none_of_sparkplug_is_set_aside(topic: str) -> None:
    """It names the topic."""
    assert "Sparkplug B" in reason(Floor().says(topic, payload()))


@pytest.mark.parametrize(
    "topic", ["spBv1.0/STATE/host", "spBv1.0/plant/NCMD/gw-1", "spBv1.0/plant/DCMD/gw-1/press-3"]
)
def test_what_is_said_to_others_is_no_record(topic: str) -> None:
    """Commands, our own among them, and the states of hosts."""
    assert Floor().says(topic, b"ONLINE") == Decoded()


def test_fields_that_are_not_known_are_passed_over(floor: Floor) -> None:
    """A later version of the protocol may add some."""
    metric = replace(SPEED, raw=whole(50, 1) + text(51, "new"))
    assert values(floor.data(metric, seq=2)) == {"speed": -3}
