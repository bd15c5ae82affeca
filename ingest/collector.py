"""Everything the wires of a plant bring, through one writer into the history."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from ingest.codec import Codec
from ingest.history import History
from ingest.intake import Intake
from ingest.modbus import ModbusWire
from ingest.mqtt import Delivery, MqttWire
from ingest.plant import Plant
from ingest.settings import IngestSettings

logger = logging.getLogger(__name__)

_WATCH_S = 1.0
DEFAULT_CLIENT_ID = "andon-ingest"


class Collector:
    """Listens to the broker and polls the controllers until told to stop.

    Killed at any instant it loses nothing that came over MQTT: a message is confirmed after the
    commit that holds it, and one that comes again is recognised.
    """

    make_mqtt: Callable[..., MqttWire] = MqttWire
    """The seam where the crash tests put a wire that does it wrong."""

    def __init__(
        self, plant: Plant, history: History, settings: IngestSettings, *, polls: bool = True
    ) -> None:
        self._plant = plant
        self._settings = settings
        codec = Codec.of(plant, settings)
        self._intake = Intake(history, codec, settings, confirm=self._confirm)
        self._modbus = ModbusWire(
            plant.machines if polls else (), settings, offer=self._intake.offer
        )
        self._mqtt: MqttWire | None = None
        if plant.mqtt.url:
            client_id = settings.client_id or DEFAULT_CLIENT_ID
            self._mqtt = type(self).make_mqtt(
                plant.mqtt, settings, client_id=client_id, deliver=self._intake.deliver
            )
        self._silent = False

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us; True for a plant without one."""
        return self._mqtt is None or self._mqtt.connected

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set, then write and confirm what has arrived."""
        self._intake.start()
        try:
            self._modbus.start()
            if self._mqtt:
                self._mqtt.start()
            while not stop.wait(_WATCH_S):
                self._watch()
        finally:
            self._modbus.stop()
            self._intake.close()
            if self._mqtt:
                self._mqtt.stop()

    def _confirm(self, deliveries: Sequence[Delivery]) -> None:
        if self._mqtt:
            self._mqtt.acknowledge(deliveries)

    def _watch(self) -> None:
        """Say once that a connected broker is silent, and once that it is not any more."""
        if self._mqtt is None:
            return
        self._mqtt.revive()
        age_s = time.monotonic() - self._mqtt.last_heard
        silent = self._mqtt.connected and age_s > self._settings.silence_s
        if silent and not self._silent:
            logger.warning("broker is silent url=%s for_s=%d", self._plant.mqtt.url, age_s)
        if self._silent and not silent:
            logger.warning("broker speaks again url=%s", self._plant.mqtt.url)
        self._silent = silent
