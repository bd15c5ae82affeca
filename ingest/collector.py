"""Everything the wires of a plant bring, through one writer into the history."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.broker_wires import BrokerWires
from ingest.chores import Chores
from ingest.codec import Codec, Request
from ingest.crew import CrewMember, Said
from ingest.history import History
from ingest.housekeeping import Housekeeping
from ingest.intake import Intake
from ingest.modbus import ModbusWire
from ingest.mqtt import Delivery, MqttWire
from ingest.plant import MqttBroker, Plant
from ingest.plant_watch import PlantWatch
from ingest.roster import Roster
from ingest.settings import IngestSettings

logger = logging.getLogger(__name__)

_WATCH_S = 1.0
_SETTLE_S = 2.0
"""How long what was sent under a topic that is given up may still arrive and be read."""
DEFAULT_CLIENT_ID = "andon-ingest"


@dataclass(frozen=True, slots=True)
class Place:
    """A collector's place among others: the roster, its name in it, and where it takes notes."""

    roster: Roster
    name: str
    memory: Path | None = None
    """File of the topics that its broker sessions hold."""


class Collector:
    """Listens to the brokers and polls the controllers until told to stop.

    Killed at any instant it loses nothing that came over MQTT: a message is confirmed after the
    commit that holds it, and one that comes again is recognised. Without a place among others it
    polls every controller.
    """

    make_mqtt: Callable[..., MqttWire] = MqttWire
    """The seam where the crash tests put a wire that does it wrong."""

    def __init__(
        self,
        plant: Plant,
        history: History,
        settings: IngestSettings,
        *,
        place: Place | None = None,
    ) -> None:
        self._plant = plant
        self._settings = settings
        self._codec = Codec.of(plant, settings, births=history.births())
        self._intake = Intake(
            history, self._codec, settings, confirm=self._confirm, ask=self._publish
        )
        self._modbus = ModbusWire((), settings, offer=self._intake.offer)
        self._wires = BrokerWires(
            settings,
            client_id=settings.client_id or DEFAULT_CLIENT_ID,
            deliver=self._intake.deliver,
            make=type(self).make_mqtt,
            memory=place.memory if place else None,
        )
        self._crew = (
            CrewMember(
                place.roster,
                place.name,
                term_s=settings.lease_s,
                assign=self._modbus.assign,
                say=self._said,
            )
            if place
            else None
        )
        self._chores = Chores(
            history,
            window_s=settings.rate_window_s,
            claim=self._crew.claim if self._crew else lambda _name, _term_s: True,
            trouble=lambda: self._intake.progress.trouble,
            machine_of=self._machine_of,
            housekeeping=Housekeeping(history, settings).run_once,
        )
        self._plant_watch = PlantWatch(plant)
        self._counted = (time.monotonic(), 0)

    @property
    def connected(self) -> bool:
        """Whether every broker keeps for us what arrives; True for a plant without one."""
        return self._wires.listening == len(self._plant.brokers)

    def reload(self) -> None:
        """Read the plant description at the next look, changed or not; safe in a signal handler."""
        self._plant_watch.ask()

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set, then write and confirm what has arrived."""
        self._intake.start()
        with ExitStack() as ends:  # from the last to the first, each whatever another raises
            ends.callback(self._wires.stop)
            ends.callback(self._intake.close)
            ends.callback(self._modbus.stop)
            if self._crew:
                ends.callback(self._crew.stop)
            ends.callback(self._chores.stop)
            self._assign()
            if self._crew:
                self._crew.start()
            self._wires.follow(self._plant.brokers)
            self._chores.start()
            while not stop.wait(_WATCH_S):
                self._watch()

    def _confirm(self, deliveries: Sequence[Delivery]) -> None:
        self._wires.acknowledge(deliveries)

    def _publish(self, request: Request) -> None:
        if wire := self._wires.wire(request.broker):
            logger.info("asking over MQTT topic=%s reason=%s", request.topic, request.reason)
            wire.publish(request.topic, request.payload)

    def _machine_of(self, source: str) -> str | None:
        """The machine that a source speaks for, as far as it is known here."""
        kind, _, name = source.partition(":")
        if kind == "modbus":
            return name
        return self._codec.machine_of(source)

    def _assign(self) -> None:
        if self._crew:
            self._crew.want(self._plant.machines)
        else:
            self._modbus.assign(self._plant.machines)

    def _watch(self) -> None:
        """What is looked at each second; nothing of it may end the collecting."""
        try:
            self._wires.watch()
            if self._crew:
                self._crew.lapse()
            if plant := self._plant_watch.look():
                self._take_over(plant)
        except Exception:  # collecting goes on with what it has
            logger.exception("a look at the wires failed")

    def _take_over(self, plant: Plant) -> None:
        """Change to another description without losing a message.

        While the subscriptions change both descriptions are read by; only when what was sent
        under topics that are given up has arrived does the old one go.
        """
        before, self._plant = self._plant, plant
        self._read_by(between(before, plant))
        self._wires.follow(plant.brokers)
        self._assign()
        if before.brokers != plant.brokers:
            self._settle()
        self._read_by(plant)

    def _read_by(self, plant: Plant) -> None:
        self._codec = Codec.of(plant, self._settings, after=self._codec)
        self._intake.use(self._codec)

    def _settle(self) -> None:
        deadline = time.monotonic() + _SETTLE_S
        time.sleep(_SETTLE_S / 4)
        while self._intake.depth and time.monotonic() < deadline:
            time.sleep(0.05)

    def _said(self) -> Said:
        """Figures and troubles for the roster."""
        progress, lanes = self._intake.progress, self._modbus.figures().values()
        jitters = [lane.jitter_p99_s for lane in lanes if lane.jitter_p99_s is not None]
        now, records = time.monotonic(), progress.records
        then, counted = self._counted
        self._counted = (now, records)
        figures = {
            "queue_depth": float(self._intake.depth),
            "lag_seconds": progress.lag_s,
            "records": float(records),
            "records_per_second": (records - counted) / max(now - then, 0.001),
            "brokers": float(len(self._wires)),
            "brokers_connected": float(self._wires.connected),
            "modbus_units": float(len(lanes)),
            "modbus_units_away": float(sum(lane.away for lane in lanes)),
            "poll_jitter_p99_seconds": max(jitters, default=0.0),
            "plant_reloads": float(self._plant_watch.taken_over),
            "plant_reload_failed": float(bool(self._plant_watch.trouble)),
            "slow_sources": float(len(self._chores.slow)),
        }
        words = {
            "store": progress.trouble,
            "plant": self._plant_watch.trouble,
            "rates": "; ".join(str(change) for change in self._chores.slow[:5]),
        }
        return Said(figures, {name: text for name, text in words.items() if text})


def between(old: Plant, new: Plant) -> Plant:
    """The new description, and of the old one whatever the new one has no place for."""
    known = {machine.id for machine in new.machines}
    gone = tuple(machine for machine in old.machines if machine.id not in known)
    further = {broker.id: broker for broker in (*old.further_brokers, *new.further_brokers)}
    return replace(
        new,
        mqtt=_with_routes_of(new.mqtt, old.broker("")),
        further_brokers=tuple(
            _with_routes_of(broker, old.broker(broker.id)) for broker in further.values()
        ),
        machines=(*new.machines, *gone),
    )


def _with_routes_of(broker: MqttBroker, before: MqttBroker | None) -> MqttBroker:
    older = before.routes if before else ()
    gone = tuple(route for route in older if route not in broker.routes)
    return replace(broker, routes=(*broker.routes, *gone))
