"""What a broker sends is cut into packets wherever the network broke it; paho does the rest."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from ingest.errors import WireFault
from ingest.mqtt_reading import BulkClient, Packet, PacketReader, Published

PINGRESP = b"\xd0\x00"


def size(number: int) -> bytes:
    """A length as MQTT writes it: seven bits a byte, the lowest first."""
    found = bytearray()
    while True:
        number, low = number >> 7, number & 127
        found.append(low | 128 if number else low)
        if not number:
            return bytes(found)


def publish(topic: bytes, payload: bytes, *, mid: int, v5: bool, properties: bytes = b"") -> bytes:
    """A PUBLISH, packed by the book and not by paho; mid 0 is QoS 0."""
    head = struct.pack("!H", len(topic)) + topic + (struct.pack("!H", mid) if mid else b"")
    body = head + (size(len(properties)) + properties if v5 else b"") + payload
    return bytes([0x32 if mid else 0x30]) + size(len(body)) + body


messages = st.tuples(
    st.binary(max_size=40), st.binary(max_size=300), st.integers(0, 65_535), st.binary(max_size=200)
)


def cut(v5: bool, data: bytes, lengths: list[int]) -> list[Published | Packet]:
    """Feed data in pieces of these lengths, over and over."""
    found: list[Published | Packet] = []
    reader, at, turn = PacketReader(v5), 0, 0
    while at < len(data):
        end = at + lengths[turn % len(lengths)]
        found += reader.take(data[at:end])
        at, turn = end, turn + 1
    return found


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(messages, st.just(None)), max_size=12),
    st.booleans(),
    st.lists(st.integers(1, 400), min_size=1, max_size=5),
)
def test_messages_come_out_as_they_went_in(
    sent: list[tuple[bytes, bytes, int, bytes] | None], v5: bool, lengths: list[int]
) -> None:
    """Wherever the stream is broken, in both versions, and other packets keep their place."""
    data = b"".join(
        publish(one[0], one[1], mid=one[2], v5=v5, properties=one[3]) if one else PINGRESP
        for one in sent
    )
    expected = [one[:3] if one else Packet(0xD0, b"") for one in sent]
    found: list[object] = []
    for packet in cut(v5, data, lengths):
        if isinstance(packet, Published):
            found += zip(packet.topics, packet.payloads, packet.mids, strict=True)
        else:
            found.append(packet)
    assert found == expected


def test_a_long_message_is_put_together_once() -> None:
    """Its pieces are not looked at again with each new one."""
    reader = PacketReader(is_v5=False)
    data = publish(b"t", b"x" * 5_000_000, mid=1, v5=False)
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    for piece in pieces[:-1]:
        assert list(reader.take(piece)) == []
    assert len(reader._parts) >= len(pieces) - 1
    (found,) = reader.take(pieces[-1])
    assert isinstance(found, Published)
    assert found.payloads == [b"x" * 5_000_000]


@pytest.mark.parametrize(
    ("data", "v5"),
    [
        (b"\x32\x05\x00\x09abc", False),
        (b"\x32\x03\x00\x01a", False),
        (b"\x30\x01\x00", False),
        (b"\x32\x06\x00\x01a\x00\x07\x05", True),
        (b"\x30\x07\x00\x01a\xff\xff\xff\xff" + b"\x00", True),
        (b"\x34\x05\x00\x01a\x00\x07", False),
        (b"\xd0\xff\xff\xff\xff\x01", False),
    ],
    ids=[
        "topic too long",
        "no id",
        "no topic",
        "properties too long",
        "endless properties",
        "QoS 2",
        "endless length",
    ],
)
def test_what_is_not_mqtt_is_refused(data: bytes, v5: bool) -> None:
    """A broker that says this cannot be understood any more."""
    with pytest.raises(WireFault):
        list(PacketReader(v5).take(data))


class Talk:
    """A client and the broker's end of its connection."""

    def __init__(self, broker: socket.socket, client: BulkClient) -> None:
        self.broker = broker
        self.client = client
        self.published: list[Published] = []

    def mids(self) -> list[int]:
        return [mid for published in self.published for mid in published.mids]


