"""Numbers, units and times as people of a plant read them, by language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from ingest.vocabulary import Quantity

EXACT_ROLES = ("limit", "critical_limit")
LASTING_ROLES = ("duration", "lead")
SHOWN_AS_TIME = (*LASTING_ROLES, "period")
ROUND_ROLES = ("share",)
SIGNIFICANT = 3
MINUS = "\N{MINUS SIGN}"
_UNITS = {"deg": "°", "um": "µm", "m3": "m³", "m2": "m²"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_EXACT_S = 10.0
"""What is shorter is said with a digit behind the point."""
_DAYS = {"en": "days", "de": "Tage"}
_BEFORE_DATE = {"um": "am", "seit": "seit dem", "von": "vom", "bis": "bis zum", "ab": "ab dem"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def show_unit(unit: str) -> str:
    """`degC/min` as °C/min, `m3/min` as m³/min."""
    return "/".join(_part(part) for part in unit.split("/"))


def _part(part: str) -> str:
    if part in ("degC", "degF"):
        return "°" + part[3]
    return _UNITS.get(part, part)


def show_quantity(quantity: Quantity, *, language: str, role: str = "") -> str:
    """Value and unit; how long it lasted in the units that suit it, a declared limit exactly."""
    if quantity.unit == "s" and role in SHOWN_AS_TIME:
        return show_duration(quantity.value, language=language)
    value = round(quantity.value) if role in ROUND_ROLES else quantity.value
    digits = show_number(value, language=language, exact=role in EXACT_ROLES)
    return f"{digits} {show_unit(quantity.unit)}".rstrip()


def show_duration(seconds: float, *, language: str) -> str:
    """`1.5 s`, `40 s`, `25 min`, `2 h 20 min`, `3 days 4 h`."""
    if abs(seconds) < _EXACT_S:
        return f"{show_number(round(seconds, 1), language=language)} s"
    whole = round(seconds)
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    minutes = round(seconds / _MINUTE)
    if minutes < 2 * _MINUTE:
        return f"{minutes} min"
    if seconds < 2 * _DAY:
        return _two((minutes // 60, "h"), (minutes % 60, "min"))
    hours = round(seconds / _HOUR)
    return _two((hours // 24, _DAYS[language]), (hours % 24, "h"))


def _two(*parts: tuple[int, str]) -> str:
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def show_number(value: float, *, language: str, exact: bool = False) -> str:
    """Three significant digits, whole from a hundred on; never an exponent."""
    if exact:
        text = f"{value:,.{max(6, _decimals(value))}f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:,.{_decimals(value)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    text = "0" if text in ("-0", "") else text
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def _decimals(value: float) -> int:
    if value == 0 or not math.isfinite(value):
        return 0
    return min(12, max(0, SIGNIFICANT - 1 - math.floor(math.log10(abs(value)))))


def show_time(
    local: datetime, *, today: datetime, language: str, seconds: bool = False, before: str = ""
) -> str:
    """Hours and minutes, with the day where it is another one.

    Args:
        local: by the plant's clock.
        today: the day that needs no naming, by the same clock.
        language: of the reader.
        seconds: whether they are told.
        before: a German preposition, which takes another form before a date.
    """
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == today.date():
        return f"{before} {clock}".lstrip()
    year = local.year != today.year
    if language == "de":
        date = f"{local:%d.%m.%Y}" if year else f"{local:%d.%m.}"
        apart = " um" if before.lower() == "um" else ","
        known = _BEFORE_DATE.get(before.lower(), "")
        proper = known.capitalize() if before[:1].isupper() else known
        return f"{proper} {date}{apart} {clock}".lstrip()
    date = f"{local.day} {_MONTHS[local.month - 1]}" + f" {local.year}" * year
    return f"{before} {clock} on {date}".lstrip()


def readings(digits: str, language: str) -> Iterator[tuple[float, float]]:
    """What a number may mean, and half its last digit.

    The other language's points count where ours make no sense.
    """
    text = digits.replace(MINUS, "-").replace("±", "")
    group, point = (",", ".") if language == "en" else (".", ",")
    for first, second in ((group, point), (point, group)):
        whole, _, part = text.partition(second)
        if first in part or second in part or not _grouped(whole, first):
            continue
        try:
            value = float(f"{whole.replace(first, '')}.{part or '0'}")
        except ValueError:
            continue
        yield value, 0.5 * 10.0 ** -len(part)
        return


def _grouped(whole: str, mark: str) -> bool:
    first, *rest = whole.lstrip("+-").split(mark)
    return not rest or (0 < len(first) <= 3 and all(len(part) == 3 for part in rest))
