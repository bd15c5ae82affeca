"""Single values as strangers write them: a name, a text, a number, a quality, or why it is none."""

from __future__ import annotations

import re

from ingest.errors import DataFault
from ingest.json_text import Json, shown
from ingest.vocabulary import Quality, Value

LONGEST_NAME = 200
INTEGERS = range(-(2**63), 2**63)
"""What the history can hold."""

_NUMBER = re.compile(r"[+-]?(\d+|\d*\.\d+|\d+\.)([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_A_NUMBER = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_OPC_QUALITY = range(256)
_OPC_UNCERTAIN, _OPC_GOOD = 64, 192


def is_name(signal: str) -> bool:
    """Whether it may stand on screens and in logs as a signal's name."""
    return 0 < len(signal) <= LONGEST_NAME and signal.isprintable()


def name_of(signal: str) -> str:
    """A signal's name; DataFault for what is none."""
    if not is_name(signal):
        raise DataFault("is no name for a signal")
    return signal


def value_of(stated: Json) -> Value:
    """A JSON value as a reading's value; None says that the sensor has none."""
    if isinstance(stated, float):
        return stated if stated - stated == 0 else None
    if isinstance(stated, bool) or stated is None:
        return stated
    if isinstance(stated, int):
        return whole(stated)
    if isinstance(stated, str):
        return text_of(stated, "value")
    raise DataFault(f"value {shown(stated)} is neither number, text, true, false nor null")


def whole(stated: int) -> int:
    """An integer that the history can hold."""
    if stated not in INTEGERS:
        raise DataFault("an integer beyond 64 bits")
    return stated


def text_of(stated: Json, name: str) -> str:
    """A text that can be stored."""
    if not isinstance(stated, str):
        raise DataFault(f"{name} {shown(stated)} is no text")
    try:
        stated.encode("utf-8")
    except UnicodeEncodeError:
        raise DataFault(f"{name} holds half a character (a lone surrogate)") from None
    return stated


def utf8(payload: bytes) -> str:
    """The text of a payload."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise DataFault(f"payload is not UTF-8 (byte {fault.start})") from None


def scalar_of(text: str) -> Value:
    """The number or switch that a text says; None for the words of no number."""
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    if word in _NOT_A_NUMBER:
        return None
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NAME:
        raise DataFault(f"payload {shown(text)} is no number")
    if text.lstrip("+-").isdigit():
        return whole(int(text))
    return value_of(float(text))


def quality_of(stated: Json) -> Quality:
    """`good`, `uncertain` or `bad`; true or false; or an OPC quality from 0 to 255."""
    if isinstance(stated, bool):
        return Quality.GOOD if stated else Quality.BAD
    if isinstance(stated, int) and stated in _OPC_QUALITY:
        if stated >= _OPC_GOOD:
            return Quality.GOOD
        return Quality.UNCERTAIN if stated >= _OPC_UNCERTAIN else Quality.BAD
    if isinstance(stated, str) and stated.lower() in list(Quality):
        return Quality(stated.lower())
    known = ", ".join(Quality)
    raise DataFault(f"quality {shown(stated)} is none of {known}, nor a number from 0 to 255")
