"""Telemetry and events onto the broker: MQTT 5 or 3.1.1, QoS 1, every confirmation counted."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.errors import SettingsFault, WireFault
from ingest.plant import MqttBroker

CONNECT_S = 30.0
SETTLE_S = 60.0
IN_FLIGHT = 64
"""Unconfirmed messages on the wire; more wait in memory."""
_POLL_S = 0.02
_log = logging.getLogger(__name__)


class Publisher:
    """Publishes records and knows how many of them the broker has confirmed."""

    def __init__(self, broker: MqttBroker) -> None:
        self.messages = 0
        """Messages confirmed by a PUBACK."""
        self.records = 0
        """Records (a reading or an event) in them."""
        self.refused = 0
        """Messages that the broker answered with a failure."""
        self._broker = broker
        self._unconfirmed: dict[int, int] = {}
        self._answers: queue.SimpleQueue[tuple[int, bool]] = queue.SimpleQueue()
        self._connected = threading.Event()
        self._sequences: dict[str, int] = {}
        self._client = self._build()

    @property
    def outstanding(self) -> int:
        """Messages that no PUBACK has answered yet."""
        self._reconcile()
        return len(self._unconfirmed)

    def connect(self, *, within_s: float = CONNECT_S) -> None:
        """Connect and stay connected; WireFault when the broker does not answer in time."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        if not self._connected.wait(within_s):
            self._client.loop_stop()
            raise WireFault(
                f"The broker at {self._broker.url} did not answer within {within_s:g} s.",
                remedy="Start it, or name another with --broker.",
            )

    def publish(self, topic: str, content: Mapping[str, Any], *, records: int) -> None:
        """Publish one message; its `seq` is added here and never used twice, over restarts too."""
        sequence = self._sequences.get(topic, time.time_ns() // 1000) + 1
        self._sequences[topic] = sequence
        payload = json.dumps({**content, "seq": sequence}, ensure_ascii=False, allow_nan=False)
        self._reconcile()
        sent = self._client.publish(topic, payload.encode(), qos=1)
        if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            raise WireFault("The broker has been away for too long: the publish queue is full.")
        self._unconfirmed[sent.mid] = records

    def settle(self, *, within_s: float = SETTLE_S) -> None:
        """Wait until every message is confirmed; WireFault when some are not in time."""
        deadline = time.monotonic() + within_s
        while self.outstanding:
            if time.monotonic() > deadline:
                raise WireFault(
                    f"{self.outstanding} messages were not confirmed by {self._broker.url}"
                    f" within {within_s:g} s."
                )
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _reconcile(self) -> None:
        """Count the answers; only here, so that the network thread touches no shared state."""
        while not self._answers.empty():
            mid, accepted = self._answers.get()
            records = self._unconfirmed.pop(mid)
            self.messages += accepted
            self.records += records if accepted else 0
            self.refused += not accepted

    def _build(self) -> mqtt.Client:
        broker = self._broker
        if not broker.host:
            raise SettingsFault(
                "The plant names no broker.", remedy="Set url under [mqtt], or use --broker."
            )
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"andon-simulators-{os.getpid()}-{time.time_ns() % 1_000_000}",
            protocol=mqtt.MQTTv311 if broker.version == 4 else mqtt.MQTTv5,
        )
        client.max_inflight_messages_set(IN_FLIGHT)
        client.max_queued_messages_set(60_000)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        if broker.user is not None:
            client.username_pw_set(broker.user, _password(broker))
        if broker.tls:
            client.tls_set(
                ca_certs=str(broker.ca_file) if broker.ca_file else None,
                certfile=str(broker.client_cert) if broker.client_cert else None,
                keyfile=str(broker.client_key) if broker.client_key else None,
            )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.warning("Broker refused the connection: reason=%s", reason)
            return
        self._connected.set()

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.warning("Connection to the broker lost: reason=%s", reason)

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._answers.put((mid, not reason.is_failure))


def _password(broker: MqttBroker) -> str | None:
    if broker.password_file is None:
        return None
    try:
        return broker.password_file.read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise SettingsFault(
            f"The password file {broker.password_file} cannot be read: {fault.strerror}."
        ) from fault
