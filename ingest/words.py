"""Values out of Modbus register words: the types, the four orders, scale and offset."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from enum import StrEnum

Number = int | float | bool


class RegisterType(StrEnum):
    """What the words of a register mean."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BOOL = "bool"

    @property
    def words(self) -> int:
        """How many 16-bit registers one value takes."""
        return struct.calcsize(_FORMATS[self]) // 2


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


_FORMATS = {
    RegisterType.UINT16: ">H",
    RegisterType.INT16: ">h",
    RegisterType.UINT32: ">I",
    RegisterType.INT32: ">i",
    RegisterType.UINT64: ">Q",
    RegisterType.INT64: ">q",
    RegisterType.FLOAT32: ">f",
    RegisterType.FLOAT64: ">d",
    RegisterType.BOOL: ">H",
}


def raw_value(
    words: Sequence[int], kind: RegisterType, order: WordOrder = WordOrder.ABCD
) -> Number:
    """The unscaled value of as many words as its type takes."""
    ordered = reversed(words) if order.swaps_words else words
    content = b"".join(
        word.to_bytes(2, "little" if order.swaps_bytes else "big") for word in ordered
    )
    (value,) = struct.unpack(_FORMATS[kind], content)
    return bool(value) if kind is RegisterType.BOOL else value


def scaled(raw: Number, scale: float, offset: float) -> Number:
    """`raw * scale + offset` without the last digits of binary noise (613 x 0.1 is 61.3).

    A bool, and an integer with scale 1 and offset 0, stay what they are.
    """
    if isinstance(raw, bool) or (scale == 1 and offset == 0):
        return raw
    return float(format(raw * scale + offset, ".15g"))


def is_finite(value: Number) -> bool:
    """Whether the value is a number that can be kept."""
    return not isinstance(value, float) or math.isfinite(value)
