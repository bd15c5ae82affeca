"""What a machine's usual week says about a count of alarms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest.alarms import AlarmPast, findings
from ingest.alarms_usual import MOST_CODES, MOST_HOURS, AlarmBaseline, learn_alarms
from ingest.detect import Finding
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, EvidenceKind, Severity

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""A Monday."""
END = START + timedelta(hours=8)
PAST = START - timedelta(weeks=4)


def event(at: datetime, code: str = "E217", state: str = "raised") -> Event:
    severity = Severity.WARNING
    return Event("press-3", code, severity, EventState(state), "text", at, at, "mqtt:x")


def every(hours: float, code: str = "E217", since: datetime = PAST) -> Iterator[Event]:
    """One raise so often, four weeks long."""
    at = since
    while at < START:
        yield event(at, code)
        at += timedelta(hours=hours)


def shift(count: int, known: AlarmBaseline | None, code: str = "E217") -> Finding:
    """A shift with so many raises of one alarm, each cleared, and the last one soon."""
    times = [START + timedelta(minutes=5 + 450 * n / max(1, count)) for n in range(count)]
    events = [
        e
        for at in times
        for e in (event(at, code), event(at + timedelta(seconds=30), code, "cleared"))
    ]
    found = findings(events, START, END, settings=EvidenceSettings(), past=AlarmPast(usual=known))
    return next(f for f in found if f.kind is EvidenceKind.ALARM)


@pytest.fixture(scope="module")
def known() -> AlarmBaseline:
    """E217 every two hours, E300 on Mondays at eight only."""
    mondays = [PAST + timedelta(weeks=w, hours=2, minutes=n) for w in range(4) for n in range(6)]
    return learn_alarms([*every(2.0), *(event(at, "E300") for at in mondays)], PAST, START)


def test_a_count_as_every_week_is_told_as_information(known: AlarmBaseline) -> None:
    """Four in eight hours are usual here; without that knowledge they are a warning."""
    item = shift(4, known)
    assert item.numbers["usual"].value == pytest.approx(4.0, abs=0.2)
    assert (item.severity, shift(4, None).severity) == (Severity.INFO, Severity.WARNING)


def test_a_count_far_above_the_usual_stays_a_warning(known: AlarmBaseline) -> None:
    """Both numbers are there to be compared."""
    item = shift(30, known)
    assert item.severity is Severity.WARNING
    assert (item.numbers["count"].value, round(item.numbers["usual"].value)) == (30, 4)


def test_an_alarm_that_never_came_before_is_not_usual(known: AlarmBaseline) -> None:
    """One raise of it stays a warning; the number says that it usually never comes."""
    item = shift(1, known, "E999")
    assert (item.severity, item.numbers["usual"].value) == (Severity.WARNING, 0.0)


def test_the_time_of_the_week_counts(known: AlarmBaseline) -> None:
    """Six on a Monday morning are expected, none on a Tuesday."""
    monday = known.usual("E300", START, END)
    tuesday = known.usual("E300", START + timedelta(days=1), END + timedelta(days=1))
    assert monday is not None
    assert tuesday is not None
    assert monday.count > 4 > 1 > tuesday.count


def test_what_is_still_up_keeps_its_severity(known: AlarmBaseline) -> None:
    """However usual it is."""
    events = [event(START + timedelta(hours=h)) for h in range(3)]
    (item,) = findings(events, START, END, settings=EvidenceSettings(), past=AlarmPast(usual=known))
    assert (item.active, item.severity) == (True, Severity.WARNING)
    assert "usual" in item.numbers


def test_too_short_a_past_says_nothing_and_half_a_week_lowers_nothing() -> None:
    """A day at least for a number, a week for a judgement."""
    hours = learn_alarms(list(every(2.0)), START - timedelta(hours=20), START)
    assert "usual" not in shift(4, hours).numbers
    days = learn_alarms(list(every(2.0)), START - timedelta(days=3), START)
    item = shift(4, days)
    assert item.numbers["usual"].value == pytest.approx(4.0, abs=0.3)
    assert item.severity is Severity.WARNING


def test_bursts_are_allowed_for(known: AlarmBaseline) -> None:
    """Forty are no surprise where one shift in ten has them, and one where each has four."""
    rng = [PAST + timedelta(hours=80 * n, seconds=60 * k) for n in range(8) for k in range(40)]
    bursty = learn_alarms([event(at) for at in rng], PAST, START).usual("E217", START, END)
    steady = known.usual("E217", START, END)
    assert bursty is not None
    assert steady is not None
    assert (bursty.exceeded_by(40), steady.exceeded_by(40)) == (False, True)


def test_memory_is_bounded_in_codes_and_in_time() -> None:
    """The codes that come most often are kept; of the others nothing is said."""
    many = [event(START - timedelta(hours=1 + n % 500), f"E{n}") for n in range(3 * MOST_CODES)]
    often = [event(START - timedelta(hours=h), "E1") for h in range(1, 400)]
    known = learn_alarms([*many, *often], START - timedelta(weeks=200), START)
    assert known.counts.shape == (MOST_CODES, MOST_HOURS)
    assert known.usual("E1", START, END) is not None
    assert known.usual("unheard of", START, END) is None


def test_a_past_without_alarms_is_a_usual_week_too() -> None:
    """Then any alarm is unusual; no time at all is no past."""
    calm = learn_alarms([], PAST, START).usual("E217", START, END)
    assert calm is not None
    assert (calm.count, calm.exceeded_by(5), calm.explains(1)) == (0.0, True, False)
    assert learn_alarms([], START, START).usual("E217", START, END) is None
