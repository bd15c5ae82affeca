"""Sparkplug B: keeps what nodes announced between the steps, and asks them for a birth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from ingest.errors import DataFault
from ingest.history import Birth
from ingest.messages import Decoded, Message, Place, Request, joined
from ingest.plant import Machine
from ingest.routes import SPARKPLUG
from ingest.sparkplug_births import Certificate
from ingest.sparkplug_letters import OTHERS, Letter
from ingest.sparkplug_schema import payload_class, unpacked
from ingest.sparkplug_steps import Node, Step, stepped
from ingest.sparkplug_values import milliseconds_of

_REBIRTH = "Node Control/Rebirth"
_BOOLEAN = 11
_COMPRESSED = "SPBV1.0_COMPRESSED"
_MOST_METRICS = 50_000
_MOST_NODES = 10_000
_MOST_DEVICES = 5_000
_MOST_ANNOUNCED = 500_000
"""Metrics of all nodes and devices together: what is announced stays in memory."""
_MOST_SEQUENCE = 255


@dataclass(slots=True)
class SparkplugFloor:
    """Every node that was heard of, over all brokers; one thread at a time."""

    rebirth_s: float = 30.0
    """A node is asked for its birth at most this often."""
    nodes: dict[tuple[str, str, str], Node] = field(default_factory=dict)
    """By broker, group and node."""
    announced: int = 0
    """Their sizes together."""

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
        floor.announced = sum(node.size for node in floor.nodes.values())
        return floor

    def decode(
        self,
        message: Message,
        place: Place,
        *,
        clock_ahead: timedelta,
        machine_of: Callable[[Mapping[str, str]], Machine],
    ) -> Decoded:
        """The records of a message; DataFault when it is no Sparkplug message at all."""
        if place.parts["type"] in OTHERS:
            return Decoded()
        payload = unpacked(message.payload)
        _refuse(payload)
        latest = message.received_time + clock_ahead
        key = (message.broker, place.parts["group"], place.parts["node"])
        node = self.nodes.get(key)
        if node is None and len(self.nodes) >= _MOST_NODES:
            raise DataFault(f"more than {_MOST_NODES} Sparkplug nodes are too many")
        letter = Letter(message, place, payload, latest, machine_of)
        node = node or Node()
        step = stepped(node, letter)
        if step.decoded.births:
            self._take_room(node, step.node)
        if step.reasons:
            step.decoded.dead.append(message.as_dead_letter(joined(step.reasons)))
        self.nodes[key] = self._asked(step, letter)
        return step.decoded

    def _take_room(self, before: Node, after: Node) -> None:
        """Refuse a birth that announces more than before where there is too much already."""
        grown = after.size - before.size
        if grown > 0 and len(after.certificates) > _MOST_DEVICES + 1:
            raise DataFault(f"more than {_MOST_DEVICES} devices of a Sparkplug node are too many")
        if grown > 0 and self.announced + grown > _MOST_ANNOUNCED:
            raise DataFault(f"more than {_MOST_ANNOUNCED} Sparkplug metrics are too many")
        self.announced += grown

    def _asked(self, step: Step, letter: Letter) -> Node:
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


def _rebirth_request(letter: Letter, why: str) -> Request:
    parts = letter.place.parts
    now = milliseconds_of(letter.received)
    payload = payload_class()(timestamp=now)
    payload.metrics.add(name=_REBIRTH, timestamp=now, datatype=_BOOLEAN, boolean_value=True)
    topic = f"{SPARKPLUG}/{parts['group']}/NCMD/{parts['node']}"
    return Request(letter.message.broker, topic, payload.SerializeToString(), why)
