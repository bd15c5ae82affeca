"""The few MQTT packets of a publisher, written and read by hand, 3.1.1 (4) and 5."""

from __future__ import annotations

from dataclasses import dataclass, field

IDS = 65_535
"""Packet ids, used in turn; an index counts them from 0."""
_TWO_BYTES = [(index + 1).to_bytes(2) for index in range(IDS)]
ID_BYTES = {4: _TWO_BYTES, 5: [two + b"\x00" for two in _TWO_BYTES]}
"""By version and index: a PUBLISH from its packet id to its payload."""
PUBACKS = 2 * b"".join(b"\x40\x02" + two for two in _TWO_BYTES)
"""Every confirmation in order, twice around."""

_CONNACK, _PUBACK, _DISCONNECT = 2, 4, 14
_GOING_DOWN, _NOBODY = b"\x8b", b"\x10"
_RECEIVE_MAXIMUM = 0x21
_WIDTHS = {0x11: 4, 0x21: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x22: 2, 0x28: 1, 0x29: 1, 0x2A: 1, 0x13: 2}
"""Bytes of each property of a CONNACK that is a number; the others are texts."""
_USER_PROPERTY = 0x26
_KEEPALIVE_S = 600
_SESSION_EXPIRY_S = 3600


@dataclass(slots=True)
class Received:
    """What a broker said to a publisher."""

    receive_maximum: int | None = None
    """How many unconfirmed messages it takes, if this holds its welcome."""
    confirmed: list[int] = field(default_factory=list)
    """Indexes of packets."""
    unwanted: list[int] = field(default_factory=list)
    """Those of them that nobody has subscribed to: MQTT 5 says it, 3.1.1 cannot."""
    rest: bytes = b""
    """The begin of a packet of which more will come."""


def connect(client_id: str, version: int) -> bytes:
    """A CONNECT that goes on with the session of before."""
    named = client_id.encode()
    properties = b"\x05\x11" + _SESSION_EXPIRY_S.to_bytes(4) if version == 5 else b""
    content = b"\x00\x04MQTT" + bytes([version, 0]) + _KEEPALIVE_S.to_bytes(2) + properties
    content += len(named).to_bytes(2) + named
    return b"\x10" + _length(len(content)) + content


def head(topic: str, payload_bytes: int, version: int) -> bytes:
    """A PUBLISH with QoS 1 up to its packet id."""
    named = topic.encode()
    rest = 2 + len(named) + len(ID_BYTES[version][0]) + payload_bytes
    return b"\x32" + _length(rest) + len(named).to_bytes(2) + named


def as_again(publish: bytes) -> bytes:
    """The same PUBLISH with the DUP flag."""
    return b"\x3a" + publish[1:]


def received(data: bytes, version: int) -> Received:
    """Read what the broker said.

    Raises:
        ValueError: it refused the connection or a message.
    """
    said = Received()
    at = 0
    while (packet := _packet(data, at)) is not None:
        kind, content, at = packet
        if kind == _CONNACK:
            said.receive_maximum = _welcome(content, version)
        elif kind == _PUBACK:
            _refuse(content[2:3], "refused a message")
            said.confirmed.append(int.from_bytes(content[:2]) - 1)
            if content[2:3] == _NOBODY:
                said.unwanted.append(said.confirmed[-1])
        elif kind == _DISCONNECT and content[:1] != _GOING_DOWN:
            _refuse(content[:1], "broke off")
    said.rest = data[at:]
    return said


def _refuse(reason: bytes, what: str) -> None:
    if reason and reason[0] >= 0x80:
        raise ValueError(f"the broker {what}: reason {reason[0]:#x}")


def _packet(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """Kind, content and the place after it of the packet that begins here, once it is whole."""
    size = shift = 0
    place = at + 1
    while place < len(data):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        place += 1
        if not data[place - 1] & 0x80:
            end = place + size
            return (data[at] >> 4, data[place:end], end) if end <= len(data) else None
    return None


def _welcome(content: bytes, version: int) -> int:
    if content[1]:
        raise ValueError(f"the broker refused the connection: reason {content[1]:#x}")
    return _receive_maximum(content[3:]) if version == 5 else IDS


def _receive_maximum(properties: bytes) -> int:
    at = 0
    while at < len(properties):
        name, at = properties[at], at + 1
        if name == _RECEIVE_MAXIMUM:
            return int.from_bytes(properties[at : at + 2])
        for _ in range(2 if name == _USER_PROPERTY else 1):
            width = _WIDTHS.get(name) or 2 + int.from_bytes(properties[at : at + 2])
            at += width
    return IDS


def _length(count: int) -> bytes:
    coded = b""
    while True:
        count, low = divmod(count, 128)
        if not count:
            return coded + bytes([low])
        coded += bytes([low | 0x80])
