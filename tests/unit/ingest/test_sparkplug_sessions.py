"""What Sparkplug nodes announce and stop sending, in which order, and when they are asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.codec import Codec, Message
from ingest.plant import MqttBroker
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.vocabulary import Quality
from tests.sparkplug_floor import (
    AT,
    BD_SEQ,
    DEVICE,
    MACHINES,
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
    BOOLEAN,
    DOUBLE,
    INT32,
    INT64,
    TEMPLATE,
    Metric,
    payload,
    text,
)


@pytest.fixture
def floor() -> Floor:
    """A node and its device, both announced."""
    return announced()


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
    """One bad name, type or rival harms no other metric of the birth, and no death names it.

    The birth's dead letter says it; data that comes ten times a second does not say it again.
    """
    floor = Floor()
    floor.node_birth()
    odd = [
        Metric(b"\xff", 1, INT32, alias=1),
        Metric("t", datatype=TEMPLATE, alias=2, raw=text(18, b"x")),
        Metric("x" * 300, 1, INT32, alias=3),
        Metric("a b", 1, INT32, alias=4),
        Metric("a_b", 1, INT32, alias=5),
    ]
    born = floor.device_birth(*odd, SPEED)
    assert values(born) == {"a_b": 1, "speed": -3}
    assert reason(born).count("; ") == 3
    later = floor.data(*(Metric(alias=alias, value=1) for alias in (2, 3, 5, 11)), seq=2)
    assert (values(later), later.dead) == ({"speed": 1}, [])
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


def test_a_flood_of_invented_devices_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node and the devices that are known go on."""
    monkeypatch.setattr("ingest.sparkplug._MOST_DEVICES", 3)
    floor = announced()
    for number in range(5):
        content = payload(SPEED, timestamp=AT, seq=2 + number)
        last = floor.says(f"spBv1.0/plant/DBIRTH/gw-1/d{number}", content)
    assert "more than 3 devices of a Sparkplug node are too many" in reason(last)
    assert values(floor.data(Metric(alias=11, value=4), seq=7)) == {"speed": 4}


def test_a_flood_of_invented_metrics_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted over all nodes, also after a start; a birth that says the same or less is taken."""
    floor = announced()
    monkeypatch.setattr("ingest.sparkplug._MOST_ANNOUNCED", floor.codec.sparkplug.announced + 2)
    more = Metric("more", 1, INT32)
    for collector in (floor, floor.restarted()):
        topic = "spBv1.0/plant/NBIRTH/other"
        decoded = collector.says(topic, payload(more, SPEED, timestamp=AT, seq=0))
        assert "Sparkplug metrics are too many" in reason(decoded)
        assert collector.device_birth(OIL, SPEED).births
    monkeypatch.setattr("ingest.sparkplug._MOST_ANNOUNCED", 1)
    assert floor.device_birth(OIL, SPEED).births
    assert floor.device_birth(SPEED).births
    monkeypatch.setattr("ingest.sparkplug._MOST_ANNOUNCED", floor.codec.sparkplug.announced + 3)
    assert len(floor.says(topic, payload(more, SPEED, timestamp=AT, seq=0)).births) == 1


def test_a_long_name_counts_for_several() -> None:
    """It takes as much memory."""
    few, long = announced(), Floor()
    long.node_birth()
    long.device_birth(replace(OIL, name="n" * 2_000), SPEED)
    assert long.codec.sparkplug.announced == few.codec.sparkplug.announced + 10
