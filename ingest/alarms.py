"""Alarms of a window as evidence: trip chains, floods, then one item a code; and people's notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ingest.alarms_chains import Chain, chains, within
from ingest.alarms_floods import Flood, floods
from ingest.alarms_log import MICROS, NO_ROW, AlarmLog, seconds
from ingest.alarms_tally import Tally, busiest, tally
from ingest.alarms_usual import AlarmBaseline, Usual, learn_alarms
from ingest.detect import Finding
from ingest.evidence_numbering import bounded, numbered
from ingest.evidence_samples import Flags, Ints
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import (
    Event,
    EventState,
    Evidence,
    EvidenceKind,
    Quantity,
    RowRange,
    Series,
    Severity,
)

MOST_BAD_ACTORS = 10
LOOKED_AT = 1000
"""Events of one item whose words are looked at."""
_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class AlarmPast:
    """What the time before a window says about its alarms."""

    standing: tuple[Event, ...] = ()
    """What was raised before its start and not cleared by then."""
    usual: AlarmBaseline | None = None
    """How often each alarm is raised normally."""

    def usual_of(self, code: str, start: datetime, end: datetime) -> Usual | None:
        """How often that alarm is raised in such a stretch, as far as known."""
        return self.usual.usual(code, start, end) if self.usual is not None else None


def past_of(events: Sequence[Event], start: datetime) -> AlarmPast:
    """What the events before a window's start, from the oldest on, say about its alarms."""
    before = [event for event in events if event.source_time < start]
    if not before:
        return AlarmPast()
    since = min(event.source_time for event in before)
    return AlarmPast(still_open(before), learn_alarms(before, since, start))


def group(
    events: Sequence[Event],
    start: datetime,
    end: datetime,
    *,
    settings: EvidenceSettings | None = None,
) -> tuple[Evidence, ...]:
    """The alarms of a machine between two instants as evidence."""
    machine = events[0].machine if events else ""
    return numbered(findings(events, start, end, settings=settings or EvidenceSettings()), machine)


def findings(
    events: Sequence[Event],
    start: datetime,
    end: datetime,
    *,
    settings: EvidenceSettings,
    past: AlarmPast | None = None,
    state: Series | None = None,
) -> list[Finding]:
    """Trip chains, floods, the codes that neither explains, and notes; the most urgent ones.

    Args:
        events: Those of one machine, in the order in which they were stored.
        start: First instant that counts.
        end: The first that does not count any more.
        settings: What is a flood, chattering, standing; how many items at most.
        past: What is known from before the start, see `past_of`.
        state: The machine's PackML state, which tells of trips.
    """
    past = past or AlarmPast()
    log = AlarmLog.of(events, start, end, past.standing)
    found = _Alarms(log, tally(log, settings), settings)
    chained = chains(log, found.known, state, settings)
    flooded = floods(log, found.known, settings)
    left = ~(found.chained(chained) | found.flooded(flooded))
    note = EventState.NOTE
    notes = [event for event in events if event.state is note]
    inside = [event for event in notes if start <= event.source_time < end]
    return [
        *(found.of_chain(chain) for chain in chained),
        *found.of_floods(flooded, chained),
        *(
            found.of_code(code, past.usual_of(log.names[code], start, end))
            for code in found.urgent(left)
        ),
        *bounded(_notes(inside, settings), settings.max_items),
    ]


def still_open(events: Iterable[Event]) -> tuple[Event, ...]:
    """The raise of each alarm that was not cleared again.

    A machine that never clears anything does not say what stands: nothing is open then.
    """
    ordered = sorted(
        (event for event in events if event.state is not EventState.NOTE),
        key=lambda event: event.source_time,
    )
    up: dict[str, Event] = {}
    for event in ordered:
        if event.state is EventState.RAISED:
            up.setdefault(event.code, event)
        else:
            up.pop(event.code, None)
    clears = any(event.state is EventState.CLEARED for event in ordered)
    return tuple(up.values()) if clears else ()


