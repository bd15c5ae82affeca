"""Slots such as `{E0007.peak}`: a model says where a number belongs, code puts it there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.vocabulary import Evidence, RowRange
from prompting.figures import show_quantity, show_time
from prompting.name_likeness import name_like

SLOT = re.compile(r"\{(E\d{4,})\.([a-z_]+)\}")
_DATED = re.compile(rf"(?:\b(um|seit|von|bis|ab) )?{SLOT.pattern}", re.IGNORECASE)
"""A slot with the German preposition before it, which takes another form before a date."""
TIME_ROLES = ("start", "end")
NAME_ROLES = (
    *("signals", "signal", "others"),
    *("codes", "code", "followers"),
    *("machine", "quote", "rows"),
)
MOST_NAMED = 4
QUOTE_LENGTH = 100
NAME_LENGTH = 60
QUOTE_MARKS = {"en": ("“", "”"), "de": ("„", "“")}
AND = {"en": ("and", "others"), "de": ("und", "weitere")}
"""Between the last two names of a list, and in the place of those that are too many."""
TABLES = {
    "en": {"readings": ("reading", "readings"), "events": ("event", "events")},
    "de": {"readings": ("Messwert", "Messwerte"), "events": ("Ereignis", "Ereignisse")},
}
"""What a row and the rows of a table are called."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the slots are filled: language, the plant's clock, the end of the summary."""

    language: str
    zone: ZoneInfo
    today: datetime
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What people call a signal in their language, by machine and signal."""
    seconds: bool = False
    """Times with their seconds, for an engineer."""


def fill(text: str, evidence: Mapping[str, Evidence], reader: Reader) -> str:
    """Every slot replaced once; what is put in is not looked at again.

    Raises:
        KeyError: A slot names evidence or a role that does not exist.
    """

    def put(found: re.Match[str]) -> str:
        before, item, role = found[1], evidence[found[2]], found[3]
        if role in TIME_ROLES:
            return _time(before or "", item, role, reader)
        return f"{before} " * bool(before) + value(item, role, reader)

    return _DATED.sub(put, text)


def value(item: Evidence, role: str, reader: Reader) -> str:
    """What stands in a slot."""
    if role in TIME_ROLES:
        return _time("", item, role, reader)
    if role in NAME_ROLES:
        return _name(item, role, reader)
    return show_quantity(item.numbers[role], language=reader.language, role=role)


def _time(before: str, item: Evidence, role: str, reader: Reader) -> str:
    moment = item.start if role == "start" else item.end
    return show_time(
        moment.astimezone(reader.zone),
        today=reader.today.astimezone(reader.zone),
        language=reader.language,
        seconds=reader.seconds,
        before=before,
    )


def roles(item: Evidence) -> tuple[str, ...]:
    """Every role that a slot of this item may name."""
    names = [role for role in NAME_ROLES if _has(item, role)]
    return (*item.numbers, *TIME_ROLES, *names)


def _has(item: Evidence, role: str) -> bool:
    if role in _CODES:
        return bool(_CODES[role](item.codes))
    if role in _SIGNALS:
        return bool(_SIGNALS[role](item.signals))
    return bool({"quote": item.quotes, "rows": item.rows}.get(role, True))


def _name(item: Evidence, role: str, reader: Reader) -> str:
    if not _has(item, role):
        raise KeyError(role)
    if role == "machine":
        return called(item.machine, reader.language)
    if role == "quote":
        return quoted(item.quotes[0], reader.language)
    if role == "rows":
        return _rows(item, reader.language)
    if role in _CODES:
        codes = [called(code, reader.language) for code in _CODES[role](item.codes)]
        return listed(codes, reader.language)
    signals = [shown(item, signal, reader) for signal in _SIGNALS[role](item.signals)]
    return listed(signals, reader.language)


def shown(item: Evidence, signal: str, reader: Reader) -> str:
    """What the reader calls a signal of the item's machine."""
    name = reader.names.get((item.machine, signal))
    if name:
        return harmless(name, NAME_LENGTH)
    return readable(signal) if name_like(signal) else called(signal, reader.language)


def called(name: str, language: str) -> str:
    """A name as it is; in quotation marks and cut where it does not look like one."""
    if name_like(name):
        return name
    first, last = QUOTE_MARKS[language]
    return f"{first}{harmless(name, NAME_LENGTH)}{last}"


def _rows(item: Evidence, language: str) -> str:
    return ", ".join(_row(rows, language) for rows in item.rows)


def _row(rows: RowRange, language: str) -> str:
    one, many = TABLES[language].get(rows.table, (rows.table, rows.table))
    if rows.first == rows.last:
        return f"{one} {rows.first}"
    return f"{many} {rows.first}\N{EN DASH}{rows.last}"


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
    return f"{first}{harmless(words, QUOTE_LENGTH).rstrip(' .')}{last}"


def harmless(words: str, length: int) -> str:
    """No control characters, no line breaks, no quotation marks, no braces, no markup, no entry."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words)
    plain = _ENTRY.sub(r"(\1)", plain.translate(_DEFUSED))
    plain = " ".join(plain.split())
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"


_ENTRY = re.compile(r"\[(E\d+)\]")
"""What looks like the head of an entry of evidence."""
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


_Part = Callable[[Sequence[str]], Sequence[str]]
_SIGNALS: Mapping[str, _Part] = {
    "signals": lambda names: names,
    "signal": lambda names: names[:1],
    "others": lambda names: names[1:],
}
"""A merged item has its figures from the first signal, and `others` that moved with it."""
_CODES: Mapping[str, _Part] = {
    "codes": lambda names: names,
    "code": lambda names: names[:1],
    "followers": lambda names: names[1:],
}
"""A trip chain has the first alarm as `code` and what came after it as `followers`."""
