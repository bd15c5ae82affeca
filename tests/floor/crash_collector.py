"""`andon ingest`, rightly or with one planted mistake: the program that the crash test kills."""

from __future__ import annotations

import sys

from ingest.collector import Collector
from ingest.mqtt import MqttWire
from ingest.mqtt_reading import Published
from service.cli.main import main


class AutomaticAck(MqttWire):
    """Confirms before the commit."""

    def _on_published(self, published: Published) -> None:
        self._client.confirm(published.mids)
        super()._on_published(published)


class CleanStart(MqttWire):
    """Lets the broker forget what arrived while we were away."""

    _clean_start = True


WIRES = {"right": MqttWire, "automatic-ack": AutomaticAck, "clean-start": CleanStart}

if __name__ == "__main__":
    Collector.make_mqtt = WIRES[sys.argv.pop(1)]
    main()
