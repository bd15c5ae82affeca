"""Sparkplug B: births, data and deaths of nodes and their devices, read step by step.

A step is pure: the state of a node and a message give the next state, the records, and the request
for a new birth where one is needed. `SparkplugFloor` keeps the state between the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ingest.codec_values import name_of
from ingest.errors import DataFault
from ingest.history import Birth, Record
from ingest.json_text import shown
from ingest.messages import Decoded, Message, Place, Request, Stamp, apart, joined
from ingest.plant import Machine
from ingest.routes import SPARKPLUG, filled
from ingest.sparkplug_births import Announced, Certificate, birth_number, is_control, signal_of
from ingest.sparkplug_order import Order
from ingest.sparkplug_schema import payload_class, unpacked
from ingest.sparkplug_values import (
    milliseconds_of,
    moment_of,
    name_of_metric,
    quality_of_metric,
    value_of_metric,
)
from ingest.timestamps import clock_fault
from ingest.vocabulary import Quality, Reading

_BIRTHS, _DATA, _DEATHS = ("NBIRTH", "DBIRTH"), ("NDATA", "DDATA"), ("NDEATH", "DDEATH")
_OTHERS = ("NCMD", "DCMD", "STATE")
"""Commands and the states of hosts: spoken to others, they say nothing of a machine."""
_REBIRTH = "Node Control/Rebirth"
_BOOLEAN = 11
_COMPRESSED = "SPBV1.0_COMPRESSED"
_MOST_METRICS = 50_000
_MOST_NODES = 10_000
_MOST_SEQUENCE = 255


def sparkplug_parts(topic: str) -> dict[str, str]:
    """Group, type, node and device of a topic; DataFault when it is none of Sparkplug."""
    levels = topic.split("/")
    if levels[:2] == [SPARKPLUG, "STATE"]:
        return {"group": "", "type": "STATE", "node": "", "device": ""}
    if levels[0] != SPARKPLUG or len(levels) not in (4, 5) or "" in levels:
        raise DataFault(f"topic {shown(topic)} is none of Sparkplug B")
    _, group, kind, node, *device = levels
    is_known = kind in (*_BIRTHS, *_DATA, *_DEATHS, *_OTHERS)
    if not is_known or (kind.startswith("D") != bool(device)):
        raise DataFault(f"topic {shown(topic)} names no message of Sparkplug B")
    return {"group": group, "type": kind, "node": node, "device": device[0] if device else ""}


@dataclass(frozen=True, slots=True)
class Node:
    """What is known of a node and its devices."""

    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """By device; the node's own stands under an empty name."""
    order: Order = field(default_factory=Order)
    wish: str = ""
    """Why it must announce itself again; empty when it need not."""
    asked: datetime | None = None
    """When it was asked to, last."""

    def certificate(self, device: str) -> Certificate:
        """Of the node or a device; an empty one when none was announced."""
        return self.certificates.get(device, _UNKNOWN)

    def with_certificate(self, device: str, certificate: Certificate) -> Node:
        """With one announced or died; a node's own ends those of its devices."""
        others = {} if not device else self.certificates
        return replace(self, certificates={**others, device: certificate})


_UNKNOWN = Certificate()


@dataclass(slots=True)
class _Letter:
    """A message taken apart as far as its topic goes."""

    message: Message
    place: Place
    payload: Any
    latest: datetime
    machine_of: Callable[[Mapping[str, str]], Machine]

    @property
    def kind(self) -> str:
        return self.place.parts["type"]

    @property
    def device(self) -> str:
        return self.place.parts["device"]

    @property
    def name(self) -> str:
        """As births are named in the history."""
        parts = self.place.parts
        own = f"{parts['group']}/{parts['node']}"
        return f"{own}/{self.device}" if self.device else own

    @property
    def received(self) -> datetime:
        return self.message.received_time


