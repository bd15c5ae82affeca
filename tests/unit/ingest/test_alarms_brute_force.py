"""What is counted for all codes at once is what a plain walk through the log counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.alarms import AlarmPast, findings
from ingest.alarms_floods import floods
from ingest.alarms_log import AlarmLog
from ingest.alarms_tally import Tally, busiest, tally
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, EvidenceKind, Severity

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LENGTH_S = 4000
END = START + timedelta(seconds=LENGTH_S)
SETTINGS = EvidenceSettings(standing_s=3000.0)


def at_event(at_s: float, code: str, state: EventState, severity: Severity) -> Event:
    at = START + timedelta(seconds=at_s)
    return Event("press-3", code, severity, state, "text", at, at, "mqtt:x")


events = st.lists(
    st.builds(
        at_event,
        st.one_of(
            st.integers(-50, LENGTH_S + 50),
            st.integers(0, 120),
            st.floats(0, LENGTH_S, allow_nan=False),
        ),
        st.sampled_from(["E1", "E2", "E3", "", "e1"]),
        st.sampled_from([EventState.RAISED, EventState.RAISED, EventState.CLEARED]),
        st.sampled_from(Severity),
    ),
    max_size=80,
)
"""Out of order, some outside, some twice, some cleared that were never raised."""


def at_gaps(gaps: list[int], codes: list[str]) -> list[Event]:
    """One raise after another, so many seconds apart."""
    times = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    pairs = zip(times, codes * len(gaps), strict=False)
    return [at_event(at, code, EventState.RAISED, Severity.WARNING) for at, code in pairs]


dense = st.builds(
    at_gaps,
    st.lists(st.sampled_from([0, 10, 20, 30, 60, 120, 150, 300]), min_size=12, max_size=60),
    st.lists(st.sampled_from(["E1", "E2", "E3", "E4"]), min_size=1, max_size=7),
)
"""Raises at such distances that floods and chattering begin and end, often just so."""


@dataclass
class Walked:
    """One code, counted event by event."""

    count: int = 0
    worst: int = 0
    start: float = 0.0
    end: float = 0.0
    active: bool = False
    duration: float = 0.0
    fleeting: int = 0


def walked(own: Sequence[Event]) -> Walked:
    """A plain state machine: up at the first raise, down at the first clear after it."""
    seen, up, spells = Walked(), None, []
    for event in own:
        at = event.source_time.timestamp()
        if event.state is EventState.RAISED:
            seen.count += 1
            seen.worst = max(seen.worst, event.severity.rank)
            up = at if up is None else up
        elif up is not None:
            spells.append((up, at, True))
            up = None
        elif not spells:
            spells.append((START.timestamp(), at, False))
    if up is not None:
        spells.append((up, END.timestamp(), False))
    seen.active = up is not None
    seen.start, seen.end = spells[0][0], max(last for _, last, _ in spells)
    seen.duration = sum(last - first for first, last, _ in spells)
    seen.fleeting = sum(whole and last - first < 10.0 for first, last, whole in spells)
    return seen


def inside(found: Sequence[Event]) -> list[Event]:
    kept = [event for event in found if START <= event.source_time < END]
    return sorted(kept, key=lambda event: event.source_time)


def raise_times(found: Sequence[Event]) -> list[int]:
    """Microseconds after the start."""
    return [
        round((e.source_time - START) / timedelta(microseconds=1))
        for e in found
        if e.state is EventState.RAISED
    ]


def tallied(found: Sequence[Event]) -> tuple[AlarmLog, Tally]:
    log = AlarmLog.of(found, START, END)
    return log, tally(log, SETTINGS)


@given(events)
def test_every_code_is_counted_as_a_plain_walk_counts_it(found: list[Event]) -> None:
    """Raises, spells, time active, worst severity, fleeting."""
    log, known = tallied(found)
    for place, code in enumerate(log.names):
        own = [event for event in inside(found) if event.code == code]
        if not own:
            continue
        plain = walked(own)
        assert known.count[place] == plain.count
        assert known.worst[place] == plain.worst
        assert bool(known.active[place]) is plain.active
        assert known.fleeting[place] == plain.fleeting
        for micros, second in (
            (known.start[place], plain.start),
            (known.end[place], plain.end),
            (known.duration[place], plain.duration),
        ):
            assert abs(micros / 1e6 - second) < 1e-3


@given(st.one_of(events, dense))
def test_chattering_is_three_raises_of_a_code_in_a_minute(found: list[Event]) -> None:
    """Both ends of the minute included."""
    log, known = tallied(found)
    for place, code in enumerate(log.names):
        times = raise_times([event for event in inside(found) if event.code == code])
        most = max((sum(a <= b <= a + 60_000_000 for b in times) for a in times), default=0)
        assert bool(known.chatters[place]) is (most >= 3)
        own = log.of_code(place)
        assert busiest(log.time[own[log.raised[own]]], 60.0) == most


@given(st.one_of(events, dense))
@example(at_gaps([0, 270, 0, 0, 0, 0, 0, 60, 150, 60, 0], ["E1"]))
def test_floods_are_those_of_a_clock_that_looks_at_every_alarm(found: list[Event]) -> None:
    """In flood from the eleventh in ten minutes until fewer than five are left of the last ten."""
    log, known = tallied(found)
    own = [event for event in inside(found) if event.severity is not Severity.INFO]
    times = raise_times(own)
    spans, since = [], None
    for place, now in enumerate(times):
        before = sum(now - 600_000_000 <= t for t in times[:place])
        if since is not None and before < 5:
            spans.append((since, place - 1))
            since = None
        if since is None and before + 1 > 10:
            since = place
    if since is not None:
        spans.append((since, len(times) - 1))
    every = EvidenceSettings(standing_s=3000.0, chatter_count=10**6)
    told = floods(log, tally(log, every), every)
    assert [(times[last], True) for _, last in spans] == [
        (int(log.time[f.places[-1]]) - log.start, len(f.places) > 10) for f in told
    ]
    assert all(f.start <= times[a] + log.start for f, (a, _) in zip(told, spans, strict=True))
    assert known.count.sum() == len(raise_times(inside(found)))


@given(events, events)
def test_no_alarm_is_lost(found: list[Event], before: list[Event]) -> None:
    """Every code is told by itself, or by a chain or a flood that it was raised in."""
    items = findings(found, START, END, settings=SETTINGS, past=AlarmPast(tuple(before)))
    told = {f.codes[0] if f.codes else "" for f in items}
    merged = any(f.kind in (EvidenceKind.FIRST_OUT, EvidenceKind.FLOOD) for f in items)
    early = [e for e in before if e.state is EventState.RAISED and e.source_time < START]
    codes = {e.code for e in [*inside(found), *early]}
    assert codes == told if not merged else told <= codes
    assert all(f.end >= f.start for f in items)
