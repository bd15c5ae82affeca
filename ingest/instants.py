"""Instants as they are stored: whole microseconds since the Unix epoch, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """An aware instant as stored, exact."""
    return (moment - EPOCH) // _MICROSECOND


def instant(stored: int) -> datetime:
    """A stored instant as aware UTC."""
    return EPOCH + timedelta(microseconds=stored)
