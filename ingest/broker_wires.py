"""The brokers of a plant, one wire each, kept in step with a description that changes."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.mqtt import Delivery, MqttWire
from ingest.plant import MqttBroker
from ingest.settings import IngestSettings

logger = logging.getLogger(__name__)

_PATIENCE_S = 5.0
MakeWire = Callable[..., MqttWire]


@dataclass(slots=True)
class _Line:
    """A wire, how it was made, and whether its silence was said."""

    wire: MqttWire
    broker: MqttBroker
    made_of: tuple[Any, ...]
    silent: bool = False


class BrokerWires:
    """One session a broker under a client id that stays the same over restarts.

    A session outlives this process with the topics it was asked for, so these are noted in a file:
    what the description has lost meanwhile is unsubscribed by the next one that takes it up.
    """

    def __init__(
        self,
        settings: IngestSettings,
        *,
        client_id: str,
        deliver: Callable[[Delivery], None],
        make: MakeWire = MqttWire,
        memory: Path | None = None,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._deliver = deliver
        self._make = make
        self._memory = memory
        self._lines: dict[str, _Line] = {}

    @property
    def connected(self) -> int:
        """How many brokers have accepted us."""
        return sum(line.wire.connected for line in self._lines.values())

    @property
    def listening(self) -> int:
        """How many brokers keep for us what arrives."""
        return sum(line.wire.listening for line in self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)

    def wire(self, broker: str) -> MqttWire | None:
        """The wire to that broker; None when there is none (any more)."""
        line = self._lines.get(broker)
        return line.wire if line else None

    def follow(self, brokers: Sequence[MqttBroker]) -> None:
        """Listen to these: new wires, wires with other topics, wires that end.

        New topics are asked for before old ones are given up. A wire that cannot be made leaves
        the one before as it is.
        """
        known = _remembered(self._memory)
        wanted = {broker.id: broker for broker in brokers}
        for broker in brokers:
            line = self._lines.get(broker.id)
            if line and line.made_of == _made_of(broker):
                line.wire.follow(broker)
                line.broker = broker
            else:
                wire = self._new_wire(broker)
                if line:
                    self._end(line, for_good=_address(line.broker) != _address(broker))
                wire.forget(known.get(_session(broker), ()))
                self._lines[broker.id] = _Line(wire, broker, _made_of(broker))
                wire.start()
        for gone in [name for name in self._lines if name not in wanted]:
            self._end(self._lines.pop(gone), for_good=True)
        self._remember()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Confirm messages in order, each on the wire that brought it."""
        for line in list(self._lines.values()):
            line.wire.acknowledge(deliveries)  # each confirms what its own connection brought

    def watch(self) -> None:
        """Replace a dead network thread; say silence once, and its end once."""
        for line in list(self._lines.values()):
            line.wire.revive()
            age_s = time.monotonic() - line.wire.last_heard
            silent = line.wire.connected and age_s > self._settings.silence_s
            if silent and not line.silent:
                logger.warning("broker is silent url=%s for_s=%d", line.broker.url, age_s)
            if line.silent and not silent:
                logger.warning("broker speaks again url=%s", line.broker.url)
            line.silent = silent

    def stop(self) -> None:
        """Leave every broker; they keep the sessions."""
        for line in self._lines.values():
            line.wire.stop()

    def _new_wire(self, broker: MqttBroker) -> MqttWire:
        suffix = f"-{broker.id}" if broker.id else ""
        return self._make(
            broker,
            self._settings,
            client_id=f"{self._client_id}{suffix}",
            deliver=self._deliver,
        )

    def _end(self, line: _Line, *, for_good: bool) -> None:
        """One that waits for room in the intake ends when there is some, and not we for that."""
        if for_good:
            line.wire.leave()
        ending = threading.Thread(target=line.wire.stop, name="andon-wire-end", daemon=True)
        ending.start()
        ending.join(_PATIENCE_S)
        logger.info("broker is left url=%s", line.broker.url)

    def _remember(self) -> None:
        if self._memory is None:
            return
        content = {_session(line.broker): line.wire.filters for line in self._lines.values()}
        text = json.dumps(content, indent=1)
        try:
            if not self._memory.exists() or self._memory.read_text(encoding="utf-8") != text:
                draft = self._memory.with_suffix(".new")
                draft.write_text(text, encoding="utf-8")
                draft.replace(self._memory)
        except OSError as fault:
            logger.warning("topics of the sessions cannot be noted: %s", fault)


def _made_of(broker: MqttBroker) -> tuple[Any, ...]:
    """Everything that a connection depends on: when it differs, another wire is needed."""
    named = (broker.password_file, broker.ca_file, broker.client_cert, broker.client_key)
    changed = tuple(path.stat().st_mtime_ns if path and path.exists() else 0 for path in named)
    return replace(broker, routes=(), share=""), changed


def _address(broker: MqttBroker) -> tuple[str, int]:
    return broker.host, broker.port


def _session(broker: MqttBroker) -> str:
    return f"{broker.id}@{broker.host}:{broker.port}"


def _remembered(path: Path | None) -> Mapping[str, Sequence[str]]:
    """Topics by session; nothing when the file is not there or cannot be read."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
