"""A Sparkplug metric's value by its data type: signs put right, times as text, or why not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ingest.codec_values import INTEGERS, LONGEST_NAME, quality_of, text_of, value_of
from ingest.errors import DataFault
from ingest.instants import EPOCH
from ingest.vocabulary import Quality, Value

DATE_TIME = 13
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64}
_FLOATS = {9, 10}
_BOOLEAN = 11
_TEXTS = {12, 14, 15}
_CARRIED = {
    **dict.fromkeys([*_SIGNED, *_UNSIGNED, DATE_TIME], ("int_value", "long_value")),
    **dict.fromkeys(_FLOATS, ("float_value", "double_value")),
    _BOOLEAN: ("boolean_value",),
    **dict.fromkeys(_TEXTS, ("string_value",)),
}
_NAMES = {
    0: "Unknown",
    1: "Int8",
    2: "Int16",
    3: "Int32",
    4: "Int64",
    5: "UInt8",
    6: "UInt16",
    7: "UInt32",
    8: "UInt64",
    9: "Float",
    10: "Double",
    11: "Boolean",
    12: "String",
    13: "DateTime",
    14: "Text",
    15: "UUID",
    16: "DataSet",
    17: "Bytes",
    18: "File",
    19: "Template",
}
_QUALITY = "Quality"
_UNIT = "engUnit"
_STALE = 500
"""The one Sparkplug quality beyond OPC's: the value is an old one."""


def is_kept(datatype: int) -> bool:
    """Whether values of this type are readings; a birth may leave the type to the data."""
    return not datatype or datatype in _CARRIED


def value_of_metric(metric: Any, datatype: int) -> Value:
    """The value; None when the metric says that it has none. DataFault when it cannot be kept."""
    carriers = _CARRIED.get(datatype)
    if carriers is None:
        name = _NAMES.get(datatype, "array" if datatype <= 34 else "unknown")
        raise DataFault(f"data type {name} ({datatype}) is not kept")
    if metric.is_null:
        return None
    carried = metric.WhichOneof("value")
    if carried is None:
        raise DataFault("has neither a value nor is it null")
    if carried not in carriers:
        raise DataFault(f"is a {_NAMES[datatype]} and carries a {carried}")
    stated = getattr(metric, carried)
    if datatype in _FLOATS:
        return value_of(stated)
    if datatype in _SIGNED:
        return _signed(stated, _SIGNED[datatype])
    if datatype in _UNSIGNED:
        return _unsigned(stated, _UNSIGNED[datatype])
    if datatype == DATE_TIME:
        return moment_of(stated).isoformat()
    return stated if datatype == _BOOLEAN else text_of(_readable(stated), "value")


def _signed(stated: int, bits: int) -> int:
    """Negative numbers travel as the two's complement of their own, of 32 or of 64 bits."""
    low = stated & ((1 << bits) - 1)
    value = low - (1 << bits) if low >> (bits - 1) else low
    if stated not in (low, value & 0xFFFF_FFFF, value & 0xFFFF_FFFF_FFFF_FFFF):
        raise DataFault(f"{stated} is no Int{bits}")
    return value


def _unsigned(stated: int, bits: int) -> int | float:
    """From 2^63 on a float, as of registers: no store holds it as an integer."""
    if stated >> bits:
        raise DataFault(f"{stated} is no UInt{bits}")
    return stated if stated in INTEGERS else float(stated)


def moment_of(milliseconds: int) -> datetime:
    """A Sparkplug time: milliseconds since the Unix epoch."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise DataFault(f"time {milliseconds} ms is out of range") from None


def milliseconds_of(moment: datetime) -> int:
    """An instant as Sparkplug writes it."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def quality_of_metric(metric: Any) -> Quality:
    """What the metric's properties say of it; good when they say nothing."""
    if not metric.HasField("properties"):
        return Quality.GOOD
    stated = _property(metric, _QUALITY)
    if stated is None:
        return Quality.GOOD
    return Quality.UNCERTAIN if stated == _STALE else quality_of(stated)


def unit_of_metric(metric: Any) -> str:
    """The engineering unit among its properties; empty when there is none that can be shown."""
    stated = _property(metric, _UNIT) if metric.HasField("properties") else None
    if not isinstance(stated, str) or len(stated) > LONGEST_NAME or not stated.isprintable():
        return ""
    return stated


def _property(metric: Any, name: str) -> Any:
    properties = metric.properties
    for key, entry in zip(properties.keys, properties.values, strict=False):
        if key == name:
            carried = entry.WhichOneof("value")
            return getattr(entry, carried) if carried and not entry.is_null else None
    return None


def name_of_metric(metric: Any) -> str:
    """The name; empty for a metric that has only an alias."""
    return _readable(metric.name)


def _readable(stated: str | bytes) -> str:
    """What protobuf gives: bytes where a text is no UTF-8."""
    if isinstance(stated, bytes):
        raise DataFault("holds a text that is not UTF-8")
    return stated
