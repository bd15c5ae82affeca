"""JSON from strangers: read strictly, looked into by pointer, refused with a reason."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NoReturn

from ingest.errors import DataFault

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_LONGEST_SHOWN = 60


def read_json(payload: bytes) -> Json:
    """The document of a payload; NaN and Infinity are let through for the caller to judge.

    Raises:
        DataFault: it is no UTF-8, no JSON, nested too deeply, or says a key twice.
    """
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
    here = document
    for key in _steps(pointer):
        if isinstance(here, dict) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isascii() and key.isdigit() and int(key) < len(here):
            here = here[int(key)]
        else:
            _missing(pointer)
    return here


@lru_cache(maxsize=1024)
def _steps(pointer: str) -> tuple[str, ...]:
    """The keys of a pointer; pointers are the plant's, never a stranger's."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def look_up_or(document: Json, pointer: str, default: Json) -> Json:
    """What stands at a JSON pointer, or the default."""
    try:
        return look_up(document, pointer)
    except DataFault:
        return default


def _missing(pointer: str) -> NoReturn:
    raise DataFault(f"payload has nothing at {pointer!r}")


def shown(value: object) -> str:
    """A stranger's value for a message: quoted, escaped and short."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
