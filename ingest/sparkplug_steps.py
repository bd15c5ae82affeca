"""What a Sparkplug message makes of a node: births, data and deaths, each a pure step.

The state of a node and a message give the next state, the records, and the wish for a new birth
where one is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ingest.codec_values import name_of
from ingest.errors import DataFault
from ingest.messages import Decoded, Stamp
from ingest.sparkplug_births import Certificate, birth_number
from ingest.sparkplug_letters import BIRTHS, DEVICE_DEATH, NODE_DEATH, Letter
from ingest.sparkplug_metrics import signal_name, take_metrics
from ingest.sparkplug_order import Order
from ingest.sparkplug_values import moment_of
from ingest.timestamps import clock_fault


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

    @property
    def size(self) -> int:
        """How much was announced, as its certificates count it."""
        return sum(certificate.size for certificate in self.certificates.values())

    def certificate(self, device: str) -> Certificate:
        """Of the node or a device; an empty one when none was announced."""
        return self.certificates.get(device, _UNKNOWN)

    def with_certificate(self, device: str, certificate: Certificate) -> Node:
        """With one announced or died; a node's own ends those of its devices."""
        others = {} if not device else self.certificates
        return replace(self, certificates={**others, device: certificate})


_UNKNOWN = Certificate()


@dataclass(slots=True)
class Step:
    """What a message makes of a node."""

    node: Node
    decoded: Decoded = field(default_factory=Decoded)
    reasons: list[str] = field(default_factory=list)


def stepped(node: Node, letter: Letter) -> Step:
    """The pure step: what a message makes of a node, and what it says."""
    if letter.kind in BIRTHS:
        return _birth(node, letter)
    if letter.kind == NODE_DEATH:
        return _node_death(node, letter)
    step = Step(_in_order(node, letter))
    if letter.kind == DEVICE_DEATH:
        _device_death(step, letter)
        return step
    certificate = step.node.certificate(letter.device)
    if certificate.metrics and not certificate.is_alive:
        step.reasons.append(f"{letter.name} announced its death and no birth since")
        step.node = _wishing(step.node, "it sends data after its death")
        return step
    _take(step, letter, certificate)
    return step


def _in_order(node: Node, letter: Letter) -> Node:
    payload = letter.payload
    if not payload.HasField("seq"):
        return node
    order, lost = node.order.take(payload.seq, payload.timestamp, letter.received)
    node = replace(node, order=order)
    return _wishing(node, lost) if lost else node


def _wishing(node: Node, why: str) -> Node:
    return node if node.wish else replace(node, wish=why)


def _birth(node: Node, letter: Letter) -> Step:
    """A birth gives names to what follows, and the values at that moment."""
    payload = letter.payload
    certificate = Certificate.of_payload(payload, letter.received)
    step = Step(node)
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
    _take(step, letter, certificate)
    return step


def _node_death(node: Node, letter: Letter) -> Step:
    """The broker says it for a node that is gone; an old connection's death ends no new birth."""
    step = Step(node)
    own = node.certificate("")
    number = birth_number(letter.payload)
    is_of_another = None not in (number, own.birth_number) and number != own.birth_number
    if not own.is_alive or is_of_another or own.is_later_than(letter.received):
        return step
    for device, certificate in node.certificates.items():
        if certificate.is_alive:
            _say_dead(step, letter, device, moment=letter.received)
    died = own.died(letter.received)
    step.node = step.node.with_certificate("", died)
    step.decoded.births.append(died.as_birth(letter.message.broker, letter.name))
    return step


def _device_death(step: Step, letter: Letter) -> None:
    certificate = step.node.certificate(letter.device)
    if not certificate.is_alive or certificate.is_later_than(letter.received):
        return
    _say_dead(step, letter, letter.device, moment=_moment_of_death(letter))
    died = certificate.died(letter.received)
    step.node = step.node.with_certificate(letter.device, died)
    step.decoded.births.append(died.as_birth(letter.message.broker, letter.name))


def _moment_of_death(letter: Letter) -> datetime:
    """As the message says it, or else its receipt: a death is believed whatever its clock says."""
    if not letter.payload.HasField("timestamp"):
        return letter.received
    try:
        stated = moment_of(letter.payload.timestamp)
    except DataFault:
        return letter.received
    return letter.received if clock_fault(stated, latest=letter.latest) else stated


def _say_dead(step: Step, letter: Letter, device: str, *, moment: datetime) -> None:
    """One bad reading of every signal, of the moment of the death: never an old value."""
    parts = {**letter.place.parts, "device": device}
    try:
        machine = letter.machine_of(parts)
    except DataFault:
        return  # its birth was set aside for the same reason
    stamp = Stamp(machine.id, moment, letter.received, letter.place.source)
    for known in step.node.certificate(device).signals():
        try:
            signal = name_of(signal_name(letter.place, known.signal, parts))
        except DataFault:
            continue
        spec = machine.signals.get(signal)
        unit = (spec.unit if spec else "") or known.unit
        step.decoded.records.append(stamp.reading(signal, None, unit))


def _take(step: Step, letter: Letter, certificate: Certificate) -> None:
    taken = take_metrics(letter, certificate)
    step.decoded.records.extend(taken.readings)
    step.reasons.extend(taken.reasons)
    if taken.is_unannounced:
        step.node = _wishing(step.node, f"{letter.name} sends what no birth announced")
