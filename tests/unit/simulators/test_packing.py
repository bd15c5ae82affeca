"""Words on the wire, against bytes written down by hand."""

from __future__ import annotations

import pytest

from simulators.packing import pack, raw, word_count

BYTES = {
    "ABCD": (0x1234, 0x5678),
    "CDAB": (0x5678, 0x1234),
    "BADC": (0x3412, 0x7856),
    "DCBA": (0x7856, 0x3412),
}


@pytest.mark.parametrize("order", BYTES)
def test_an_integer_in_each_order(order: str) -> None:
    """0x12345678 is the same two words that every converter's manual shows."""
    assert pack(0x12345678, "uint32", order) == BYTES[order]
    assert pack(0x12345678, "int32", order) == BYTES[order]


def test_a_float_is_ieee_754() -> None:
    """21.5 is 0x41AC0000."""
    assert pack(21.5, "float32", "ABCD") == (0x41AC, 0x0000)
    assert pack(21.5, "float32", "CDAB") == (0x0000, 0x41AC)
    assert pack(21.5, "float32", "BADC") == (0xAC41, 0x0000)


def test_negative_numbers_are_twos_complement() -> None:
    """-2 ends in E, in 16 and in 32 bits."""
    assert pack(-2, "int16", "ABCD") == (0xFFFE,)
    assert pack(-2, "int32", "ABCD") == (0xFFFF, 0xFFFE)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (70_000, "uint16", (0xFFFF,)),
        (-1, "uint16", (0,)),
        (40_000, "int16", (0x7FFF,)),
        (-40_000, "int16", (0x8000,)),
        (1e12, "uint32", (0xFFFF, 0xFFFF)),
    ],
)
def test_an_integer_saturates(value: float, kind: str, words: tuple[int, ...]) -> None:
    """A value beyond the range stops at its end instead of wrapping around."""
    assert pack(value, kind, "ABCD") == words


def test_scale_and_offset_are_undone() -> None:
    """61.3 degC at scale 0.1 is 613; with offset -40 it is 1013."""
    assert round(raw(61.3, scale=0.1, offset=0.0)) == 613
    assert round(raw(61.3, scale=0.1, offset=-40.0)) == 1013


def test_word_counts() -> None:
    """One, two or four registers."""
    assert [word_count(k) for k in ("int16", "float32", "uint64")] == [1, 2, 4]
