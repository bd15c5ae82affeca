"""Times of day and dates as sentences write them, in English and German."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_MONTHS = (
    ("january", "jan", "januar"),
    ("february", "feb", "februar"),
    ("march", "mar", "märz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug"),
    ("september", "sep", "sept"),
    ("october", "oct", "oktober", "okt"),
    ("november", "nov"),
    ("december", "dec", "dezember", "dez"),
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
NOON = 12

TIME = (
    r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-3])(?::|\.(?=[0-5]\d\s?Uhr)|h(?=[0-5]\d\b))"
    r"(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d]|:\d)"
    r"(?:\s?(?P<half>[AaPp]\.?[Mm]\b\.?))?(?:\s?(?:Uhr|hrs|h)\b)?"
)
DATE = (
    r"(?<![\d.,-])(?:(?P<iso>\d{4}-\d\d-\d\d)T?(?!\d\d\d)"
    r"|(?P<point>(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:\d{4})?)"
    r"(?=,?\s*(?:um|at|\d|bis|zum|und|-))"
    rf"|(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTH})\b\.?(?:\s(?P<year>\d{{4}}))?"
    rf"|(?P<month2>{_MONTH})\b\.?\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<year2>\d{{4}}))?"
    r"(?![\d:]))"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, a date or both, as far as it was written."""

    text: str
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None

    @classmethod
    def of_time(cls, found: re.Match[str]) -> Clock:
        """From a match of TIME."""
        hour = int(found["hour"])
        half = (found["half"] or "").lower()[:1]
        if half:
            hour = hour % NOON + (NOON if half == "p" else 0)
        second = int(found["second"]) if found["second"] else None
        return cls(found[0], hour, int(found["minute"]), second)

    @classmethod
    def of_date(cls, found: re.Match[str]) -> Clock:
        """From a match of DATE."""
        if found["iso"]:
            year, month, day = map(int, found["iso"].split("-"))
            return cls(found[0], year=year, month=month, day=day)
        if found["point"]:
            day, month, *rest = (int(part) for part in found["point"].split(".") if part)
            return cls(found[0], year=rest[0] if rest else None, month=month, day=day)
        spelled = (found["month"] or found["month2"]).lower()
        written = found["year"] or found["year2"]
        return cls(
            found[0],
            year=int(written) if written else None,
            month=MONTHS[spelled],
            day=int(found["day"] or found["day2"]),
        )

    def on(self, date: Clock) -> Clock:
        """This time of day on that date."""
        return Clock(
            f"{date.text} {self.text}",
            self.hour,
            self.minute,
            self.second,
            date.year,
            date.month,
            date.day,
        )

    def fits(self, local: datetime) -> bool:
        """Whether a moment of the plant's clock may be written so."""
        same_time = self.hour is None or (self.hour, self.minute) == (local.hour, local.minute)
        same_second = self.second is None or self.second == local.second
        same_day = self.day is None or (self.month, self.day) == (local.month, local.day)
        same_year = self.year is None or self.year == local.year
        return same_time and same_second and same_day and same_year
