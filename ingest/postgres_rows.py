"""Records as rows of the PostgreSQL history, checked for what its columns cannot hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ingest.instants import instant, microseconds
from ingest.storable import Tally, fingerprint, storable_text, storable_value
from ingest.vocabulary import Event, Reading, Value

Row = tuple[Any, ...]

OWN_ROW_FAULTS = (OverflowError, ValueError, TypeError)
"""What is raised for a record that no row can hold."""
_BEYOND = 2**63
_TOO_LARGE = "integer too large for 64 bits"


def counter_row(source: str, tally: Tally) -> Row:
    """A source's counters for its share of them."""
    return (
        digest(source),
        source,
        tally.received,
        tally.stored,
        tally.duplicates,
        tally.dead_lettered,
        instant(tally.last_received),
    )


def reading_row(reading: Reading, series: int) -> Row:
    """A reading as it is copied; one of `OWN_ROW_FAULTS` for what cannot be."""
    value, quality = storable_value(reading)
    unit = fitting(reading.unit)
    sequence = reading.sequence
    numbered = sequence is not None
    if sequence is None:
        sequence = fingerprint((value, unit, quality))
    elif not -_BEYOND <= sequence < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    if reading.source_time.tzinfo is None or reading.received_time.tzinfo is None:
        raise ValueError("a time without a zone")
    times = (series, reading.source_time, reading.received_time, sequence, numbered)
    if type(value) is float:
        return (*times, value, None, None, False, unit, quality)
    return (*times, *_other_value(value), unit, quality)


def _other_value(value: Value) -> Row:
    """A value in its columns: number with a fraction, integer, words, whether it is a truth."""
    if value is None:
        return (None, None, None, False)
    if isinstance(value, str):
        return (None, None, fitting(value), False)
    if isinstance(value, float):
        return (float(value), None, None, False)
    if not -_BEYOND <= value < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    return (None, int(value), None, isinstance(value, bool))


def event_row(event: Event) -> Row:
    """An event; one of `OWN_ROW_FAULTS` for what cannot be kept."""
    content = (event.severity, event.state, event.text)
    sequence = event.sequence
    if sequence is not None and not -_BEYOND <= sequence < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    mark = fingerprint(content) if sequence is None else sequence
    when = microseconds(event.source_time)
    texts = (event.machine, event.code, event.severity.value, event.state.value, event.text)
    return (
        digest(event.source, event.machine, event.code, f"{when} {mark} {sequence is None}"),
        *(fitting(text) for text in texts),
        event.source_time,
        event.received_time,
        fitting(event.source),
        sequence,
    )


def fitting(text: str) -> str:
    """ValueError for what PostgreSQL's texts cannot hold."""
    if "\0" in text:
        raise ValueError("it holds a NUL character, which PostgreSQL's texts cannot")
    if not text.isascii():
        text.encode()
    return text


def clean(text: str) -> str:
    """Text with marks in the place of what PostgreSQL's texts cannot hold."""
    return storable_text(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def digest(*parts: str) -> bytes:
    """16 bytes that are the same for the same texts."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(framed.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def columns_of(rows: Sequence[Row]) -> list[list[Any]]:
    """Rows as one list a column, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]
