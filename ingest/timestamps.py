"""Source times as publishers write them, turned into aware UTC, or refused with the reason."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.errors import DataFault
from ingest.instants import EPOCH
from ingest.json_text import Json, shown

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_LEAP_SECOND = re.compile(r"(.{11}\d\d:\d\d):60(.*)", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{8,19}", re.ASCII)
"""A number since 1970 that was written as a text; a date in digits is shorter."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_AHEAD = timedelta(days=1)
"""How far ahead of ours a source's clock may be, unless a setting says otherwise."""


def source_time(
    stated: Json, unit: str, *, received: datetime, latest: datetime, zone: ZoneInfo | None = None
) -> datetime:
    """A stated time: ISO 8601 text, or a number of `unit` since 1970, in quotation marks or not.

    Text that names no zone is local time of `zone`, and refused without one. An hour that the
    clocks go through twice is that which is nearer to the time of receipt.

    Raises:
        DataFault: it is no time, has no zone, or the clock that made it is not set.
    """
    if isinstance(stated, str):
        moment = _from_text(stated, unit, zone=zone, received=received)
        if EARLIEST <= moment <= latest:
            return moment
    else:
        moment = _from_number(stated, unit)
    if fault := clock_fault(moment, latest=latest):
        raise DataFault(f"time {shown(stated)} {fault}")
    return moment


def clock_fault(moment: datetime, *, latest: datetime) -> str:
    """What is wrong with the clock that told this time; empty for a time that can be."""
    if moment < EARLIEST:
        return "is before 2000: the source's clock is not set"
    return "is in the future: the source's clock is wrong" if moment > latest else ""


def _from_text(stated: str, unit: str, *, zone: ZoneInfo | None, received: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        if _NUMBER.fullmatch(stated):
            return _from_number(int(stated), unit)
        moment = _leap_second(stated)
    try:
        if moment.tzinfo is None and _NUMBER.fullmatch(stated):
            return _from_number(int(stated), unit)
        if moment.tzinfo is None:
            return _local(moment, zone=zone, received=received, stated=stated)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError:
        raise DataFault(f"time {shown(stated)} is out of range") from None


def _leap_second(stated: str) -> datetime:
    """The second 60 is the instant at which the next minute begins."""
    try:
        if leap := _LEAP_SECOND.fullmatch(stated):
            return datetime.fromisoformat(f"{leap[1]}:59{leap[2]}") + timedelta(seconds=1)
    except (ValueError, OverflowError):
        pass
    raise DataFault(f"time {shown(stated)} is no ISO 8601 time")


def _local(moment: datetime, *, zone: ZoneInfo | None, received: datetime, stated: str) -> datetime:
    if zone is None:
        raise DataFault(
            f"time {shown(stated)} has no zone: end it with Z or an offset, "
            "or give the route a time_zone"
        )
    both = [moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    found = min(both, key=lambda instant: abs(instant - received))
    if found.astimezone(zone).replace(tzinfo=None, fold=0) != moment:
        raise DataFault(f"time {shown(stated)} does not exist in {zone.key}: clocks go forward")
    return found


def _from_number(stated: Json, unit: str) -> datetime:
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise DataFault(f"time {shown(stated)} is neither text nor a number")
    if isinstance(stated, float) and not math.isfinite(stated):
        raise DataFault(f"time {shown(stated)} is no time")
    try:
        return EPOCH + timedelta(microseconds=round(stated * 1_000_000 / _PER_SECOND[unit]))
    except OverflowError:
        raise DataFault(f"time {shown(stated)} in {unit} is out of range") from None
