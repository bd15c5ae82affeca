"""What Sparkplug nodes announce, send and stop sending, and when they are asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.codec import Codec, Decoded, Message
from ingest.history import Birth
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.vocabulary import Quality, Reading
from tests.sparkplug_packer import (
    BOOLEAN,
    DATE_TIME,
    DOUBLE,
    FLOAT,
    INT8,
    INT32,
    INT64,
    STRING,
    TEMPLATE,
    UINT64,
    Metric,
    payload,
    text,
    whole,
)

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
AT = 1_795_341_600_123
"""2026-11-22 10:00:00.123 in ms."""
SOURCE_TIME = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
MACHINES = (
    Machine("press-3", "l", "press", signals_by_id([SignalSpec("Pump_1.Oil_Temp", unit="degC")])),
    Machine("gw-1", "l", "gateway", signals_by_id([])),
)
NODE, DEVICE = "spBv1.0/plant/{}/gw-1", "spBv1.0/plant/{}/gw-1/press-3"
BD_SEQ = Metric("bdSeq", 7, INT64)
REBIRTH = Metric("Node Control/Rebirth", False, BOOLEAN)
OIL = Metric("Pump 1/Oil Temp", 61.5, DOUBLE, alias=10, unit="F")
SPEED = Metric("speed", -3, INT32, alias=11, unit="rpm")


class Floor:
    """A codec and the clock of those who receive."""

    def __init__(self, route: Route | None = None, births: list[Birth] | None = None) -> None:
        routes = (route or Route("spBv1.0/#", codec="sparkplug-b"),)
        plant = Plant("p", "UTC", MqttBroker(routes=routes), MACHINES, None, Path("plant.toml"))
        self.codec = Codec.of(plant, IngestSettings(), births=births or [])
        self.now = RECEIVED
        self.births: dict[str, Birth] = {}

    def says(self, topic: str, content: bytes, *, later_s: float = 0) -> Decoded:
        self.now += timedelta(seconds=later_s)
        decoded = self.codec.decode(Message(topic, content, self.now))
        self.births |= {birth.name: birth for birth in decoded.births}
        return decoded

    def node_birth(self, *metrics: Metric, seq: int = 0, at: int = AT) -> Decoded:
        content = payload(BD_SEQ, REBIRTH, *metrics, timestamp=at, seq=seq)
        return self.says(NODE.format("NBIRTH"), content)

    def device_birth(self, *metrics: Metric, seq: int = 1, at: int = AT) -> Decoded:
        return self.says(DEVICE.format("DBIRTH"), payload(*metrics, timestamp=at, seq=seq))

    def data(
        self, *metrics: Metric, seq: int | None, at: int | None = AT, later_s: float = 0
    ) -> Decoded:
        content = payload(*metrics, timestamp=at, seq=seq)
        return self.says(DEVICE.format("DDATA"), content, later_s=later_s)

    def restarted(self) -> Floor:
        """What a new collector knows from the history."""
        floor = Floor(births=list(self.births.values()))
        floor.now = self.now
        return floor


@pytest.fixture
def floor() -> Floor:
    """A node and its device, both announced."""
    found = Floor()
    found.node_birth()
    found.device_birth(OIL, SPEED)
    return found


def readings(decoded: Decoded) -> list[Reading]:
    return [record for record in decoded.records if isinstance(record, Reading)]


def values(decoded: Decoded) -> dict[str, object]:
    return {reading.signal: reading.value for reading in readings(decoded)}


def reason(decoded: Decoded) -> str:
    (letter,) = decoded.dead
    return letter.reason


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


def test_an_unknown_machine_is_named_but_its_births_are_remembered() -> None:
    """As soon as the plant names it, its aliases are known."""
    floor = Floor()
    floor.node_birth()
    topic = "spBv1.0/plant/DBIRTH/gw-1/mill-9"
    decoded = floor.says(topic, payload(OIL, timestamp=AT, seq=1))
    assert "unknown machine 'mill-9'" in reason(decoded)
    known = replace(floor.codec.plant, machines=(*MACHINES, replace(MACHINES[0], id="mill-9")))
    floor.codec = Codec.of(known, IngestSettings(), after=floor.codec)
    data = payload(Metric(alias=10, value=1.0, datatype=DOUBLE), timestamp=AT, seq=2)
    (found,) = readings(floor.says(topic.replace("DBIRTH", "DDATA"), data))
    assert (found.machine, found.value) == ("mill-9", 1.0)


def test_an_unknown_alias_asks_for_a_birth_and_is_readable_after_it() -> None:
    """One request, in the bytes that a node understands."""
    floor = Floor()
    data = Metric(alias=10, value=1.0, datatype=DOUBLE)
    decoded = floor.data(data, seq=5)
    assert "no birth announced alias 10" in reason(decoded)
    (request,) = decoded.requests
    assert (request.broker, request.topic) == ("", "spBv1.0/plant/NCMD/gw-1")
    now = 1_795_341_601_000
    command = Metric("Node Control/Rebirth", True, BOOLEAN, timestamp=now)
    assert request.payload == payload(command, timestamp=now)
    floor.node_birth()
    floor.device_birth(OIL)
    letter = decoded.dead[0]
    again = floor.codec.decode(Message(DEVICE.format("DDATA"), letter.payload, RECEIVED))
    assert values(again) == {"Pump_1.Oil_Temp": 1.0}


def test_a_metric_that_describes_itself_needs_no_birth() -> None:
    """Name and data type are enough; without the type a birth is asked for."""
    floor = Floor()
    assert values(floor.data(Metric("speed", 4, INT32), seq=1)) == {"speed": 4}
    decoded = floor.data(Metric("speed", 4), seq=2)
    assert "has no data type" in reason(decoded)
    assert len(decoded.requests) == 1


def test_a_node_is_asked_at_most_once_in_a_while(floor: Floor) -> None:
    """As long as it does not answer; an answer ends it."""
    unknown = Metric(alias=99, value=1)
    asked = [len(floor.data(unknown, seq=2 + step, later_s=10).requests) for step in range(7)]
    assert asked == [1, 0, 0, 1, 0, 0, 1]
    floor.node_birth(seq=0)
    floor.device_birth(OIL)
    assert floor.data(Metric(alias=10, value=1.0), seq=2, later_s=60).requests == []


def test_a_route_may_forbid_to_ask() -> None:
    """Where nothing may be written to the plant."""
    floor = Floor(Route("spBv1.0/#", codec="sparkplug-b", rebirth=False))
    assert floor.data(Metric(alias=10, value=1.0), seq=5).requests == []


def test_a_gap_that_stays_asks_for_a_birth(floor: Floor) -> None:
    """What did arrive is kept at once; the missing message is given some seconds."""
    first = floor.data(SPEED, seq=4, at=AT + 10)
    assert (len(first.records), first.requests) == (1, [])
    assert floor.data(SPEED, seq=5, at=AT + 20, later_s=1).requests == []
    (request,) = floor.data(SPEED, seq=6, at=AT + 30, later_s=6).requests
    assert request.reason == "message 2 did not come"


def test_messages_out_of_order_are_kept_and_ask_for_nothing(floor: Floor) -> None:
    """Within the window every one that was missing came."""
    for seq in (3, 4, 2, 6, 5, 7):
        decoded = floor.data(SPEED, seq=seq, at=AT + seq)
        assert (len(decoded.records), decoded.requests) == (1, [])
    assert floor.data(SPEED, seq=8, at=AT + 8, later_s=60).requests == []


def test_messages_that_come_again_are_read_again(floor: Floor) -> None:
    """The history knows them; the order is not disturbed."""
    for seq in (2, 3, 4, 2, 3, 4, 5, 5, 6):
        decoded = floor.data(SPEED, seq=seq, at=AT + seq)
        assert (len(decoded.records), decoded.requests) == (1, [])
    assert floor.data(SPEED, seq=7, at=AT + 7, later_s=60).requests == []


def test_numbers_begin_again_after_255(floor: Floor) -> None:
    """No gap."""
    for count in range(2, 600):
        assert floor.data(SPEED, seq=count % 256, at=AT + count, later_s=1).requests == []


def test_a_long_gap_is_lost_at_once(floor: Floor) -> None:
    """It is no matter of order."""
    (request,) = floor.data(SPEED, seq=40, at=AT + 40).requests
    assert request.reason == "message 2 did not come"


def test_a_node_whose_clock_steps_back_is_still_in_order(floor: Floor) -> None:
    """The number says so."""
    assert floor.data(SPEED, seq=2, at=AT + 5000).requests == []
    assert floor.data(SPEED, seq=3, at=AT).requests == []
    assert floor.data(SPEED, seq=5, at=AT + 1, later_s=1).requests == []
    assert len(floor.data(SPEED, seq=6, at=AT + 2, later_s=6).requests) == 1


def test_births_survive_a_restart(floor: Floor) -> None:
    """Aliases are known at once, and the node is asked once whether they still hold."""
    after = floor.restarted()
    first = after.data(Metric(alias=10, value=9.5, datatype=DOUBLE), seq=200)
    assert values(first) == {"Pump_1.Oil_Temp": 9.5}
    assert [request.reason for request in first.requests] == ["the collector was started"]
    assert after.data(Metric(alias=11, value=1), seq=201, later_s=1).requests == []
    after.node_birth()
    after.device_birth(OIL)
    assert after.data(Metric(alias=10, value=1.0), seq=2, later_s=60).requests == []


def test_what_a_birth_ended_is_not_known_after_a_restart_either(floor: Floor) -> None:
    """A node's birth ends its devices' names until they are born again."""
    floor.now += timedelta(seconds=1)
    floor.node_birth()
    for each in (floor, floor.restarted()):
        assert "alias 11" in reason(each.data(Metric(alias=11, value=1), seq=1))


def test_a_device_that_dies_has_one_bad_reading_a_signal(floor: Floor) -> None:
    """Of the time of its death, without a value."""
    decoded = floor.says(DEVICE.format("DDEATH"), payload(timestamp=AT + 7, seq=2))
    assert values(decoded) == {"Pump_1.Oil_Temp": None, "speed": None}
    assert {reading.quality for reading in readings(decoded)} == {Quality.BAD}
    assert {r.source_time for r in readings(decoded)} == {SOURCE_TIME + timedelta(milliseconds=7)}
    again = floor.says(DEVICE.format("DDEATH"), payload(timestamp=AT + 7, seq=2))
    assert again.records == []


@pytest.mark.parametrize("at", [0, AT + 10**9, 2**63, None])
def test_a_death_is_believed_whatever_its_clock_says(floor: Floor, at: int | None) -> None:
    """Then the receipt is its time."""
    decoded = floor.says(DEVICE.format("DDEATH"), payload(timestamp=at, seq=2))
    assert [(r.value, r.source_time) for r in readings(decoded)] == [(None, RECEIVED)] * 2


def test_what_was_never_a_signal_does_not_die_as_one() -> None:
    """One bad name, type or rival harms no other metric of the birth, and no death names it."""
    floor = Floor()
    floor.node_birth()
    odd = [
        Metric(b"\xff", 1, INT32, alias=1),
        Metric("t", datatype=TEMPLATE, alias=2, raw=text(18, b"x")),
        Metric("x" * 300, 1, INT32, alias=3),
        Metric("a b", 1, INT32, alias=4),
        Metric("a_b", 1, INT32, alias=5),
    ]
    assert values(floor.device_birth(*odd, SPEED)) == {"a_b": 1, "speed": -3}
    assert values(floor.data(Metric(alias=11, value=1), seq=2)) == {"speed": 1}
    decoded = floor.says(DEVICE.format("DDEATH"), payload(timestamp=AT, seq=3))
    assert values(decoded) == {"a_b": None, "speed": None}


def test_a_node_that_dies_takes_its_devices_along() -> None:
    """The broker says it, at an instant that only the receipt tells."""
    floor = Floor()
    floor.node_birth(Metric("load", 1.0, DOUBLE))
    floor.device_birth(OIL)
    death = payload(BD_SEQ, timestamp=AT - 10_000)
    floor.now += timedelta(seconds=3)
    for each in (floor.restarted(), floor):
        decoded = each.says(NODE.format("NDEATH"), death)
        assert {(r.machine, r.signal, r.value, r.quality) for r in readings(decoded)} == {
            ("gw-1", "load", None, Quality.BAD),
            ("press-3", "Pump_1.Oil_Temp", None, Quality.BAD),
        }
        assert {reading.source_time for reading in readings(decoded)} == {floor.now}
        assert each.says(NODE.format("NDEATH"), death).records == []
    assert floor.restarted().says(NODE.format("NDEATH"), death).records == []


def test_the_death_of_an_older_connection_ends_nothing(floor: Floor) -> None:
    """Its number is not that of the birth."""
    death = payload(Metric("bdSeq", 6, INT64))
    assert floor.says(NODE.format("NDEATH"), death).records == []
    assert values(floor.data(Metric(alias=11, value=1), seq=2)) == {"speed": 1}


def test_data_after_a_death_asks_for_a_birth(floor: Floor) -> None:
    """Its aliases may be others by now."""
    floor.says(DEVICE.format("DDEATH"), payload(timestamp=AT, seq=2))
    decoded = floor.data(Metric(alias=11, value=1), seq=3)
    assert "plant/gw-1/press-3 announced its death and no birth since" in reason(decoded)
    assert len(decoded.requests) == 1


def test_an_old_birth_tried_again_ends_no_newer_one(floor: Floor) -> None:
    """Its values are kept, its names are not."""
    old = payload(replace(OIL, alias=11), timestamp=AT, seq=1)
    message = Message(DEVICE.format("DBIRTH"), old, RECEIVED - timedelta(hours=1))
    decoded = floor.codec.decode(message)
    assert (values(decoded), decoded.births) == ({"Pump_1.Oil_Temp": 61.5}, [])
    assert values(floor.data(Metric(alias=11, value=1), seq=2)) == {"speed": 1}


def test_a_node_of_another_broker_is_another_node(floor: Floor) -> None:
    """The same names there tell nothing here, and are asked for there."""
    route = Route("spBv1.0/#", codec="sparkplug-b")
    north = MqttBroker(url="mqtt://b", routes=(route,), id="north")
    plant = replace(floor.codec.plant, further_brokers=(north,))
    codec = Codec.of(plant, IngestSettings(), after=floor.codec)
    content = payload(Metric(alias=11, value=1), timestamp=AT, seq=2)
    decoded = codec.decode(Message(DEVICE.format("DDATA"), content, RECEIVED, "north"))
    assert decoded.records == []
    assert [request.broker for request in decoded.requests] == ["north"]
    assert decoded.dead[0].source == "mqtt@north:" + DEVICE.format("DDATA")


def test_a_flood_of_invented_nodes_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; the known nodes go on."""
    monkeypatch.setattr("ingest.sparkplug._MOST_NODES", 3)
    floor = Floor()
    for number in range(5):
        last = floor.says(f"spBv1.0/plant/NBIRTH/n{number}", payload(BD_SEQ, seq=0))
    assert "more than 3 Sparkplug nodes are too many" in reason(last)
    assert len(floor.codec.sparkplug.nodes) == 3


def test_fields_that_are_not_known_are_passed_over(floor: Floor) -> None:
    """A later version of the protocol may add some."""
    metric = replace(SPEED, raw=whole(50, 1) + text(51, "new"))
    assert values(floor.data(metric, seq=2)) == {"speed": -3}
