"""paho's client, reading its socket in bulk and confirming in bulk.

paho reads a packet's head byte by byte, makes four objects of each message and sends each
confirmation by itself. Here a socket is emptied 64 KiB at a time, messages are cut out of that,
and every other packet is handed to paho. All that is used of paho's inside is used here;
`tests/unit/ingest/test_mqtt_reading.py` fails when a new paho has changed it.
"""

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.errors import WireFault

logger = logging.getLogger(__name__)

_AT_ONCE = 65_536
_PUBLISH = 0x30
_PUBACK = 0x40
_CONFIRMATION = _PUBACK << 24 | 2 << 16
"""A whole PUBACK without its message id, which is the same in both protocol versions."""


@dataclass(frozen=True, slots=True)
class Published:
    """Messages that came together, in order; the three sequences are as long."""

    topics: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    mids: list[int] = field(default_factory=list)
    """What each is confirmed by; 0 for one that needs no confirmation."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Any other packet: its first byte, and what follows its length."""

    first: int
    body: bytes


@dataclass(slots=True)
class PacketReader:
    """Cuts what a socket brings into packets; what is not whole yet waits for its rest."""

    is_v5: bool
    _parts: list[bytes] = field(default_factory=list)
    _missing: int = 0
    """Bytes without which there is no use in looking again."""

    def take(self, data: bytes) -> Iterator[Published | Packet]:
        """What is whole by now, in order, as many messages at once as there are in a row.

        Raises:
            WireFault: this is not MQTT.
        """
        self._parts.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        data = b"".join(self._parts)
        at, end = 0, len(data)
        found = Published()
        while True:
            body, stop = _bounds(data, at)
            if stop > end:
                break
            if data[at] & 0xF0 == _PUBLISH:
                self._cut(data, at, body, stop, found)
            else:
                if found.mids:
                    yield found
                    found = Published()
                yield Packet(data[at], data[body:stop])
            at = stop
        self._parts[:] = (data[at:],)
        self._missing = stop - end
        if found.mids:
            yield found

    def _cut(self, data: bytes, at: int, body: int, stop: int, found: Published) -> None:
        qos = data[at] & 0x06
        begin = body + 2
        after = begin + (data[body] << 8 | data[body + 1]) if begin <= stop else stop + 1
        payload = after + 2 if qos else after
        if self.is_v5 and payload < stop:
            payload = _after_properties(data, payload)
        if payload > stop or qos > 2:
            raise WireFault("The broker sent a message that cannot be one.")
        found.topics.append(data[begin:after])
        found.payloads.append(data[payload:stop])
        found.mids.append(data[after] << 8 | data[after + 1] if qos else 0)


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where a packet's body begins and ends; the end is past the data while it is not whole."""
    if len(data) - at < 2:
        return at, at + 2
    size = data[at + 1]
    body = at + 2
    if size > 127:
        size, body = _long_number(data, at + 1)
    return body, body + size


def _after_properties(data: bytes, at: int) -> int:
    if data[at] < 128:
        return at + 1 + data[at]
    size, after = _long_number(data, at)
    return after + size


def _long_number(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to four bytes, seven bits in each, and where it ends."""
    number = 0
    for place, byte in enumerate(data[at : at + 4]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    if len(data) - at < 4:
        return 2, len(data)
    raise WireFault("The broker sent a length of more than four bytes.")


class BulkClient(paho.Client):
    """A subscriber: `on_published` gets the messages, paho does everything else."""

    def __init__(
        self,
        *,
        client_id: str,
        version: int,
        clean: bool,
        on_published: Callable[[Published], None],
    ) -> None:
        """`clean` is for MQTT 3.1.1; in MQTT 5 it is said when connecting."""
        self._is_v5 = version == 5
        self._on_published = on_published
        self._packets = PacketReader(self._is_v5)
        self.read_fault: OSError | None = None
        """What ended the connection, where reading did."""
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._is_v5 else clean,
            protocol=paho.MQTTv5 if self._is_v5 else paho.MQTTv311,
        )

    def confirm(self, mids: Sequence[int]) -> None:
        """Confirm messages, in this order, in one write; 0 stands for none."""
        wanted = [_CONFIRMATION | mid for mid in mids if mid]
        if wanted:
            packet = struct.pack(f"!{len(wanted)}I", *wanted)
            self._packet_queue(_PUBACK, packet, wanted[-1] & 0xFFFF, 1)

    def reconnect(self) -> MQTTErrorCode:
        """Forget what the last connection left half read, and how it ended."""
        self.read_fault = None
        self._packets = PacketReader(self._is_v5)
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take what the socket has, up to 64 KiB; called by paho's loop when there is something.

        A fault of our own closes the connection: the broker sends again what it was about.
        """
        del max_packets
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock_recv(_AT_ONCE)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError as lost:
            self.read_fault = lost
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        try:
            fault = self._take(data)
        except Exception:  # the network thread would end in silence
            logger.exception("what the broker sent could not be taken; connecting anew")
            fault = MQTTErrorCode.MQTT_ERR_PROTOCOL
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        return self._loop_rc_handle(fault) if fault else fault

    def _take(self, data: bytes) -> MQTTErrorCode:
        sock = self._sock
        for packet in self._packets.take(data):
            if isinstance(packet, Published):
                self._on_published(packet)
            elif fault := self._hand_to_paho(packet):
                return fault
            if self._sock is not sock:  # closed, or another by now
                break
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _hand_to_paho(self, packet: Packet) -> MQTTErrorCode:
        """Let paho handle a packet as if it had read it itself."""
        whole: Any = {
            "command": packet.first,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(packet.body),
            "packet": bytearray(packet.body),
            "to_process": 0,
            "pos": 0,
        }
        self._in_packet = whole
        return self._packet_handle()
