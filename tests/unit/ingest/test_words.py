"""Values out of register words, against packing done here by struct alone."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.register_values import BlockDecoder
from ingest.registers import Register, RegisterTable
from ingest.words import RegisterType, WordOrder, is_finite, raw_value, scaling

FORMATS = {
    RegisterType.UINT16: ("H", 0, 2**16 - 1),
    RegisterType.INT16: ("h", -(2**15), 2**15 - 1),
    RegisterType.UINT32: ("I", 0, 2**32 - 1),
    RegisterType.INT32: ("i", -(2**31), 2**31 - 1),
    RegisterType.UINT64: ("Q", 0, 2**64 - 1),
    RegisterType.INT64: ("q", -(2**63), 2**63 - 1),
}


def words_of(content: bytes, order: WordOrder) -> list[int]:
    """What the letters say: a value ABCD is sent as AB CD, CD AB, BA DC or DC BA."""
    pairs = [content[index : index + 2] for index in range(0, len(content), 2)]
    if order in (WordOrder.CDAB, WordOrder.DCBA):
        pairs.reverse()
    if order in (WordOrder.BADC, WordOrder.DCBA):
        pairs = [pair[::-1] for pair in pairs]
    return [pair[0] * 256 + pair[1] for pair in pairs]


@pytest.mark.parametrize("order", WordOrder)
@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.data())
def test_every_integer_comes_back_in_every_order(
    kind: RegisterType, order: WordOrder, data: st.DataObject
) -> None:
    """What an independent packer packs is what is read."""
    letter, lowest, highest = FORMATS[kind]
    value = data.draw(st.integers(lowest, highest))
    words = words_of(struct.pack(f">{letter}", value), order)
    assert len(words) == kind.words
    assert raw_value(words, kind, order) == value


@pytest.mark.parametrize("order", WordOrder)
@given(value=st.floats(allow_nan=False))
def test_every_double_comes_back_in_every_order(order: WordOrder, value: float) -> None:
    """Infinity and negative zero included."""
    words = words_of(struct.pack(">d", value), order)
    assert raw_value(words, RegisterType.FLOAT64, order) == value


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (WordOrder.ABCD, [0x4276, 0x0000]),
        (WordOrder.CDAB, [0x0000, 0x4276]),
        (WordOrder.BADC, [0x7642, 0x0000]),
        (WordOrder.DCBA, [0x0000, 0x7642]),
    ],
)
def test_the_four_orders_of_a_known_float(order: WordOrder, words: list[int]) -> None:
    """61.5 is 0x42760000 in IEEE 754."""
    assert raw_value(words, RegisterType.FLOAT32, order) == 61.5


def test_scaling_leaves_no_binary_noise() -> None:
    """613 tenths are 61.3, not 61.300000000000004."""
    assert scaling(0.1, 0)(613) == 61.3
    assert scaling(0.02, 100)(250) == 105
    assert scaling(0.3, 0, of_floats=True)(0.7) == 0.21


def test_the_smallest_scale_there_is_ends_no_lane() -> None:
    """No float can be divided by the number that it is a part of one of."""
    assert scaling(5e-324, 0, of_floats=True)(61.5) < 1e-320
    assert 0 < scaling(5e-324, 0)(613) < 1e-320


def test_an_unscaled_integer_stays_one() -> None:
    """A counter of 64 bits keeps every digit."""
    counter = Register("n", RegisterTable.INPUT, 4, RegisterType.INT64)
    decoder = BlockDecoder([counter], 4)
    value = decoder.values([0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF])["n"]
    assert value == 2**63 - 1
    assert isinstance(value, int)


@pytest.mark.parametrize("word", [0, 1, 256])
def test_a_bool_in_a_word_is_true_unless_zero(word: int) -> None:
    """As many devices send one."""
    assert raw_value([word], RegisterType.BOOL) is (word != 0)


def test_not_a_number_is_seen() -> None:
    """NaN and infinity are no values to keep."""
    words = words_of(struct.pack(">f", math.nan), WordOrder.CDAB)
    value = raw_value(words, RegisterType.FLOAT32, WordOrder.CDAB)
    assert value is not None
    assert not is_finite(value)
    assert is_finite(7)
