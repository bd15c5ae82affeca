"""What a history needs done from time to time: rollups brought up to date, the old let go.

Three instants say how a history stands, and each only ever moves on. Readings before `kept_from`
have been deleted: what comes from before it cannot be told from a repetition and is set aside.
Readings before `marked_to` are late: whoever writes one marks its hour, so that the hour's rollups
are made again. Rollups are complete before `rolled_to`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
STEPS = (MINUTE, HOUR)
BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Stands for an instant that nothing lies before."""
END = datetime.max.replace(tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUICK_S, _SLOW_S = 0.05, 0.2
_MOST_SERIES = 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a history has come."""

    rolled_to: datetime = BEGINNING
    marked_to: datetime = BEGINNING
    kept_from: datetime = BEGINNING
    minutes_from: datetime = BEGINNING
    """Rollups of a minute from before it have been deleted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Before which instants readings and rollups may be deleted; None: never."""

    raw: datetime | None = None
    minutes: datetime | None = None
    hours: datetime | None = None


class Upkeep(Protocol):
    """The work itself, in pieces that hold up nobody who writes; any of them may be the last."""

    def advance(self, to: datetime) -> None:
        """Call readings from before that whole minute late from now on."""
        ...

    def roll(self) -> int:
        """Do a piece of the rollups; how many were made, 0 when nothing is left to do."""
        ...

    def expire(self, limits: Limits) -> int:
        """Delete a piece of what is too old; how much, 0 when nothing is left to do."""
        ...


def too_old(kept_from: datetime) -> ValueError:
    """Why a reading from before that instant is not stored."""
    return ValueError(
        f"readings before {kept_from:%Y-%m-%dT%H:%MZ} have been deleted,"
        " so it cannot be told from one that was stored before"
    )


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last whole step at or before an instant."""
    return moment - (moment - _EPOCH) % step


def ceiling(moment: datetime, step: timedelta) -> datetime:
    """The first whole step at or after an instant."""
    whole = floor(moment, step)
    return whole if whole == moment else whole + step


class Pace:
    """How many series one piece of the rollups takes: as many as are done in a moment."""

    def __init__(self) -> None:
        self.series = 8

    def took(self, seconds: float) -> None:
        """Take more the next time if a piece was done quickly, fewer if it was not."""
        if seconds < _QUICK_S:
            self.series = min(2 * self.series, _MOST_SERIES)
        elif seconds > _SLOW_S:
            self.series = max(self.series // 2, 1)


@dataclass(slots=True)
class Slice:
    """A stretch of time that is rolled up series by series."""

    start: datetime
    end: datetime
    after: int = 0
    """The last series that is done."""


def next_slice(start: datetime, marked_to: datetime) -> Slice:
    """At most an hour, to its end, and nothing that is not late yet."""
    return Slice(start, min(floor(start, HOUR) + HOUR, marked_to))
