"""JSON from strangers: read strictly, looked into by pointer, refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from ingest.errors import DataFault

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_LONGEST_SHOWN = 60
_BEYOND = 2.0**63
_NOTHING: Any = object()


def read_json(payload: bytes) -> Json:
    """The document of a payload; NaN and Infinity are let through for the caller to judge.

    Raises:
        DataFault: it is no UTF-8, no JSON, nested too deeply, or says a key twice.
    """
    try:
        document: Json = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _read_slowly(payload)
    return document if _is_exact(payload, document) else _read_slowly(payload)


def _is_exact(payload: bytes, document: Json) -> bool:
    """Whether orjson may have read it otherwise than we do: True when it surely has not.

    It keeps the last of two equal keys and makes a float of an integer beyond 64 bits. A key's
    colon follows its quotation mark unless there is a blank before it; text can only add such
    pairs. So there is no key twice where there are as many pairs as keys.
    """
    if (  # one byte is found much faster than two, and mostly there is none
        (b" " in payload and b" :" in payload)
        or (b"\n" in payload and b"\n:" in payload)
        or (b"\t" in payload and b"\t:" in payload)
        or (b"\r" in payload and b"\r:" in payload)
    ):
        return False
    try:
        return _keys([document]) == payload.count(b'":')
    except RecursionError:
        return False


def _keys(values: Iterable[Json]) -> int:
    """How many keys there are among values and in them; none of a number that is beyond 64 bits."""
    keys = 0
    for value in values:
        kind = type(value)  # the document is made of these very types, and this is quicker
        if kind is float:
            if not -_BEYOND < value < _BEYOND:  # type: ignore[operator]
                return -1
        elif kind is dict:
            keys += len(value) + _keys(value.values())  # type: ignore[arg-type, union-attr]
        elif kind is list:
            keys += _keys(value)  # type: ignore[arg-type]
    return keys


def _read_slowly(payload: bytes) -> Json:
    """Python's own reader, which tells what is wrong and where."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise DataFault(f"payload is not UTF-8 (byte {fault.start})") from None
    try:
        document: Json = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise DataFault("payload is nested too deeply") from None
    except json.JSONDecodeError as fault:
        raise DataFault(f"payload is no JSON: {fault.msg} at character {fault.pos}") from None
    except ValueError as fault:  # an integer of more digits than Python converts
        raise DataFault(f"payload is no usable JSON: {fault}") from None
    return document


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise DataFault(f"payload says key {shown(key)} twice")
        found[key] = value
    return found


def look_up(document: Json, pointer: str) -> Json:
    """What stands at a JSON pointer (RFC 6901); DataFault when nothing does."""
    found: Json = look_up_or(document, pointer, _NOTHING)
    if found is _NOTHING:
        raise DataFault(f"payload has nothing at {pointer!r}")
    return found


def look_up_or(document: Json, pointer: str, default: Json) -> Json:
    """What stands at a JSON pointer, or the default."""
    here = document
    for key in _steps(pointer):
        if isinstance(here, dict) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isascii() and key.isdigit() and int(key) < len(here):
            here = here[int(key)]
        else:
            return default
    return here


@lru_cache(maxsize=1024)
def _steps(pointer: str) -> tuple[str, ...]:
    """The keys of a pointer; pointers are the plant's, never a stranger's."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def shown(value: object) -> str:
    """A stranger's value for a message: quoted, escaped and short."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
