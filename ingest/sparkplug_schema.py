"""The wire form of a Sparkplug B payload, described for protobuf with our own words.

The numbers of the fields are those of the Sparkplug 3.0 specification. Data sets, templates, bytes
and meta data stay unread bytes: what is not kept need not be unpacked.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from ingest.errors import DataFault

DECODE_FAULTS = (DecodeError, RecursionError, ValueError)

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "andon.sparkplug"
_KINDS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "string": _Field.TYPE_STRING,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
}


class _Entry(NamedTuple):
    number: int
    kind: str
    """A kind of `_KINDS`, or a message below."""
    repeated: bool = False
    choice: bool = False
    """One of the fields of which a value is exactly one."""


_VALUE_KINDS = ("uint32", "uint64", "float", "double", "bool", "string")
_VALUE_NAMES = (
    "int_value",
    "long_value",
    "float_value",
    "double_value",
    "boolean_value",
    "string_value",
)


def _values(first: int) -> dict[str, _Entry]:
    """The six plain values, which have neighbouring numbers in a metric and in a property."""
    return {
        name: _Entry(first + index, kind, choice=True)
        for index, (name, kind) in enumerate(zip(_VALUE_NAMES, _VALUE_KINDS, strict=True))
    }


_MESSAGES: dict[str, dict[str, _Entry]] = {
    "Property": {"type": _Entry(1, "uint32"), "is_null": _Entry(2, "bool"), **_values(3)},
    "PropertySet": {
        "keys": _Entry(1, "string", repeated=True),
        "values": _Entry(2, "Property", repeated=True),
    },
    "Metric": {
        "name": _Entry(1, "string"),
        "alias": _Entry(2, "uint64"),
        "timestamp": _Entry(3, "uint64"),
        "datatype": _Entry(4, "uint32"),
        "is_historical": _Entry(5, "bool"),
        "is_transient": _Entry(6, "bool"),
        "is_null": _Entry(7, "bool"),
        "properties": _Entry(9, "PropertySet"),
        **_values(10),
        "bytes_value": _Entry(16, "bytes", choice=True),
        "dataset_value": _Entry(17, "bytes", choice=True),
        "template_value": _Entry(18, "bytes", choice=True),
    },
    "Payload": {
        "timestamp": _Entry(1, "uint64"),
        "metrics": _Entry(2, "Metric", repeated=True),
        "seq": _Entry(3, "uint64"),
        "uuid": _Entry(4, "string"),
        "body": _Entry(5, "bytes"),
    },
}


@cache
def payload_class() -> type[Any]:
    """The protobuf class of a payload."""
    file = descriptor_pb2.FileDescriptorProto(
        name="andon/sparkplug.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, entries in _MESSAGES.items():
        _describe(file.message_type.add(name=name), entries)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"{_PACKAGE}.Payload")
    found: type[Message] = message_factory.GetMessageClass(descriptor)
    return found


def _describe(message: descriptor_pb2.DescriptorProto, entries: dict[str, _Entry]) -> None:
    if any(entry.choice for entry in entries.values()):
        message.oneof_decl.add(name="value")
    for name, entry in entries.items():
        field = message.field.add(
            name=name,
            number=entry.number,
            label=_Field.LABEL_REPEATED if entry.repeated else _Field.LABEL_OPTIONAL,
            type=_KINDS.get(entry.kind, _Field.TYPE_MESSAGE),
        )
        if entry.kind not in _KINDS:
            field.type_name = f".{_PACKAGE}.{entry.kind}"
        if entry.choice:
            field.oneof_index = 0


def unpacked(payload: bytes) -> Any:
    """The message in a payload; DataFault when it is none."""
    try:
        return payload_class().FromString(payload)
    except DECODE_FAULTS as fault:
        raise DataFault(f"payload is no Sparkplug B: {fault}") from None
