"""No log of alarms, however odd or long, makes the extraction fail or its answer long."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.alarms import AlarmPast, findings, past_of
from ingest.alarms_usual import learn_alarms
from ingest.evidence_numbering import numbered
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, Series, Severity

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=8)
SETTINGS = EvidenceSettings()
STATES = list(EventState)


def event(at: datetime, code: str, state: EventState, text: str = "text") -> Event:
    return Event("press-3", code, Severity.WARNING, state, text, at, at, "mqtt:x", row=1)


anything = st.builds(
    event,
    st.datetimes(timezones=st.just(UTC)),
    st.one_of(st.text(max_size=20), st.just("x" * 10_000)),
    st.sampled_from(STATES),
    st.text(max_size=20),
)


@given(st.lists(anything, max_size=40), st.lists(st.tuples(st.floats(), st.floats()), max_size=9))
def test_any_events_give_evidence(odd: list[Event], states: list[tuple[float, float]]) -> None:
    """Any clock, any code, any order, and a state that is no number."""
    past = past_of(odd, START)
    times, values = [at for at, _ in states], [value for _, value in states]
    state = Series("state", "", times, values, list(range(len(states))))
    inside = [event(START, e.code, e.state, e.text) for e in odd]
    for start, end in ((START, END), (START, START), (END, START)):
        items = findings([*odd, *inside], start, end, settings=SETTINGS, past=past, state=state)
        assert len(items) <= 3 * SETTINGS.max_items
        assert all(len(code) <= SETTINGS.code_length for item in items for code in item.codes)
        assert all(len(item.statement) < 1000 for item in numbered(items, "press-3"))


def test_a_hundred_thousand_codes_stay_few_items() -> None:
    """Each raised twice, in a clock that jumps to and fro, and long past known."""
    many = [
        event(START + timedelta(seconds=(n * 7919) % 28_800), f"E{n % 50_000}", STATES[n % 2])
        for n in range(100_000)
    ]
    past = AlarmPast(usual=learn_alarms(many, START - timedelta(weeks=4), START))
    items = findings(many, START, END, settings=SETTINGS, past=past)
    assert len(items) <= 3 * SETTINGS.max_items
    assert sum(sys.getsizeof(text) for item in items for text in item.quotes) < 100_000


def test_clears_without_raises_and_equal_times() -> None:
    """One item each, from the start of the window on."""
    clears = [event(START + timedelta(seconds=60), f"E{n}", EventState.CLEARED) for n in range(9)]
    items = findings(clears, START, END, settings=SETTINGS)
    assert len(items) == 9
    assert all((item.start, item.active) == (START.timestamp(), False) for item in items)


def test_nothing_gives_nothing() -> None:
    """No event, and no time."""
    assert findings([], START, END, settings=SETTINGS) == []
    assert findings([event(START, "E1", EventState.RAISED)], START, START, settings=SETTINGS) == []
