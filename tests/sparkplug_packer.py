"""Sparkplug B payloads written byte by byte, without protobuf, so that no fault can cancel out."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ingest.vocabulary import Value

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 = range(1, 9)
FLOAT, DOUBLE, BOOLEAN, STRING, DATE_TIME, TEXT, UUID = range(9, 16)
TEMPLATE = 19


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def field(number: int, kind: int, content: bytes) -> bytes:
    """A field with its key."""
    head = varint(number << 3 | kind)
    return head + (varint(len(content)) if kind == BYTES else b"") + content


def whole(number: int, value: int) -> bytes:
    """A field that is a varint."""
    return field(number, VARINT, varint(value))


def text(number: int, value: str | bytes) -> bytes:
    """A field that is a text or bytes."""
    return field(number, BYTES, value if isinstance(value, bytes) else value.encode())


def value_field(datatype: int, value: Value) -> bytes:
    """The value of a metric as its data type travels."""
    if isinstance(value, bool):
        return whole(14, int(value))
    if isinstance(value, str):
        return text(15, value)
    if isinstance(value, float):
        if datatype == FLOAT:
            return field(12, FIXED_32, struct.pack("<f", value))
        return field(13, FIXED_64, struct.pack("<d", value))
    assert isinstance(value, int)
    if datatype in (INT64, UINT64, DATE_TIME):
        return whole(11, value % 2**64)
    return whole(10, value % 2**32)


@dataclass(frozen=True)
class Metric:
    """A metric; what is None is left out."""

    name: str | bytes | None = None
    value: Value = None
    datatype: int | None = None
    alias: int | None = None
    timestamp: int | None = None
    is_null: bool = False
    is_historical: bool = False
    quality: int | None = None
    unit: str | None = None
    raw: bytes = b""
    """Fields put in as they are."""

    def packed(self) -> bytes:
        """The bytes of the metric."""
        found = b"" if self.name is None else text(1, self.name)
        for number, entry in ((2, self.alias), (3, self.timestamp), (4, self.datatype)):
            found += b"" if entry is None else whole(number, entry)
        found += whole(5, 1) if self.is_historical else b""
        found += whole(7, 1) if self.is_null else b""
        found += self._properties()
        if self.value is not None:
            found += value_field(self.datatype or 0, self.value)
        return found + self.raw

    def _properties(self) -> bytes:
        keys = values = b""
        if self.quality is not None:
            keys += text(1, "Quality")
            values += text(2, whole(1, INT32) + whole(3, self.quality))
        if self.unit is not None:
            keys += text(1, "engUnit")
            values += text(2, whole(1, STRING) + text(8, self.unit))
        return text(9, keys + values) if keys else b""


def payload(*metrics: Metric, timestamp: int | None = None, seq: int | None = None) -> bytes:
    """A whole payload."""
    found = b"" if timestamp is None else whole(1, timestamp)
    found += b"".join(text(2, metric.packed()) for metric in metrics)
    return found + (b"" if seq is None else whole(3, seq))
