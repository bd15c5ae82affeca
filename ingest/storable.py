"""A record as every store keeps it: what its value is, and what tells it from another."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from ingest.history import DeadLetter, Record, Written
from ingest.vocabulary import Quality, Reading, Value

SeriesKey = tuple[str, str, str]
"""Machine, signal, source."""

MOST_SERIES = 200_000
"""Ids of series that are remembered; whoever invents names must not fill the memory."""


@dataclass(slots=True)
class Tally:
    """Changes of one source's counters."""

    received: int = 0
    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    last_received: int = 0
    """Microseconds since the Unix epoch."""


def remember(known: dict[SeriesKey, int], new: Mapping[SeriesKey, int]) -> None:
    """Take new ids of series along; the store is asked again for what was too much to keep."""
    if len(known) + len(new) > MOST_SERIES:
        known.clear()
    known |= new


def summed(tallies: Iterable[Tally]) -> Written:
    """What a write did over all sources."""
    listed = list(tallies)
    return Written(
        received=sum(tally.received for tally in listed),
        stored=sum(tally.stored for tally in listed),
        duplicates=sum(tally.duplicates for tally in listed),
        dead_lettered=sum(tally.dead_lettered for tally in listed),
    )


def storable_value(reading: Reading) -> tuple[Value, Quality]:
    """NaN and infinity say that the sensor has no value: bad, and no number."""
    value = reading.value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None, Quality.BAD
    return value, reading.quality


def fingerprint(content: tuple[Value, ...]) -> int:
    """A positive 63-bit number that is the same for the same content."""
    digest = hashlib.blake2b(repr(content).encode("utf-8", "backslashreplace"), digest_size=8)
    return int.from_bytes(digest.digest()) >> 1


def refused(record: Record, fault: Exception) -> DeadLetter:
    """The dead letter of a record that a store cannot hold."""
    payload = json.dumps(asdict(record), default=str).encode()
    reason = f"the store cannot hold it: {fault}"
    return DeadLetter(record.source, payload, reason, record.received_time)


def storable_text(text: str) -> str:
    """Text with a mark in the place of what no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
