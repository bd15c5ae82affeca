"""Amounts in a note: a number with a unit, or a count; what can be read in two ways is not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prompting.tasks.note_words import Span

NUMBER = r"\d+(?:[.,]\d+)*"
_UNITS = {
    **dict.fromkeys(
        ("l", "ltr", "ltrs", "liter", "liters", "litre", "litres", "Liter", "Litern", "lt", "L"),
        "l",
    ),
    **dict.fromkeys(("ml", "mL"), "ml"),
    **dict.fromkeys(("kg", "kilo", "kilos", "Kg", "KG"), "kg"),
    **dict.fromkeys(("g", "gr", "gram", "grams", "Gramm"), "g"),
    **dict.fromkeys(("t", "to", "tonnes", "tons", "Tonnen"), "t"),
    "mm": "mm",
    "cm": "cm",
    **dict.fromkeys(("m", "meter", "metres", "meters", "Meter"), "m"),
    **dict.fromkeys(("µm", "um", "μm"), "µm"),
    **dict.fromkeys(("bar", "Bar"), "bar"),
    "mbar": "mbar",
    "psi": "psi",
    "kPa": "kPa",
    "MPa": "MPa",
    **dict.fromkeys(("°C", "degC", "deg C", "Grad", "° C", "ºC"), "°C"),
    **dict.fromkeys(("°F", "degF"), "°F"),
    **dict.fromkeys(("rpm", "1/min", "U/min", "min-1"), "1/min"),
    **dict.fromkeys(("Nm", "N m", "nm"), "Nm"),
    **dict.fromkeys(("kN",), "kN"),
    **dict.fromkeys(("V", "volt", "Volt", "volts"), "V"),
    "mV": "mV",
    **dict.fromkeys(("A", "amp", "amps", "Ampere"), "A"),
    "mA": "mA",
    "kW": "kW",
    "Hz": "Hz",
    "%": "%",
    **dict.fromkeys(
        ("pcs", "pc", "pieces", "piece", "off", "ea", "each", "Stk", "Stk.", "Stück", "stk", "x"),
        "",
    ),
}
_TIMES = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "Std", "Std.", "Stunde", "Stunden"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "Min", "Minute", "Minuten"), "min"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "Sek", "Sekunde", "Sekunden"), "s"),
    **dict.fromkeys(("d", "day", "days", "Tag", "Tage", "Tagen"), "d"),
    **dict.fromkeys(("wk", "wks", "week", "weeks", "Wo", "Woche", "Wochen"), "week"),
    **dict.fromkeys(("month", "months", "Monat", "Monate", "Monaten"), "month"),
    **dict.fromkeys(("shift", "shifts", "Schicht", "Schichten"), "shift"),
}


def _behind_number(units: Iterable[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    return re.compile(rf"(?<![\w.,/-])({NUMBER})[ \t]?({either})(?![\w°/])")


_WITH_UNIT = _behind_number(_UNITS)
_WITH_ANY_UNIT = _behind_number([*_UNITS, *_TIMES])
_PLAIN = re.compile(r"(\d{1,12})(?:[.,](\d{1,9}))?")
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})+(?:([.,])\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much or how many."""

    number: float
    unit: str
    """As it is written everywhere in Andon; empty for a count."""
    span: Span


def number_of(text: str) -> float | None:
    """The number that a person wrote; None when it can be read in two ways, as 1.200 can."""
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        thousands, decimal = grouped[1], grouped[2]
        if decimal is None and text.count(thousands) == 1 and not text.startswith("0"):
            return None
        if decimal is not None and decimal != thousands:
            return float(text.replace(thousands, "").replace(decimal, "."))
        if decimal is None and text.count(thousands) > 1:
            return float(text.replace(thousands, ""))
    plain = _PLAIN.fullmatch(text)
    return float(f"{plain[1]}.{plain[2] or 0}") if plain else None


def amounts(note: str) -> Iterator[Amount]:
    """Every number that stands before a unit."""
    for found in _WITH_UNIT.finditer(note):
        number = number_of(found[1])
        if number is not None:
            yield Amount(number, _UNITS[found[2]], Span(found[0], *found.span()))


def amount_of(text: str) -> Amount | None:
    """The amount that a text is, and nothing else; a bare number is a count."""
    stripped = text.strip()
    found = _WITH_UNIT.fullmatch(stripped)
    number = number_of(found[1] if found else stripped)
    if number is None:
        return None
    return Amount(number, _UNITS[found[2]] if found else "", Span(stripped, 0, len(stripped)))


def units_behind(text: str) -> Iterator[tuple[str, str]]:
    """Each number before a unit, of time too, as it is written, with that unit; no counts."""
    for found in _WITH_ANY_UNIT.finditer(text):
        unit = {**_UNITS, **_TIMES}[found[2]]
        if unit:
            yield found[1], unit
