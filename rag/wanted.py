"""What a question wants, by its words: what to do, one value, one fact, or what a code means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Want(StrEnum):
    """The form of the answer."""

    PROCEDURE = "procedure"
    VALUE = "value"
    FACT = "fact"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for."""

    want: Want
    dimensions: frozenset[str] = frozenset()
    """Of the value; empty: of any, also a number without a unit."""


_DOING = re.compile(
    r"\bwhat (?:do|should|can|must|shall|to)\b(?: (?:i|we|you))? ?do\b|\bwhat (?:now|next)\b"
    r"|\bhow (?:do|can|should|to|must)\b(?! (?:often|long|much|many))"
    r"|\bwas (?:tun|nun|jetzt|ist zu tun|mach\w*|muss|soll)\b|\bwie (?:geht|gehts|repar\w+|wechs\w+"
    r"|reinig\w+|behebe?\w*|mach\w*|tausch\w*)\b|\bwas\b.*\b(?:tun|machen)\b",
    re.IGNORECASE,
)
_MEANING = re.compile(
    r"\bwhat (?:does|do|is)\b.*\bmean|\bmeaning of\b|"
    r"\bwhat is (?:the )?(?:alarm|error|code|fault)\b"
    r"|\bwhat is [a-z]+-?\d+\W*$|\bbedeut|\bwas (?:heisst|heißt)\b",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"^\W*(?:can|could|may|must|should|is|are|do|does|has|have|when|where|why|which|who|"
    r"darf|dürfen|kann|muss|soll|ist|sind|hat|wann|wo|warum|welche[rsmn]?|wer)\b",
    re.IGNORECASE,
)
INTERVAL = "interval"
"""A time after which something is due again; no unit is only for that."""
_ASKED: Mapping[str, str] = {
    "torque": r"torques?|how tight|drehmomente?|anzugs(?:dreh)?moment",
    "time": (
        r"how (?:long|many (?:seconds|minutes|hours|days))|durations?|"
        r"wie (?:lange|viele (?:sekunden|minuten|stunden|tage))|dauert?"
    ),
    INTERVAL: r"how (?:often|frequently)|intervals?|wie oft|\w*intervalle?|fällig",
    "temperature": r"how (?:hot|warm|cold)|wie (?:heiß|heiss|warm|kalt)",
    "speed": r"how fast|rpm|drehzahl|wie schnell",
    "mass": r"how heavy|weights?|wie schwer|gewicht",
    "length": r"how (?:wide|far|deep|thick)|gap|clearance|diameter|abstand|spaltmaß",
    "volume": r"how (?:much (?:oil|water|coolant|emulsion)|many lit\w+)|wie ?viel(?:e liter)?",
    "resistance": r"resistance|widerstand",
    "frequency": r"frequency|frequenz",
    "": (
        r"how (?:much|many|high|low|big|large)|limits?|settings?|(?:part|order|article) numbers?|"
        r"grenzwerte?|sollwerte?|wie (?:hoch|viele|groß)|\w+nummer"
    ),
}
"""By dimension: words that ask for a value wherever they stand; empty: of any dimension."""
_NOUNS: Mapping[str, str] = {
    "pressure": r"\w*pressures?|\w*druck",
    "temperature": r"\w*temperatures?|temp|\w*temperatur",
    "speed": r"speeds?|geschwindigkeit|drehzahl",
    "current": r"currents?|strom",
    "voltage": r"voltages?|spannung",
    "power": r"power|leistung",
    "flow": r"flows?|durchfluss",
    "time": r"time|zeit",
    "force": r"forces?|kraft",
    "share": r"concentration|percentage|konzentration",
    "speed ": r"vibration|schwingung",
    "": r"value|level|size|capacity|number|wert|füllmenge|nummer",
}
"""By dimension: nouns that name a symptom as well, and ask only behind a question word."""
_BEHIND = r"\b(?:(?:at |to )?(?:what|which)|welche[rsmn]?|max\w*|min\w*|nominal|set|soll)\b"
_VALUES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _ASKED.items()}
_AFTER = {
    name: re.compile(rf"{_BEHIND}(?:\W+[\w-]+){{0,4}}?\W+(?:{words})\b", re.IGNORECASE)
    for name, words in _NOUNS.items()
}


def wanted(question: str) -> Wanted:
    """What the answer to a question should hold."""
    named = [name.strip() for name, words in (*_VALUES.items(), *_AFTER.items())
             if words.search(question)]  # fmt: skip
    if named and not _DOING.search(question):
        return Wanted(Want.VALUE, frozenset(named) if "" not in named else frozenset())
    if _MEANING.search(question):
        return Wanted(Want.MEANING)
    is_fact = _FACT.search(question) and not _DOING.search(question)
    return Wanted(Want.FACT if is_fact else Want.PROCEDURE)
