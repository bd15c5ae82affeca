"""Slots such as `{E0007.peak}`: a model says where a number belongs, code puts it there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.vocabulary import Evidence
from prompting.figures import show_quantity, show_time

SLOT = re.compile(r"\{(E\d{4,})\.([a-z_]+)\}")
TIME_ROLES = ("start", "end")
NAME_ROLES = ("signals", "signal", "others", "codes", "code", "followers", "machine", "quote")
MOST_NAMED = 4
QUOTE_LENGTH = 100
NAME_LENGTH = 60
QUOTE_MARKS = {"en": ("“", "”"), "de": ("„", "“")}
AND = {"en": ("and", "others"), "de": ("und", "weitere")}
"""Between the last two names of a list, and in the place of those that are too many."""


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
    if role in _NAMES:
        return bool(_NAMES[role](item))
    return role != "quote" or bool(item.quotes)


def _name(item: Evidence, role: str, reader: Reader) -> str:
    if not _has(item, role):
        raise KeyError(role)
    if role == "machine":
        return item.machine
    if role == "quote":
        return quoted(item.quotes[0], reader.language)
    return listed(_NAMES[role](item), reader.language)


def listed(names: Sequence[str], language: str) -> str:
    """`a, b and c`; what is too much stands there as "others"."""
    joint, more = AND[language]
    shown = list(names) if len(names) <= MOST_NAMED + 1 else [*names[:MOST_NAMED], more]
    return f" {joint} ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


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


def _readable(signals: Sequence[str]) -> list[str]:
    return [readable(signal) for signal in signals]


def _harmless(codes: Sequence[str]) -> list[str]:
    return [harmless(code, NAME_LENGTH) for code in codes]


_NAMES: Mapping[str, Callable[[Evidence], list[str]]] = {
    "signals": lambda item: _readable(item.signals),
    "signal": lambda item: _readable(item.signals[:1]),
    "others": lambda item: _readable(item.signals[1:]),
    "codes": lambda item: _harmless(item.codes),
    "code": lambda item: _harmless(item.codes[:1]),
    "followers": lambda item: _harmless(item.codes[1:]),
}
"""A merged item has its figures from the first signal, and `others` that moved with it; a trip
chain has the first alarm as `code` and what came after it as `followers`."""
