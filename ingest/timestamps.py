"""Source times as publishers write them, turned into aware UTC, or refused with the reason."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from ingest.errors import DataFault
from ingest.instants import EPOCH
from ingest.json_text import Json, shown

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_LEAP_SECOND = re.compile(r"^(.*T\d\d:\d\d:)60(.*)$", re.IGNORECASE)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_AHEAD = timedelta(days=1)
"""How far ahead of ours a source's clock may be, unless a setting says otherwise."""


def source_time(stated: Json, unit: str, *, latest: datetime) -> datetime:
    """A stated time: RFC 3339 text with its zone, or a number of `unit` since the Unix epoch.

    Raises:
        DataFault: it is no time, has no zone, or the clock that made it is not set.
    """
    moment = _from_text(stated) if isinstance(stated, str) else _from_number(stated, unit)
    if fault := clock_fault(moment, latest=latest):
        raise DataFault(f"time {shown(stated)} {fault}")
    return moment


def clock_fault(moment: datetime, *, latest: datetime) -> str:
    """What is wrong with the clock that told this time; empty for a time that can be."""
    if moment < _EARLIEST:
        return "is before 2000: the source's clock is not set"
    return "is in the future: the source's clock is wrong" if moment > latest else ""


def _from_text(stated: str) -> datetime:
    leap = _LEAP_SECOND.match(stated)
    try:
        moment = datetime.fromisoformat(f"{leap[1]}59{leap[2]}" if leap else stated)
    except ValueError:
        raise DataFault(f"time {shown(stated)} is no ISO 8601 time") from None
    if moment.tzinfo is None:
        raise DataFault(f"time {shown(stated)} has no zone: end it with Z or an offset")
    try:
        return moment.astimezone(UTC) + timedelta(seconds=1 if leap else 0)
    except OverflowError:
        raise DataFault(f"time {shown(stated)} is out of range") from None


def _from_number(stated: Json, unit: str) -> datetime:
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise DataFault(f"time {shown(stated)} is neither text nor a number")
    if isinstance(stated, float) and not math.isfinite(stated):
        raise DataFault(f"time {shown(stated)} is no time")
    try:
        return EPOCH + timedelta(microseconds=round(stated * 1_000_000 / _PER_SECOND[unit]))
    except OverflowError:
        raise DataFault(f"time {shown(stated)} in {unit} is out of range") from None
