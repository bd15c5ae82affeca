"""The unit behind a number: one of the cited evidence, another one, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from prompting.cues import known_units, units_of
from prompting.figures import show_unit

TIME_SCALE: Mapping[str, float] = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
SHORT = 3
"""Up to here a unit's letters must be as they are written: mW is not MW."""
_RATE = re.compile(r"\s?(?:/|per\b|pro\b|je\b|a minute\b|an hour\b|each\b)", re.IGNORECASE)
_PER = {
    "min": ("/min", "/minute", " per minute", " pro Minute", " je Minute", " a minute"),
    "s": ("/s", " per second", " pro Sekunde", " je Sekunde"),
    "h": ("/h", "/hour", " per hour", " pro Stunde", " je Stunde", " an hour"),
}


@dataclass(frozen=True, slots=True)
class Units:
    """The units of the cited evidence, each in every way to write it, before all others."""

    own: frozenset[str]
    exact: Mapping[str, str]
    loose: Mapping[str, str]
    """In small letters."""
    pattern: re.Pattern[str]

    def at(self, text: str, at: int) -> tuple[str, int]:
        """The unit that begins here, and how many characters it takes with the blank before."""
        found = self.pattern.match(text, at)
        if not found:
            return "", 0
        way = found["way"]
        unit = self.exact.get(way) or (self.loose.get(way.lower()) if len(way) > SHORT else None)
        if unit is None:
            return "", 0
        if _RATE.match(text, found.end()) and "/" not in unit:
            return f"{unit}/?", found.end() - at
        return unit, found.end() - at


@cache
def units(own: frozenset[str]) -> Units:
    """All units that are known, those of the cited evidence first."""
    exact: dict[str, str] = {}
    for unit in sorted(own - {""}):
        for way in _ways(unit):
            exact.setdefault(way, unit)
    for way, unit in known_units():
        exact.setdefault(way, unit)
    for unit in TIME_SCALE:
        for way in units_of(unit):
            exact[way] = unit
    longest = sorted(exact, key=lambda way: (-len(way), way))
    pattern = rf"\s?-?(?P<way>{'|'.join(map(re.escape, longest))})(?![\w°²³])"
    loose = {way.lower(): unit for way, unit in reversed(exact.items())}
    return Units(own, exact, loose, re.compile(pattern, re.IGNORECASE))


def _ways(unit: str) -> Iterable[str]:
    yield unit
    yield show_unit(unit)
    yield from units_of(unit)
    base, _, time = unit.partition("/")
    for per in _PER.get(time, ()):
        for way in (base, show_unit(base), *units_of(base)):
            yield f"{way}{per}"