@dataclass(frozen=True, slots=True)
class _Alarms:
    """The alarms of one window, on their way to findings."""

    log: AlarmLog
    known: Tally
    settings: EvidenceSettings

    def chained(self, found: list[Chain]) -> Flags:
        """Codes that are told with a trip chain: each of their raises belongs to one."""
        return self._all_in(within(self.log, found)) & ~self.known.stood

    def flooded(self, found: list[Flood]) -> Flags:
        """Codes that are told with a flood: raised nowhere else, not chattering, and gone."""
        places = np.concatenate([np.empty(0, dtype=np.int64), *(flood.places for flood in found)])
        inside = self._all_in(np.bincount(self.log.code[places], minlength=len(self.log.names)))
        known = self.known
        return inside & ~known.chatters & ~known.active & ~known.stood

    def _all_in(self, inside: Ints) -> Flags:
        return np.asarray((inside > 0) & (inside == self.known.count))

    def urgent(self, left: Flags) -> list[int]:
        """The codes that are told by themselves, the most urgent first, not too many."""
        known = self.known
        length = known.end - known.start
        order = np.lexsort((-length, -known.count, ~known.active, -known.worst))
        seen = np.bincount(self.log.code, minlength=len(left)) > 0
        return [int(code) for code in order[(left & seen)[order]][: self.settings.max_items]]

    def of_code(self, code: int, usual: Usual | None) -> Finding:
        """One code with its counts."""
        log, known = self.log, self.known
        places = log.of_code(code)
        active, count = bool(known.active[code]), int(known.count[code])
        severity = _SEVERITIES[known.worst[code]]
        if usual is not None and usual.explains(count) and severity is Severity.WARNING:
            severity = severity if active else Severity.INFO
        events = self._some(places)
        return Finding(
            kind=self._kind(code),
            signals=(),
            start=seconds(known.start[code]),
            end=seconds(log.end if active else known.end[code]),
            severity=severity,
            numbers=self._numbers(code, places, usual),
            rows=self._rows(places),
            active=active,
            codes=self._codes([code]),
            quotes=quotes(events, self.settings),
        )

    def _kind(self, code: int) -> EvidenceKind:
        if self.known.chatters[code]:
            return EvidenceKind.CHATTERING
        return EvidenceKind.STANDING if self.known.stands[code] else EvidenceKind.ALARM

    def _numbers(self, code: int, places: Ints, usual: Usual | None) -> dict[str, Quantity]:
        log, known = self.log, self.known
        numbers = {
            "count": Quantity(float(known.count[code])),
            "duration": Quantity(seconds(known.duration[code]), "s"),
        }
        if known.chatters[code]:
            raises = log.time[places[log.raised[places] & log.inside[places]]]
            numbers["peak_rate"] = Quantity(float(busiest(raises, self.settings.chatter_s)))
        elif known.fleeting[code]:
            numbers["fleeting"] = Quantity(float(known.fleeting[code]))
        if usual is not None:
            numbers["usual"] = Quantity(round(usual.count, 1))
        return numbers | self._part(code)

    def _part(self, code: int) -> dict[str, Quantity]:
        """The part in all alarms, of those that are raised most, where there are many."""
        count, total = self.known.count, len(self.log.raises)
        rank = 1 + int(np.count_nonzero(count > count[code]))
        alone = total == count[code]
        if total <= self.settings.flood_count or rank > MOST_BAD_ACTORS or alone or count[code] < 2:
            return {}
        share = round(100.0 * float(count[code]) / total, 1)
        return {"share": Quantity(share, "%"), "rank": Quantity(float(rank))}

    def of_chain(self, chain: Chain) -> Finding:
        """A trip: the alarm that came first, and those that followed."""
        log, places = self.log, chain.places
        different = _in_order(log.code[places])
        active = bool(self.known.active[different].any())
        last = log.end if active else int(log.time[places[-1]])
        worst = int(log.rank[places].max())
        numbers = {
            "count": Quantity(float(len(different) - 1)),
            "duration": Quantity(seconds(log.time[places[-1]] - log.time[places[0]]), "s"),
        }
        if chain.lead > 0:
            numbers["lead"] = Quantity(seconds(chain.lead), "s")
        return Finding(
            kind=EvidenceKind.FIRST_OUT,
            signals=(),
            start=seconds(log.time[places[0]]),
            end=seconds(last),
            severity=_SEVERITIES[worst],
            numbers=numbers,
            rows=self._rows(places),
            active=active,
            codes=self._codes(different.tolist()),
            quotes=quotes(self._some(places), self.settings),
        )

    def of_floods(self, found: list[Flood], told: list[Chain]) -> Iterator[Finding]:
        """The floods but those that are little more than a trip chain."""
        inside = seconds(sum(flood.end - flood.start for flood in found))
        share = round(100.0 * inside * MICROS / max(1, self.log.end - self.log.start), 1)
        known = np.concatenate([np.empty(0, dtype=np.int64), *(chain.places for chain in told)])
        for flood in found:
            if np.count_nonzero(~np.isin(flood.places, known)) > self.settings.flood_count:
                yield self._of_flood(flood, share)

    def _of_flood(self, flood: Flood, share: float) -> Finding:
        log, places = self.log, flood.places
        return Finding(
            kind=EvidenceKind.FLOOD,
            signals=(),
            start=seconds(flood.start),
            end=seconds(flood.end),
            severity=_SEVERITIES[int(log.rank[places].max())],
            numbers={
                "count": Quantity(float(len(places))),
                "peak_rate": Quantity(float(flood.peak)),
                "duration": Quantity(seconds(flood.end - flood.start), "s"),
                "share": Quantity(share, "%"),
            },
            rows=self._rows(places),
            active=flood.active,
            codes=self._codes(_in_order(log.code[places]).tolist()),
        )

    def _some(self, places: Ints) -> list[Event]:
        return self.log.events_at(places[:LOOKED_AT].tolist())

    def _codes(self, codes: Sequence[int]) -> tuple[str, ...]:
        names = (self.log.names[code] for code in codes)
        cut = (name[: self.settings.code_length] for name in names if name)
        return tuple(dict.fromkeys(cut))[: self.settings.max_codes]

    def _rows(self, places: Ints) -> tuple[RowRange, ...]:
        rows = self.log.row[places]
        rows = rows[rows != NO_ROW]
        return (RowRange("events", int(rows.min()), int(rows.max())),) if len(rows) else ()


def _in_order(codes: Ints) -> Ints:
    """The different ones, in order of appearance."""
    different, first = np.unique(codes, return_index=True)
    return different[np.argsort(first, kind="stable")]


def _notes(events: Iterable[Event], settings: EvidenceSettings) -> Iterator[Finding]:
    for event in events:
        if not event.is_collectors:
            at = event.source_time.timestamp()
            yield Finding(
                kind=EvidenceKind.NOTE,
                signals=(),
                start=at,
                end=at,
                severity=event.severity,
                numbers={},
                rows=() if event.row is None else (RowRange("events", event.row, event.row),),
                codes=(event.code[: settings.code_length],) if event.code else (),
                quotes=quotes([event], settings),
            )


def quotes(events: Sequence[Event], settings: EvidenceSettings) -> tuple[str, ...]:
    """Different texts in order of appearance, cut to length; raised ones first."""
    texts = [event.text for event in events if event.state is not EventState.CLEARED]
    texts = texts or [event.text for event in events]
    cut = (text.lstrip()[: settings.quote_length].rstrip() for text in texts)
    return tuple(dict.fromkeys(text for text in cut if text))[: settings.max_quotes]
