"""Numbers, units and times as people of a plant read them, by language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.vocabulary import Quantity

EXACT_ROLES = ("limit", "critical_limit")
LASTING_ROLES = ("duration", "lead")
SIGNIFICANT = 3
MINUS = "\N{MINUS SIGN}"
_UNITS = {"deg": "°", "um": "µm", "m3": "m³", "m2": "m²"}
_MINUTE, _HOUR = 60.0, 3600.0


def show_unit(unit: str) -> str:
    """`degC/min` as °C/min, `m3/min` as m³/min."""
    return "/".join(_part(part) for part in unit.split("/"))


def _part(part: str) -> str:
    if part in ("degC", "degF"):
        return "°" + part[3]
    return _UNITS.get(part, part)


def show_quantity(quantity: Quantity, *, language: str, role: str = "") -> str:
    """Value and unit; how long it lasted in the unit that suits it, a declared limit exactly."""
    value, unit = quantity.value, quantity.unit
    if unit == "s" and role in LASTING_ROLES:
        value, unit = _duration(value)
    digits = show_number(value, language=language, exact=role in EXACT_ROLES)
    return f"{digits} {show_unit(unit)}".rstrip()


def _duration(seconds: float) -> tuple[float, str]:
    if abs(seconds) < 2 * _MINUTE:
        return float(round(seconds)), "s"
    if abs(seconds) < 2 * _HOUR:
        return float(round(seconds / _MINUTE)), "min"
    return round(seconds / _HOUR, 1), "h"


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


def show_time(moment: datetime, zone: ZoneInfo, *, today: datetime, language: str) -> str:
    """Hours and minutes of the plant's clock, with the day where it is another one."""
    local = moment.astimezone(zone)
    clock = f"{local:%H:%M}"
    if local.date() == today.astimezone(zone).date():
        return clock
    if language == "de":
        return f"{local:%d.%m.} {clock}"
    return f"{local:%Y-%m-%d} {clock}"


def readings(digits: str, language: str) -> Iterator[tuple[float, float]]:
    """What a number may mean and half its last digit: the other language's points are known too."""
    text = digits.replace(MINUS, "-")
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


def _grouped(whole: str, mark: str) -> bool:
    first, *rest = whole.lstrip("+-").split(mark)
    return not rest or (0 < len(first) <= 3 and all(len(part) == 3 for part in rest))