@contextmanager
def talking(version: int, fault: Callable[[Published], None] | None = None) -> Iterator[Talk]:
    """A connected client, its loop turned by hand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = BulkClient(client_id="x", version=version, clean=True, on_published=lambda _: None)
        client.suppress_exceptions = True
        client.connect("127.0.0.1", server.getsockname()[1])
        broker, _ = server.accept()
        broker.settimeout(30)
        talk = Talk(broker, client)
        client._on_published = fault or talk.published.append
        assert broker.recv(1000)[0] == 0x10  # CONNECT
        broker.sendall(b"\x20\x03\x00\x00\x00" if version == 5 else b"\x20\x02\x00\x00")
        turn(talk, client.is_connected)
        try:
            yield talk
        finally:
            broker.close()
            client._sock_close()


def turn(talk: Talk, done: Callable[[], bool]) -> None:
    """Turn the client's loop until something is so."""
    for _ in range(600):
        if done():
            return
        talk.client.loop(0.1)
    pytest.fail("it did not come to pass")


@pytest.mark.parametrize("version", [4, 5])
def test_paho_s_inside_is_as_it_was(version: int) -> None:
    """Everything of it that is used here; a new paho that has changed it fails this."""
    with talking(version) as talk:
        ping, packets = b"\xc0\x00", [publish(b"t", b"1", mid=n, v5=version == 5) for n in (7, 9)]
        talk.broker.sendall(b"".join(packets) + PINGRESP)
        turn(talk, lambda: talk.mids() == [7, 9])
        talk.client.confirm([7, 0, 9])
        assert talk.broker.recv(100) == b"\x40\x02\x00\x07\x40\x02\x00\x09"
        talk.client._send_pingreq()
        assert talk.broker.recv(100) == ping
        assert talk.client._ping_t > 0
        talk.broker.sendall(PINGRESP)
        turn(talk, lambda: talk.client._ping_t == 0)


def test_a_whole_socket_is_read_at_once() -> None:
    """A thousand messages take a few calls of the system."""
    with talking(5) as talk:
        packets = [publish(b"t", b"1", mid=n, v5=True) for n in range(1, 1001)]
        talk.broker.sendall(b"".join(packets))
        turn(talk, lambda: talk.mids() == list(range(1, 1001)))
        assert len(talk.published) < 20


@pytest.mark.parametrize("nonsense", [b"\x32\x03\x00\x09a", b"\xd0\xff\xff\xff\xff\x01"])
def test_nonsense_ends_the_connection_and_not_the_thread(
    nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and the client is free to connect anew."""
    with talking(5) as talk:
        talk.broker.sendall(publish(b"t", b"1", mid=3, v5=True) + nonsense)
        codes: list[MQTTErrorCode] = []
        while MQTTErrorCode.MQTT_ERR_PROTOCOL not in codes:
            codes.append(talk.client.loop(0.1))
        assert talk.client.socket() is None
    assert "could not be taken" in caplog.text


def test_a_fault_of_our_own_ends_the_connection_and_not_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The broker sends it again to the next one."""
    caplog.set_level(logging.ERROR)

    def fail(_: Published) -> None:
        raise ZeroDivisionError("planted")

    with talking(5, fail) as talk:
        thread = threading.Thread(target=turn, args=(talk, lambda: talk.client.socket() is None))
        thread.start()
        talk.broker.sendall(publish(b"t", b"1", mid=3, v5=True))
        thread.join(60)
        assert talk.broker.recv(100) == b""
    assert "planted" in caplog.text


def test_a_new_connection_forgets_half_a_packet() -> None:
    """The rest of it would come in the middle of something else."""
    with talking(5) as talk:
        talk.broker.sendall(publish(b"t", b"1" * 100, mid=3, v5=True)[:50])
        turn(talk, lambda: talk.client._packets._missing > 0)
        with socket.create_server(("127.0.0.1", 0)) as server:
            talk.client._port = server.getsockname()[1]
            talk.client.reconnect()
            assert talk.client._packets._missing == 0
