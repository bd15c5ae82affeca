"""The broker's wire: every message handed on in order, confirmed only when we are told to.

The session is kept by the broker under a fixed client id, so what arrives while no collector is
there waits; nothing is confirmed before the history has it on the disk.
"""

from __future__ import annotations

import itertools
import logging
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.codec import Message
from ingest.errors import SettingsFault
from ingest.mqtt_reading import BulkClient, Published
from ingest.plant import MqttBroker
from ingest.settings import IngestSettings
from ingest.tls import TlsFiles, client_context, tls_words

logger = logging.getLogger(__name__)

SUBSCRIBED = "subscribed to the broker"
"""Logged once the broker keeps for us what arrives; what it got earlier it dropped."""

_GENERATIONS = itertools.count(1)
"""Of all wires together, so that none confirms what another brought."""
_RECONNECT_S = (1, 10)
_CONNECT_S = 5.0
_MOST_TOPICS = 10_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages that came together, in order, and what is needed to confirm them."""

    messages: Sequence[Message]
    mids: Sequence[int]
    generation: int
    """Which connection brought them: another one must not confirm them."""


class MqttWire:
    """A subscriber whose callbacks only hand on; `deliver` may block to slow the broker down."""

    _clean_start: ClassVar[bool] = False

    def __init__(
        self,
        broker: MqttBroker,
        settings: IngestSettings,
        *,
        client_id: str,
        deliver: Callable[[Delivery], None],
    ) -> None:
        self._broker = broker
        self._settings = settings
        self._client_id = client_id
        self._deliver = deliver
        self._lock = threading.Lock()
        self._generation = next(_GENERATIONS)
        self._connected = self._listening = False
        self._told_away = False
        self._unwanted: set[str] = set()
        self._asked: dict[int, tuple[str, ...]] = {}
        self._topics: dict[bytes, str] = {}
        self.last_heard = time.monotonic()
        """When the last message came, or the connection was made (monotonic clock)."""
        self._client = self._make_client()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._connected

    @property
    def listening(self) -> bool:
        """Whether it has answered our subscription since: it keeps for us what arrives."""
        return self._listening

    @property
    def filters(self) -> list[str]:
        """The topics asked for, as the broker knows them."""
        return self._filters()

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        host, port, keepalive = self._broker.host, self._broker.port, self._settings.keepalive_s
        if self._broker.version == 5:
            self._client.connect_async(
                host,
                port,
                keepalive,
                clean_start=self._clean_start,
                properties=self._connect_properties(),
            )
        else:
            self._client.connect_async(host, port, keepalive)
        self._client.loop_start()

    def stop(self) -> None:
        """Send what is still to be sent and leave; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def follow(self, broker: MqttBroker) -> None:
        """Listen to the topics of a changed description, on the session as it is.

        New ones first: nothing falls between two filters that take the same topic.
        """
        before = self._filters()
        self._broker = broker
        wanted = self._filters()
        self.forget(set(before) - set(wanted))
        self._subscribe([topic for topic in wanted if topic not in before])

    def forget(self, filters: Iterable[str]) -> None:
        """Have the session hold these filters no more; a session outlives a restart."""
        self._unwanted = (self._unwanted | set(filters)) - set(self._filters())

    def leave(self) -> None:
        """Have the session hold nothing: this broker is listened to no more."""
        self._client.unsubscribe([*self._filters(), *self._unwanted])

    def publish(self, topic: str, payload: bytes) -> None:
        """Say something once, without a promise: nothing is kept for a broker that is away."""
        if self._connected:
            self._client.publish(topic, payload, qos=0)

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Confirm messages in the order given; those of an earlier connection come again."""
        with self._lock:
            self._client.confirm(
                [
                    mid
                    for delivery in deliveries
                    if delivery.generation == self._generation
                    for mid in delivery.mids
                ]
            )

    def revive(self) -> None:
        """Start the network thread again if it has died: it dies without a word."""
        name = f"paho-mqtt-client-{self._client_id}"
        if any(thread.name == name for thread in threading.enumerate()):
            return
        logger.error("mqtt thread died, a new one is started url=%s", self._broker.url)
        with self._lock:
            self._generation = next(_GENERATIONS)
            self._connected = self._listening = False
            self._client = self._make_client()
        self.start()

    def _make_client(self) -> BulkClient:
        client = BulkClient(
            client_id=self._client_id,
            version=self._broker.version,
            clean=self._clean_start,
            on_published=self._on_published,
        )
        client.suppress_exceptions = True
        client.connect_timeout = _CONNECT_S
        client.reconnect_delay_set(*_RECONNECT_S)
        self._secure(client)
        client.on_pre_connect = lambda _client, _data: self._new_generation()
        client.on_connect = self._on_connect
        client.on_connect_fail = lambda _client, _data: self._say_away(
            f"cannot be reached: {_words(sys.exception())}"
        )
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        return client

    def _secure(self, client: paho.Client) -> None:
        broker = self._broker
        if broker.user is not None:
            client.username_pw_set(broker.user, _password(broker))
        if not broker.tls:
            return
        files = TlsFiles(broker.ca_file, broker.client_cert, broker.client_key)
        try:
            client.tls_set_context(client_context(files))
        except ValueError as fault:
            raise SettingsFault(
                f"The TLS files of {broker.url} cannot be used: {fault}.",
                remedy="Look at ca_file, client_cert and client_key in [mqtt].",
            ) from fault

    def _connect_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = min(2 * self._settings.batch_size, 65_535)
        return properties

    def _new_generation(self) -> None:
        with self._lock:
            self._generation = next(_GENERATIONS)
            self._connected = self._listening = False

    def _on_connect(
        self,
        _client: paho.Client,
        _data: Any,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._say_away(f"refuses us: {reason}")
            return
        self._connected = True
        self._told_away = False
        self.last_heard = time.monotonic()
        logger.info(
            "broker is there url=%s session_present=%s", self._broker.url, flags.session_present
        )
        self._subscribe(self._filters())

    def _subscribe(self, topics: Sequence[str]) -> None:
        """Ask for these topics, then no more for the unwanted ones; later if away."""
        if not self._connected:
            return
        if topics:
            options = self._subscription()
            with self._lock:  # the answer may be quicker than the note of the question
                _, mid = self._client.subscribe([(topic, options) for topic in topics])
                self._asked[mid or 0] = tuple(topics)
        if self._unwanted:
            self._client.unsubscribe(sorted(self._unwanted))

    def _subscription(self) -> Any:
        if self._broker.version != 5:
            return 1
        return SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)

    def _filters(self) -> list[str]:
        share = f"$share/{self._broker.share}/" if self._broker.share else ""
        return list(dict.fromkeys(f"{share}{route.filter}" for route in self._broker.routes))

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: Any,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = 0
        with self._lock:
            asked = self._asked.pop(mid, ())
        for topic, reason in zip(asked, reasons, strict=False):
            if reason.is_failure:
                refused += 1
                logger.error("broker refuses a subscription topic=%s reason=%s", topic, reason)
        self._listening = True
        if not refused:
            logger.info("%s topics=%d", SUBSCRIBED, len(reasons))

    def _on_disconnect(
        self,
        client: paho.Client,
        _data: Any,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._new_generation()
        if reason.is_failure:
            fault = client.read_fault if isinstance(client, BulkClient) else None
            self._say_away(f"is gone: {_words(fault) if fault else reason}")

    def _say_away(self, how: str) -> None:
        if not self._told_away:
            logger.warning("broker %s %s; trying again until it is there", self._broker.url, how)
        self._told_away = True

    def _on_published(self, published: Published) -> None:
        """Hand on; this may wait until there is room."""
        self.last_heard = time.monotonic()
        received, broker = datetime.now(UTC), self._broker.id
        self._deliver(
            Delivery(
                [
                    Message(self._text(topic), payload, received, broker)
                    for topic, payload in zip(published.topics, published.payloads, strict=True)
                ],
                published.mids,
                self._generation,
            )
        )

    def _text(self, topic: bytes) -> str:
        """A topic as text, the same object every time; empty for one that is no text."""
        known = self._topics.get(topic)
        if known is not None:
            return known
        if len(self._topics) >= _MOST_TOPICS:
            self._topics.clear()
        try:
            text = topic.decode()
        except UnicodeDecodeError:
            text = ""
        self._topics[topic] = text
        return text


def _password(broker: MqttBroker) -> str | None:
    if broker.password_file is None:
        return None
    try:
        return broker.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFault(
            f"The password file {broker.password_file} cannot be read: {fault}.",
            remedy="Look at password_file in [mqtt].",
        ) from fault


def _words(fault: BaseException | None) -> str:
    """Why there is no connection, in words that name what to look at."""
    if isinstance(fault, ssl.SSLError):
        return tls_words(fault)
    return getattr(fault, "strerror", None) or str(fault) or "no reason is known"
