"""Readings by the hundred thousand a second, made faster than by calling their class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from ingest.vocabulary import Quality, Reading, Value


@dataclass(slots=True, init=False, eq=False, repr=False)
class _Draft:
    """A reading before it is frozen: the same slots, so it can become one."""

    machine: str
    signal: str
    value: Value
    unit: str
    quality: Quality
    source_time: datetime
    received_time: datetime
    source: str
    sequence: int | None
    rollup_s: int


def make_reading(
    machine: str,
    signal: str,
    value: Value,
    unit: str,
    quality: Quality,
    source_time: datetime,
    received_time: datetime,
    source: str,
    sequence: int | None,
) -> Reading:
    """The same as `Reading(...)` in an eighth of the time.

    A frozen dataclass sets every field through `object.__setattr__`; measured 2.2 against 0.26 us.
    """
    draft = _Draft()
    draft.machine = machine
    draft.signal = signal
    draft.value = value
    draft.unit = unit
    draft.quality = quality
    draft.source_time = source_time
    draft.received_time = received_time
    draft.source = source
    draft.sequence = sequence
    draft.rollup_s = 0
    draft.__class__ = Reading  # type: ignore[assignment]
    return cast("Reading", draft)
