"""A codec with a Sparkplug node and its device before it, and what it made of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.codec import Codec, Decoded, Message
from ingest.history import Birth
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.vocabulary import Reading
from tests.sparkplug_packer import BOOLEAN, DOUBLE, INT32, INT64, Metric, payload

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


def announced() -> Floor:
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
