"""Times and lengths of time as a person writes them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.errors import SettingsFault

UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
EARLIEST, LATEST = 1970, 9000
"""Years that a time may lie in: looking back from there stays within the calendar."""
LONGEST_S = 10 * 365 * UNITS_S["d"]


def moment_of(text: str) -> datetime:
    """A time in ISO 8601; without a zone it is meant in UTC.

    Raises:
        SettingsFault: it is no time, or lies outside the calendar that we look into.
    """
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as fault:
        raise SettingsFault(
            f"{text!r} is no time.", remedy="Write it as ISO 8601, like 2026-11-22T10:00Z."
        ) from fault
    if not EARLIEST <= moment.year <= LATEST:
        raise SettingsFault(f"{text!r} is before {EARLIEST} or after {LATEST}.")
    return moment


def seconds_of(text: str) -> float:
    """A length of time such as 30s, 15m, 1h or 2d.

    Raises:
        SettingsFault: it is none, or longer than we look back.
    """
    try:
        seconds = float(text[:-1]) * UNITS_S[text[-1:]]
    except (KeyError, ValueError) as fault:
        raise SettingsFault(
            f"{text!r} is no length of time.", remedy="Such as 15m or 1h."
        ) from fault
    if not 0 < seconds <= LONGEST_S:
        raise SettingsFault(
            f"{text!r} is no length of time that can be looked back.", remedy="Such as 15m or 1h."
        )
    return seconds
