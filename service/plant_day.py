"""The day in the plant: documents begin and end to hold by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now_utc() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def today_in(timezone: str, now: Callable[[], datetime] = now_utc) -> Callable[[], date]:
    """Tells the day in that time zone: a revision takes over at midnight in the plant."""
    zone = ZoneInfo(timezone)
    return lambda: now().astimezone(zone).date()
