"""What a message says: decoding into records, or the reason why it cannot be used.

Pure, but for what Sparkplug nodes announced before: that is remembered here, and the history keeps
it from one collector to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from ingest.codec_json import decode_json
from ingest.codec_quick import usual_keys
from ingest.codec_scalar import decode_scalar
from ingest.errors import DataFault, NotKnown
from ingest.history import Birth
from ingest.json_text import shown
from ingest.messages import Decoded, Message, Place, Request, address_of
from ingest.plant import Machine, Plant
from ingest.routes import Route, filled, find_route
from ingest.settings import IngestSettings
from ingest.sparkplug import SparkplugFloor
from ingest.sparkplug_letters import sparkplug_parts
from ingest.timestamps import CLOCK_AHEAD

__all__ = ["Codec", "Decoded", "Message", "Request"]

_MOST_PLACES = 20_000
_LONGEST_TOPIC = 1_000
"""A longer one is looked at anew each time, for it would take too much memory."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Reads messages by the routes of a plant.

    What of a message cannot be used is one dead letter, with the whole payload and every reason;
    its other values are kept. NaN, an infinity and null are the sensor saying that it has no
    value: a reading of quality bad.
    """

    plant: Plant
    max_payload_bytes: int = 1_048_576
    clock_ahead: timedelta = CLOCK_AHEAD
    sparkplug: SparkplugFloor = field(default_factory=SparkplugFloor)
    _places: dict[tuple[str, str], Place] = field(default_factory=dict, init=False, repr=False)
    _units: dict[str, dict[str, str]] = field(default_factory=dict, init=False, repr=False)
    """By machine: topics can be made up without end, machines cannot."""

    @classmethod
    def of(
        cls,
        plant: Plant,
        settings: IngestSettings,
        *,
        births: Iterable[Birth] = (),
        after: Codec | None = None,
    ) -> Codec:
        """With the bounds that are set, and what is known of Sparkplug nodes by now.

        That comes from the history's births at the start, and from the codec that was in use
        before when the plant description changes.
        """
        return cls(
            plant,
            max_payload_bytes=settings.max_payload_bytes,
            clock_ahead=timedelta(seconds=settings.clock_ahead_s),
            sparkplug=after.sparkplug if after else SparkplugFloor.of(births, settings.rebirth_s),
        )

    def decode(self, message: Message) -> Decoded:
        """Every record of a message; never raises for what a stranger sent."""
        try:
            if len(message.payload) > self.max_payload_bytes:
                raise DataFault(
                    f"payload of {len(message.payload)} bytes is too long; "
                    "ANDON_MAX_PAYLOAD_BYTES says how long one may be"
                )
            place = self._places.get((message.broker, message.topic)) or self._place(message)
            codec = place.route.codec
            if codec == "json":
                return decode_json(message, place, self.clock_ahead)
            if codec == "sparkplug-b":
                machine_of = partial(self._machine, place.route)
                return self.sparkplug.decode(
                    message, place, clock_ahead=self.clock_ahead, machine_of=machine_of
                )
            return Decoded([decode_scalar(message, place)])
        except DataFault as fault:
            return Decoded(dead=[message.as_dead_letter(fault.message)])

    def machine_of(self, source: str) -> str | None:
        """The machine of a source that sent something lately; None for any other."""
        address = address_of(source)
        place = self._places.get(address) if address else None
        return place.machine.id if place and place.machine else None

    def _place(self, message: Message) -> Place:
        """Find the route and the machine of a topic, and remember them."""
        broker = self.plant.broker(message.broker)
        found = find_route(broker.routes, message.topic) if broker else None
        if found is None:
            raise DataFault(f"no route of the plant takes topic {shown(message.topic)}")
        route, parts = found
        if route.codec == "sparkplug-b":
            parts = sparkplug_parts(message.topic)
        place = Place(message.source, route, parts, keys=usual_keys(route))
        try:
            place.machine = self._machine(route, parts)
            place.units = self._units.setdefault(place.machine.id, {})
        except DataFault as fault:
            place.fault = fault.message
        if len(self._places) >= _MOST_PLACES:
            self._places.clear()
        if len(message.topic) <= _LONGEST_TOPIC:
            self._places[message.broker, message.topic] = place
        return place

    def _machine(self, route: Route, parts: Mapping[str, str]) -> Machine:
        default = "{device}" if parts.get("device") else "{node}"
        named = route.machine or (default if route.codec == "sparkplug-b" else "{machine}")
        name = filled(named, parts)
        try:
            machine = self.plant.machine(name)
        except NotKnown:
            raise DataFault(f"unknown machine {shown(name)}") from None
        if parts.get("line", machine.line) != machine.line:
            stated = shown(parts["line"])
            raise DataFault(f"machine {machine.id!r} is on line {machine.line!r}, not on {stated}")
        return machine
