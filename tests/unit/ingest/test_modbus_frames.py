"""Frames of Modbus against pymodbus' own framers, whole, in pieces, cut and bent."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadHoldingRegistersResponse

from ingest.errors import WireFault
from ingest.modbus_frames import (
    Answer,
    Ask,
    DeviceRefusal,
    RtuReader,
    TcpReader,
    rtu_frame,
    tcp_frame,
    values_of,
)

SOCKET, RTU = FramerSocket(DecodePDU(False)), FramerRTU(DecodePDU(False))
WORDS = st.lists(st.integers(0, 65_535), min_size=1, max_size=125)


def answer_to(words: list[int], *, transaction: int = 7, unit: int = 3) -> bytes:
    """A TCP frame by pymodbus."""
    pdu = ReadHoldingRegistersResponse(registers=words, dev_id=unit, transaction_id=transaction)
    return SOCKET.buildFrame(pdu)


@given(st.integers(0, 255), st.integers(0, 65_535), st.integers(1, 125), st.integers(1, 65_535))
def test_a_request_is_what_pymodbus_sends(
    unit: int, address: int, count: int, transaction: int
) -> None:
    """Over TCP and on a line."""
    pdu = ReadHoldingRegistersRequest(
        address=address, count=count, dev_id=unit, transaction_id=transaction
    )
    ask = Ask(unit, 3, address, count)
    assert tcp_frame(ask, transaction) == SOCKET.buildFrame(pdu)
    assert rtu_frame(ask) == RTU.buildFrame(pdu)


@given(WORDS, st.lists(st.integers(0, 260), max_size=5))
def test_a_tcp_answer_is_found_however_it_is_cut(words: list[int], cuts: list[int]) -> None:
    """Two answers in a row, in any pieces."""
    stream = answer_to(words) + answer_to(words, transaction=8)
    reader, found = TcpReader(), []
    edges = [0, *sorted(cuts), len(stream)]
    for start, end in pairwise(edges):
        found += list(reader.feed(stream[start:end]))
    assert [answer.transaction for answer in found] == [7, 8]
    ask = Ask(3, 3, 0, len(words))
    assert [values_of(ask, answer) for answer in found] == [tuple(words)] * 2
    assert reader.left == 0


@given(WORDS, st.binary(max_size=6), st.integers(0, 30))
def test_a_line_answer_is_found_in_noise_and_behind_our_own_echo(
    words: list[int], noise: bytes, cut: int
) -> None:
    """Two wires carry what we send back to us."""
    ask = Ask(3, 3, 0, len(words))
    pdu = ReadHoldingRegistersResponse(registers=words, dev_id=3)
    stream = rtu_frame(ask) + noise + RTU.buildFrame(pdu)
    reader = RtuReader(ask)
    found = reader.feed(stream[:cut]) or reader.feed(stream[cut:])
    assert found is not None
    assert values_of(ask, found) == tuple(words)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_bits_are_unpacked_lowest_first(bits: list[bool]) -> None:
    """As many as were asked for."""
    pdu = ReadCoilsResponse(bits=bits, dev_id=3, transaction_id=7)
    (answer,) = TcpReader().feed(SOCKET.buildFrame(pdu))
    assert values_of(Ask(3, 1, 0, len(bits)), answer) == tuple(int(bit) for bit in bits)


@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_a_fault(data: bytes) -> None:
    """Nothing else is ever raised, and a false frame is no values."""
    ask = Ask(3, 3, 0, 2)
    try:
        answers = [*TcpReader().feed(data), RtuReader(ask).feed(data)]
    except WireFault:
        return
    for answer in answers:
        if answer is not None:
            _try(ask, answer)


def _try(ask: Ask, answer: Answer) -> None:
    try:
        assert len(values_of(ask, answer)) == ask.count
    except (WireFault, DeviceRefusal):
        return


@pytest.mark.parametrize("at", range(9))
def test_a_bent_bit_on_a_line_is_no_answer(at: int) -> None:
    """The checksum finds it."""
    ask = Ask(3, 3, 0, 2)
    frame = bytearray(RTU.buildFrame(ReadHoldingRegistersResponse(registers=[1, 2], dev_id=3)))
    frame[at] ^= 0x10
    reader = RtuReader(ask)
    assert reader.feed(bytes(frame)) is None
    assert reader.left == 9


def test_unit_zero_is_answered_by_whoever_is_there() -> None:
    """Devices without a gateway ignore the unit, and say their own."""
    (answer,) = TcpReader().feed(answer_to([1], unit=17))
    assert values_of(Ask(0, 3, 0, 1), answer) == (1,)
    with pytest.raises(WireFault, match="answer of unit 17, asked was unit 1"):
        values_of(Ask(1, 3, 0, 1), answer)
