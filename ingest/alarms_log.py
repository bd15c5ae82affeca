"""The alarms of a window as arrays: when which code was raised or cleared, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from ingest.evidence_samples import Flags, Ints
from ingest.vocabulary import Event, EventState, Severity

MICROS = 1_000_000
"""Times are whole microseconds since the Unix epoch, so that equal lengths are equal."""
NO_ROW = -1


@dataclass(frozen=True)
class AlarmLog:
    """Raised and cleared alarms; all arrays are as long, sorted by time, then as they came."""

    events: Sequence[Event]
    start: int
    end: int
    names: tuple[str, ...]
    """The codes; `code` counts in it."""
    time: Ints
    code: Ints
    raised: Flags
    rank: Ints
    """Of the severity."""
    row: Ints
    """In the history, or NO_ROW."""
    inside: Flags
    """False for what was raised before the start and not cleared until then."""
    at: Ints
    """Place in `events`."""

    @classmethod
    def of(
        cls, events: Iterable[Event], start: datetime, end: datetime, standing: Iterable[Event] = ()
    ) -> AlarmLog:
        """Those between start (included) and end (excluded), after those that stood by then."""
        note = EventState.NOTE
        before = [e for e in standing if e.state is EventState.RAISED and e.source_time < start]
        given = [*before, *[event for event in events if event.state is not note]]
        first, last = micros(start), micros(end)
        time = times_of(given)
        inside = np.arange(len(given)) >= len(before)
        kept = np.flatnonzero(~inside | ((time >= first) & (time < last)))
        kept = kept[np.argsort(time[kept], kind="stable")]
        names, code = codes_of(given)
        return cls(
            events=given,
            start=first,
            end=last,
            names=names,
            time=time[kept],
            code=code[kept],
            raised=_raised(given)[kept],
            rank=_ranks(given)[kept],
            row=_rows(given)[kept],
            inside=inside[kept],
            at=kept,
        )

    @cached_property
    def raises(self) -> Ints:
        """Where something was raised between start and end, in order of time."""
        return np.flatnonzero(self.raised & self.inside)

    @cached_property
    def by_code(self) -> Ints:
        """All places, code by code, in order of time."""
        return self._sorted_by_code(self.code)

    @cached_property
    def _bounds(self) -> Ints:
        return np.cumsum(np.bincount(self.code, minlength=len(self.names)))

    def of_code(self, code: int) -> Ints:
        """The places of one code, in order of time."""
        first = self._bounds[code - 1] if code else 0
        return self.by_code[first : self._bounds[code]]

    @cached_property
    def raises_by_code(self) -> Ints:
        """The raises, code by code, in order of time."""
        return self.raises[self._sorted_by_code(self.code[self.raises])]

    def _sorted_by_code(self, code: Ints) -> Ints:
        """Short numbers are sorted by radix, in a tenth of the time."""
        short = len(self.names) <= np.iinfo(np.uint16).max
        return np.argsort(code.astype(np.uint16) if short else code, kind="stable")

    def events_at(self, places: Iterable[int]) -> list[Event]:
        """The events behind some places."""
        return [self.events[self.at[place]] for place in places]


def micros(moment: datetime) -> int:
    """Whole microseconds since the Unix epoch."""
    return round(moment.timestamp() * MICROS)


def seconds(time: float) -> float:
    """Seconds since the Unix epoch, or a length in seconds."""
    return float(time) / MICROS


def times_of(events: Sequence[Event]) -> Ints:
    """The machine's clock at each event, in microseconds."""
    stamps = np.array([event.source_time.timestamp() for event in events], dtype=np.float64)
    return np.rint(stamps * MICROS).astype(np.int64)


def codes_of(events: Sequence[Event]) -> tuple[tuple[str, ...], Ints]:
    """The different codes, and which of them each event has."""
    sent = [event.code for event in events]
    places = {code: place for place, code in enumerate(dict.fromkeys(sent))}
    code = np.fromiter(map(places.__getitem__, sent), dtype=np.int64, count=len(sent))
    return tuple(places), code


def _raised(events: Sequence[Event]) -> Flags:
    raised = EventState.RAISED
    return np.array([event.state is raised for event in events], dtype=bool)


def _ranks(events: Sequence[Event]) -> Ints:
    severities = [event.severity for event in events]
    ranks = np.zeros(len(events), dtype=np.int64)
    for severity in (Severity.WARNING, Severity.CRITICAL):
        ranks[np.array([one is severity for one in severities], dtype=bool)] = severity.rank
    return ranks


def _rows(events: Sequence[Event]) -> Ints:
    rows = [NO_ROW if event.row is None else event.row for event in events]
    return np.array(rows, dtype=np.int64)
