"""Values out of Modbus register words: the types, the four orders, scale and offset."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any

Number = int | float | bool

_TOO_LARGE = 10**300
"""No float can be divided by much more."""


class RegisterType(StrEnum):
    """What the words of a register mean."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    """Four decimal digits, one in each four bits."""
    BCD32 = "bcd32"
    """Eight decimal digits."""
    BOOL = "bool"
    """A coil, one bit of a word, or a word that is not zero."""
    STRING = "string"
    """Two characters a register; how many registers is said beside it."""

    @property
    def words(self) -> int:
        """How many 16-bit registers one value takes; 1 for a string, which says so itself."""
        return struct.calcsize(_CODES[self]) // 2

    @property
    def is_integer(self) -> bool:
        """Whether the words are a whole number, so that bits and codes mean something."""
        return _CODES[self] in "HhIiQq" and self is not RegisterType.BOOL and not self.is_bcd

    @property
    def is_unsigned(self) -> bool:
        """Whether the words are a whole number without a sign."""
        return self.is_integer and _CODES[self].isupper()

    @property
    def is_float(self) -> bool:
        """Whether the words are an IEEE 754 number."""
        return _CODES[self] in "efd"

    @property
    def is_bcd(self) -> bool:
        """Whether the words are decimal digits."""
        return self in (RegisterType.BCD16, RegisterType.BCD32)


class WordOrder(StrEnum):
    """Where the bytes ABCD of a big-endian value stand on the wire."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"

    @property
    def swaps_words(self) -> bool:
        """The least significant word comes first."""
        return self in (WordOrder.CDAB, WordOrder.DCBA)

    @property
    def swaps_bytes(self) -> bool:
        """The least significant byte of each word comes first."""
        return self in (WordOrder.BADC, WordOrder.DCBA)


_CODES = {
    RegisterType.UINT16: "H",
    RegisterType.INT16: "h",
    RegisterType.UINT32: "I",
    RegisterType.INT32: "i",
    RegisterType.UINT64: "Q",
    RegisterType.INT64: "q",
    RegisterType.FLOAT16: "e",
    RegisterType.FLOAT32: "f",
    RegisterType.FLOAT64: "d",
    RegisterType.BCD16: "H",
    RegisterType.BCD32: "I",
    RegisterType.BOOL: "H",
    RegisterType.STRING: "2s",
}


def struct_code(kind: RegisterType, words: int = 0) -> str:
    """The letter by which `struct` unpacks that type; a string of as many words."""
    return f"{2 * words}s" if kind is RegisterType.STRING else _CODES[kind]


def in_order(words: Sequence[int], order: WordOrder) -> bytes:
    """The bytes of one value, most significant first."""
    ordered = reversed(words) if order.swaps_words else words
    end = "<" if order.swaps_bytes else ">"
    return struct.pack(f"{end}{len(words)}H", *ordered)


def raw_value(
    words: Sequence[int], kind: RegisterType, order: WordOrder = WordOrder.ABCD
) -> Number | None:
    """The unscaled number of as many words as its type takes; None for illegal digits."""
    (value,) = struct.unpack(">" + _CODES[kind], in_order(words, order))
    if kind.is_bcd:
        return decimal_digits(value)
    return bool(value) if kind is RegisterType.BOOL else value


def decimal_digits(pattern: int) -> int | None:
    """The number that the digits in each four bits spell; None where one is above 9."""
    digits = f"{pattern:x}"
    return int(digits) if digits.isdecimal() else None


def text_of(content: bytes, encoding: str) -> str | None:
    """The text up to the first zero byte, without spaces behind it.

    None where the bytes are no text of that encoding, or one that cannot be shown.
    """
    held = content.split(b"\0", 1)[0]
    try:
        text = held.decode(encoding).rstrip()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def scaling(scale: float, offset: float, *, of_floats: bool = False) -> Callable[[Any], float]:
    """`raw * scale + offset` without the last digits of binary noise (613 x 0.1 is 61.3).

    Scale and offset are taken for the decimal numbers that somebody wrote. The result for an
    integer is the float next to the exact result, and infinity where that is too large.

    Args:
        of_floats: whether the raw values are floats; else they are integers.
    """
    exact_scale, exact_offset = Fraction(repr(scale)), Fraction(repr(offset))
    below = math.lcm(exact_scale.denominator, exact_offset.denominator)
    factor, summand = int(exact_scale * below), int(exact_offset * below)
    if factor == 1 and summand == 0 and below < _TOO_LARGE:
        return lambda raw: raw / below
    if of_floats:
        return lambda raw: float(format(raw * scale + offset, ".15g"))

    def scaled(raw: int) -> float:
        try:
            return (raw * factor + summand) / below
        except OverflowError:
            return math.inf

    return scaled


def is_finite(value: Number) -> bool:
    """Whether the value is a number that can be kept."""
    return not isinstance(value, float) or math.isfinite(value)