@dataclass(slots=True)
class _Step:
    """What a message makes of a node."""

    node: Node
    decoded: Decoded = field(default_factory=Decoded)
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SparkplugFloor:
    """Every node that was heard of, over all brokers; one thread at a time."""

    rebirth_s: float = 30.0
    """A node is asked for its birth at most this often."""
    nodes: dict[tuple[str, str, str], Node] = field(default_factory=dict)
    """By broker, group and node."""

    @classmethod
    def of(cls, births: Iterable[Birth], rebirth_s: float) -> Self:
        """As the history remembers it.

        Nodes publish their births without a promise of delivery, so one may have come while no
        collector was there: what is remembered is used, and each node asked once for a birth.
        """
        floor = cls(rebirth_s)
        wish = "the collector was started"
        for birth in sorted(births, key=lambda birth: birth.name.count("/")):
            group, node, *device = birth.name.split("/")
            certificate = Certificate.of_birth(birth)
            known = floor.nodes.get((birth.broker, group, node), Node(wish=wish))
            own = known.certificate("")
            if not (device and own.is_later_than(birth.received_time)):
                known = known.with_certificate("".join(device), certificate)
            floor.nodes[birth.broker, group, node] = known
        return floor

    def decode(
        self,
        message: Message,
        place: Place,
        clock_ahead: timedelta,
        machine_of: Callable[[Mapping[str, str]], Machine],
    ) -> Decoded:
        """The records of a message; DataFault when it is no Sparkplug message at all."""
        if place.parts["type"] in _OTHERS:
            return Decoded()
        payload = unpacked(message.payload)
        _refuse(payload)
        latest = message.received_time + clock_ahead
        key = (message.broker, place.parts["group"], place.parts["node"])
        node = self.nodes.get(key)
        if node is None and len(self.nodes) >= _MOST_NODES:
            raise DataFault(f"more than {_MOST_NODES} Sparkplug nodes are too many")
        letter = _Letter(message, place, payload, latest, machine_of)
        step = _stepped(node or Node(), letter)
        if step.reasons:
            step.decoded.dead.append(message.as_dead_letter(joined(step.reasons)))
        self.nodes[key] = self._asked(step, letter)
        return step.decoded

    def _asked(self, step: _Step, letter: _Letter) -> Node:
        """Ask for a birth where one is wished for and the node was not asked lately."""
        node, now = step.node, letter.received
        pause = timedelta(seconds=self.rebirth_s)
        is_early = node.asked is not None and now - node.asked < pause
        if not node.wish or is_early or not letter.place.route.rebirth:
            return node
        step.decoded.requests.append(_rebirth_request(letter, node.wish))
        return replace(node, asked=now)


def _refuse(payload: Any) -> None:
    if payload.uuid == _COMPRESSED:
        raise DataFault("payload is compressed: switch compression off at the node")
    if len(payload.metrics) > _MOST_METRICS:
        raise DataFault(f"{len(payload.metrics)} metrics in one message are too many")
    if payload.HasField("seq") and payload.seq > _MOST_SEQUENCE:
        raise DataFault(f"sequence {payload.seq} is no number from 0 to {_MOST_SEQUENCE}")


def _stepped(node: Node, letter: _Letter) -> _Step:
    """The pure step: what a message makes of a node, and what it says."""
    if letter.kind in _BIRTHS:
        return _birth(node, letter)
    if letter.kind == "NDEATH":
        return _node_death(node, letter)
    step = _Step(_in_order(node, letter))
    if letter.kind == "DDEATH":
        _device_death(step, letter)
        return step
    certificate = step.node.certificate(letter.device)
    if certificate.metrics and not certificate.is_alive:
        step.reasons.append(f"{letter.name} announced its death and no birth since")
        step.node = _wishing(step.node, "it sends data after its death")
        return step
    _take_metrics(step, letter, certificate)
    return step


def _in_order(node: Node, letter: _Letter) -> Node:
    payload = letter.payload
    if not payload.HasField("seq"):
        return node
    order, lost = node.order.take(payload.seq, payload.timestamp, letter.received)
    node = replace(node, order=order)
    return _wishing(node, lost) if lost else node


def _wishing(node: Node, why: str) -> Node:
    return node if node.wish else replace(node, wish=why)


def _birth(node: Node, letter: _Letter) -> _Step:
    """A birth gives names to what follows, and the values at that moment."""
    payload = letter.payload
    certificate = Certificate.of_payload(payload, letter.received)
    step = _Step(node)
    known = node.certificate(letter.device)
    if not known.is_later_than(letter.received):  # else a dead letter is tried again
        if letter.device:
            step.node = _in_order(node, letter)
        else:
            step.node = replace(
                node, order=node.order.born(payload.seq, payload.timestamp), wish=""
            )
        step.node = step.node.with_certificate(letter.device, certificate)
        step.decoded.births.append(certificate.as_birth(letter.message.broker, letter.name))
    _take_metrics(step, letter, certificate)
    return step


def _node_death(node: Node, letter: _Letter) -> _Step:
    """The broker says it for a node that is gone; an old connection's death ends no new birth."""
    step = _Step(node)
    own = node.certificate("")
    number = birth_number(letter.payload)
    is_of_another = None not in (number, own.birth_number) and number != own.birth_number
    if not own.is_alive or is_of_another or own.is_later_than(letter.received):
        return step
    for device, certificate in node.certificates.items():
        if certificate.is_alive:
            _say_dead(step, letter, {**letter.place.parts, "device": device}, letter.received)
    died = own.died(letter.received)
    step.node = step.node.with_certificate("", died)
    step.decoded.births.append(died.as_birth(letter.message.broker, letter.name))
    return step


def _device_death(step: _Step, letter: _Letter) -> None:
    certificate = step.node.certificate(letter.device)
    if not certificate.is_alive or certificate.is_later_than(letter.received):
        return
    _say_dead(step, letter, letter.place.parts, _moment_of_death(letter))
    died = certificate.died(letter.received)
    step.node = step.node.with_certificate(letter.device, died)
    step.decoded.births.append(died.as_birth(letter.message.broker, letter.name))


