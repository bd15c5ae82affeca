"""Values into Modbus register words, written apart from the reader so that no slip cancels out."""

from __future__ import annotations

import struct
from collections.abc import Mapping

FORMATS: Mapping[str, str] = {
    "bool": ">H",
    "uint16": ">H",
    "int16": ">h",
    "uint32": ">I",
    "int32": ">i",
    "uint64": ">Q",
    "int64": ">q",
    "float32": ">f",
    "float64": ">d",
}
"""Type in the register CSV to its big-endian bytes."""


def pack(value: float, kind: str, order: str) -> tuple[int, ...]:
    """The words of a raw value, in the order in which they stand on the wire.

    Args:
        value: the raw value; an integer type saturates at its range, as a controller does.
        kind: a key of `FORMATS`.
        order: where the bytes of ABCD go: `ABCD`, `CDAB` (words turned), `BADC` (bytes in each
            word turned) or `DCBA` (both).
    """
    content = struct.pack(FORMATS[kind], value if kind.startswith("float") else _whole(value, kind))
    words = [content[at : at + 2] for at in range(0, len(content), 2)]
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    if order in ("CDAB", "DCBA"):
        words = words[::-1]
    return tuple(word[0] << 8 | word[1] for word in words)


def raw(value: float, *, scale: float, offset: float) -> float:
    """The raw value that a reader turns back into `raw * scale + offset`."""
    return (value - offset) / scale


def word_count(kind: str) -> int:
    """How many 16-bit words a type takes."""
    return struct.calcsize(FORMATS[kind]) // 2


def _whole(value: float, kind: str) -> int:
    bits = 8 * struct.calcsize(FORMATS[kind])
    if kind == "bool":
        return int(bool(value))
    signed = kind.startswith("int")
    lowest, highest = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return min(max(round(value), lowest), highest)
