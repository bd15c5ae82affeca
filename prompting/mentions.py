"""What a sentence says in numbers and times: digits, number words and slots, with their roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ingest.vocabulary import Evidence
from prompting.cues import Cues
from prompting.figures import MINUS
from prompting.slots import SLOT, readable

FILLER = "·"
TIME = re.compile(
    r"(?<!\d)(?<!\d:)(?:(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4})?)[ T,]*)?"
    r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?!\d|:\d)"
)
IDENTIFIER = re.compile(r"[^\W\d]\w*-?\d[\w-]*")
NUMBER = re.compile(
    rf"(?<![\w.,])(?P<digits>[-+{MINUS}]?\d+(?:[.,]\d+)*)"
    rf"(?P<rest>\s?[^\s\d,;:.!?(){FILLER}]*)"
)
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A number in a sentence, as a slot or in digits."""

    start: int
    end: int
    item: str = ""
    role: str = ""
    digits: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in digits."""

    start: int
    date: str
    minute: str
    """`10:02`"""


def names(items: Iterable[Evidence]) -> set[str]:
    """Machines, signals and codes as they may be written."""
    found: set[str] = set()
    for item in items:
        found.add(item.machine)
        found.update(item.codes)
        found.update(item.signals)
        found.update(readable(signal) for signal in item.signals)
    return {name for name in found if name}


def without_names(text: str, known: Iterable[str]) -> str:
    """The text with these names blotted out, the longest first, positions kept."""
    for name in sorted(known, key=lambda name: (-len(name), name)):
        text = naming(name).sub(lambda found: FILLER * len(found[0]), text)
    return text


def naming(name: str) -> re.Pattern[str]:
    """Where a name stands as a word of its own."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w]|-\w)", re.IGNORECASE)


def blotted(text: str, spans: Iterable[re.Match[str]]) -> str:
    """The text with these places blotted out, positions kept."""
    for found in spans:
        text = text[: found.start()] + FILLER * len(found[0]) + text[found.end() :]
    return text


def slots(text: str) -> Iterator[Mention]:
    """The slots, in order."""
    for found in SLOT.finditer(text):
        yield Mention(found.start(), found.end(), item=found[1], role=found[2])


def clocks(text: str) -> Iterator[Clock]:
    """The times of day in digits, in order."""
    for found in TIME.finditer(text):
        minute = f"{int(found['hour']):02}:{found['minute']}"
        yield Clock(found.start(), found["date"] or "", minute)


def numbers(text: str, units: Mapping[str, str]) -> Iterator[Mention]:
    """Numbers in digits, with the unit behind them if it is one of `units`."""
    for found in NUMBER.finditer(text):
        unit = units.get(found["rest"].strip().lower(), "")
        yield Mention(found.start(), found.end("digits"), digits=found["digits"], unit=unit)


def words(text: str, cues: Cues) -> Iterator[Mention]:
    """Numbers in words."""
    for found in WORD.finditer(text):
        count = cues.number_words.get(found[0].lower())
        if count is not None:
            yield Mention(found.start(), found.end(), digits=f"{count:.0f}")