def _moment_of_death(letter: _Letter) -> datetime:
    """As the message says it, or else its receipt: a death is believed whatever its clock says."""
    if not letter.payload.HasField("timestamp"):
        return letter.received
    try:
        stated = moment_of(letter.payload.timestamp)
    except DataFault:
        return letter.received
    return letter.received if clock_fault(stated, latest=letter.latest) else stated


def _say_dead(step: _Step, letter: _Letter, parts: Mapping[str, str], moment: datetime) -> None:
    """One bad reading of every signal, of the moment of the death: never an old value."""
    try:
        machine = letter.machine_of(parts)
    except DataFault:
        return  # its birth was set aside for the same reason
    stamp = Stamp(machine.id, moment, letter.received, letter.place.source)
    for known in step.node.certificate(parts["device"]).signals():
        try:
            signal = name_of(_signal(letter.place, known.signal, parts))
        except DataFault:
            continue
        spec = machine.signals.get(signal)
        unit = (spec.unit if spec else "") or known.unit
        step.decoded.records.append(stamp.reading(signal, None, unit))


def _signal(place: Place, metric: str, parts: Mapping[str, str]) -> str:
    template = place.route.signal
    return filled(template, {**parts, "metric": metric}) if template else metric


def _take_metrics(step: _Step, letter: _Letter, certificate: Certificate) -> None:
    """Every metric as a reading, or the reason why it is none."""
    place = letter.place
    clock = _Clock(letter)
    readings: list[Record] = []
    for index, metric in enumerate(letter.payload.metrics):
        known = None
        try:
            known = _known(metric, certificate)
            if not known.is_control:
                readings.append(_reading(metric, known, clock, place))
        except DataFault as fault:
            label = shown(known.name) if known else str(index)
            step.reasons.append(f"metric {label}: {fault.message}")
            if isinstance(fault, _Unannounced):
                step.node = _wishing(step.node, f"{letter.name} sends what no birth announced")
    step.decoded.records.extend(apart(readings) if len(readings) > 1 else readings)


class _Unannounced(DataFault):
    """A metric whose name or type only a birth can tell."""


def _known(metric: Any, certificate: Certificate) -> Announced:
    """The metric as its birth announced it, or as it describes itself."""
    name = name_of_metric(metric)
    if not name:
        found = certificate.aliases.get(metric.alias) if metric.HasField("alias") else None
        if found is None:
            raise _Unannounced(f"no birth announced alias {metric.alias}")
        return found
    if name in certificate.metrics:
        return certificate.metrics[name]
    of_protocol = is_control(name)
    if not metric.datatype and not of_protocol:
        raise _Unannounced(f"no birth announced {shown(name)}, and it has no data type")
    return Announced(name, signal_of(name), metric.datatype, is_control=of_protocol)


@dataclass(slots=True)
class _Clock:
    """The times of a message's metrics; most of them share one."""

    letter: _Letter
    _known: dict[int, Stamp] = field(default_factory=dict)

    def stamp(self, metric: Any) -> Stamp:
        stated = metric.timestamp
        if not stated and not metric.HasField("timestamp"):
            if not self.letter.payload.HasField("timestamp"):
                raise DataFault("neither it nor its message has a time")
            stated = self.letter.payload.timestamp
        found = self._known.get(stated)
        if found is None:
            found = self._known[stated] = self._made(stated)
        return found

    def _made(self, stated: int) -> Stamp:
        moment = moment_of(stated)
        if fault := clock_fault(moment, latest=self.letter.latest):
            raise DataFault(f"time {moment.isoformat()} {fault}")
        payload, place = self.letter.payload, self.letter.place
        sequence = payload.seq if payload.HasField("seq") else None
        machine = place.known_machine().id
        return Stamp(machine, moment, self.letter.received, place.source, sequence)


def _reading(metric: Any, known: Announced, clock: _Clock, place: Place) -> Reading:
    if known.rival:
        raise DataFault(f"is the same signal as metric {shown(known.rival)}")
    stamp = clock.stamp(metric)
    value = value_of_metric(metric, known.datatype or metric.datatype)
    signal = _signal(place, known.signal, place.parts)
    unit = place.unit(signal) or known.unit
    reading = stamp.reading(signal, value, unit)
    quality = quality_of_metric(metric)
    if quality is Quality.GOOD or value is None:
        return reading
    return replace(reading, quality=quality)


def _rebirth_request(letter: _Letter, why: str) -> Request:
    parts = letter.place.parts
    now = milliseconds_of(letter.received)
    payload = payload_class()(timestamp=now)
    payload.metrics.add(name=_REBIRTH, timestamp=now, datatype=_BOOLEAN, boolean_value=True)
    topic = f"{SPARKPLUG}/{parts['group']}/NCMD/{parts['node']}"
    return Request(letter.message.broker, topic, payload.SerializeToString(), why)
