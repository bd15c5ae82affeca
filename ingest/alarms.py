"""Alarms of a window, grouped by code: counts, chattering, standing, flood; and people's notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import (
    Event,
    EventState,
    Evidence,
    EvidenceKind,
    Quantity,
    RowRange,
    Severity,
)


@dataclass(frozen=True, slots=True)
class _Spell:
    """One raise of an alarm until it was cleared; times in seconds since the Unix epoch."""

    start: float
    end: float
    open: bool


def group(
    events: Sequence[Event],
    start: datetime,
    end: datetime,
    *,
    settings: EvidenceSettings | None = None,
) -> tuple[Evidence, ...]:
    """The alarms of a machine between two instants as evidence: one item a code."""
    machine = events[0].machine if events else ""
    return numbered(findings(events, start, end, settings=settings or EvidenceSettings()), machine)


def findings(
    events: Sequence[Event], start: datetime, end: datetime, *, settings: EvidenceSettings
) -> list[Finding]:
    """One finding a code, one a note, one a flood."""
    ordered = sorted(
        (event for event in events if start <= event.source_time < end),
        key=lambda event: (event.source_time, event.code, event.state.value),
    )
    found = [
        _alarm(code, group, start.timestamp(), end.timestamp(), settings=settings)
        for code, group in _by_code(ordered)
    ]
    found += _notes(ordered, settings)
    found += _floods(ordered, settings)
    return found


def _by_code(events: Iterable[Event]) -> Iterator[tuple[str, list[Event]]]:
    groups: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.state is not EventState.NOTE:
            groups[event.code].append(event)
    yield from groups.items()


def _alarm(
    code: str, events: list[Event], start: float, end: float, *, settings: EvidenceSettings
) -> Finding:
    spells = _spells(events, start, end)
    raises = [e.source_time.timestamp() for e in events if e.state is EventState.RAISED]
    busiest = _busiest(raises, settings.chatter_s)
    active = spells[-1].open
    longest = max(spell.end - spell.start for spell in spells)
    numbers = {
        "count": Quantity(float(len(raises))),
        "duration": Quantity(sum(spell.end - spell.start for spell in spells), "s"),
    }
    kind = EvidenceKind.ALARM
    if busiest >= settings.chatter_count:
        kind = EvidenceKind.CHATTERING
        numbers["peak_rate"] = Quantity(float(busiest))
    elif active and longest >= settings.standing_s:
        kind = EvidenceKind.STANDING
    return Finding(
        kind=kind,
        signals=(),
        start=spells[0].start,
        end=end if active else spells[-1].end,
        severity=_worst(events),
        numbers=numbers,
        rows=_rows(events),
        active=active,
        codes=(code,) if code else (),
        quotes=_quotes(events, settings),
    )


def _worst(events: Sequence[Event]) -> Severity:
    """Of the raised ones; an alarm that was only cleared is information."""
    raised = [event.severity for event in events if event.state is EventState.RAISED]
    return max(raised, key=lambda s: s.rank, default=Severity.INFO)


def _spells(events: Sequence[Event], start: float, end: float) -> list[_Spell]:
    """A clear without a raise belongs to an alarm that was up before the window began."""
    spells: list[_Spell] = []
    since: float | None = None
    for event in events:
        at = event.source_time.timestamp()
        if event.state is EventState.RAISED:
            since = at if since is None else since
        elif since is not None:
            spells.append(_Spell(since, at, open=False))
            since = None
        elif not spells:
            spells.append(_Spell(start, at, open=False))
    if since is not None:
        spells.append(_Spell(since, end, open=True))
    return spells


def _busiest(times: Sequence[float], length: float) -> int:
    """Most of these times within any stretch of that length."""
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > length:
            first += 1
        most = max(most, last - first + 1)
    return most


def _notes(events: Sequence[Event], settings: EvidenceSettings) -> Iterator[Finding]:
    for event in events:
        if event.state is EventState.NOTE and not event.is_collectors:
            at = event.source_time.timestamp()
            yield Finding(
                kind=EvidenceKind.NOTE,
                signals=(),
                start=at,
                end=at,
                severity=event.severity,
                numbers={},
                rows=_rows([event]),
                codes=(event.code,) if event.code else (),
                quotes=_quotes([event], settings),
            )


def _floods(events: Sequence[Event], settings: EvidenceSettings) -> Iterator[Finding]:
    raised = [event for event in events if event.state is EventState.RAISED]
    times = [event.source_time.timestamp() for event in raised]
    most = _busiest(times, settings.flood_s)
    if most > settings.flood_count:
        yield Finding(
            kind=EvidenceKind.FLOOD,
            signals=(),
            start=times[0],
            end=times[-1],
            severity=Severity.WARNING,
            numbers={"count": Quantity(float(len(times))), "peak_rate": Quantity(float(most))},
            rows=_rows(raised),
            codes=tuple(sorted({event.code for event in raised if event.code}))[:5],
        )


def _rows(events: Sequence[Event]) -> tuple[RowRange, ...]:
    rows = [event.row for event in events if event.row is not None]
    return (RowRange("events", min(rows), max(rows)),) if rows else ()


def _quotes(events: Sequence[Event], settings: EvidenceSettings) -> tuple[str, ...]:
    """Different texts in order of appearance, cut to length; raised ones first."""
    texts = [event.text for event in events if event.state is not EventState.CLEARED]
    texts = texts or [event.text for event in events]
    cut = (text.strip()[: settings.quote_length] for text in texts)
    return tuple(dict.fromkeys(text for text in cut if text))[: settings.max_quotes]
