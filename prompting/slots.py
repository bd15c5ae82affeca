"""Slots such as `{E0007.peak}`: a model says where a number belongs, code puts it there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.vocabulary import Evidence
from prompting.figures import show_quantity, show_time

SLOT = re.compile(r"\{(E\d{4,})\.([a-z_]+)\}")
TIME_ROLES = ("start", "end")
NAME_ROLES = ("signals", "codes", "machine", "quote")
QUOTE_LENGTH = 100
NAME_LENGTH = 60
QUOTE_MARKS = {"en": ("“", "”"), "de": ("„", "“")}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the slots are filled: language, the plant's clock, the end of the summary."""

    language: str
    zone: ZoneInfo
    today: datetime


def fill(text: str, evidence: Mapping[str, Evidence], reader: Reader) -> str:
    """Every slot replaced once; what is put in is not looked at again.

    Raises:
        KeyError: A slot names evidence or a role that does not exist.
    """
    return SLOT.sub(lambda found: value(evidence[found[1]], found[2], reader), text)


def value(item: Evidence, role: str, reader: Reader) -> str:
    """What stands in a slot."""
    if role in TIME_ROLES:
        moment = item.start if role == "start" else item.end
        return show_time(moment, reader.zone, today=reader.today, language=reader.language)
    if role in NAME_ROLES:
        return _name(item, role, reader)
    return show_quantity(item.numbers[role], language=reader.language, role=role)


def roles(item: Evidence) -> tuple[str, ...]:
    """Every role that a slot of this item may name."""
    names = [role for role in NAME_ROLES if _has(item, role)]
    return (*item.numbers, *TIME_ROLES, *names)


def _has(item: Evidence, role: str) -> bool:
    return bool(
        {"signals": item.signals, "codes": item.codes, "quote": item.quotes}.get(role, True)
    )


def _name(item: Evidence, role: str, reader: Reader) -> str:
    if role == "machine":
        return item.machine
    if role == "codes":
        return ", ".join(harmless(code, NAME_LENGTH) for code in item.codes)
    if role == "signals":
        return ", ".join(readable(signal) for signal in item.signals)
    if not item.quotes:
        raise KeyError(role)
    return quoted(item.quotes[0], reader.language)


def readable(signal: str) -> str:
    """`oil_temp` as people say it."""
    return harmless(signal.replace("_", " "), NAME_LENGTH)


def quoted(words: str, language: str) -> str:
    """Untrusted words on one line, cut, between quotation marks that they cannot close."""
    first, last = QUOTE_MARKS[language]
    return f"{first}{harmless(words, QUOTE_LENGTH)}{last}"


def harmless(words: str, length: int) -> str:
    """No control characters, no line breaks, no quotation marks, no braces, no markup."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words)
    plain = plain.translate(_DEFUSED)
    plain = " ".join(plain.split())
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"


_DEFUSED = str.maketrans(
    {
        '"': "'",
        "“": "'",
        "”": "'",
        "„": "'",
        "«": "'",
        "»": "'",
        "{": "(",
        "}": ")",
        "<": "(",
        ">": ")",
        "`": "'",
    }
)
