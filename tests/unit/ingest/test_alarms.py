"""Alarms are counted by code, and chattering, flood and standing ones are told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.alarms import group
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, EvidenceKind, Severity

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
END = START + timedelta(seconds=600)


def event(
    at_s: float, state: str = "raised", code: str = "E217", *, text: str = "Oil temp high"
) -> Event:
    at = START + timedelta(seconds=at_s)
    kind = EventState(state)
    return Event("press-3", code, Severity.WARNING, kind, text, at, at, "mqtt:x", row=int(at_s))


def test_an_alarm_is_counted_and_active_until_it_is_cleared() -> None:
    """Two raises, one clear: one item, still active, with the rows it stands on."""
    (item,) = group([event(10), event(70, "cleared"), event(500)], START, END)
    assert item.kind is EvidenceKind.ALARM
    assert item.codes == ("E217",)
    assert item.active
    assert item.numbers["count"].value == 2
    assert item.numbers["duration"].value == 160
    assert (item.rows[0].table, item.rows[0].first, item.rows[0].last) == ("events", 10, 500)
    assert (item.start, item.end) == (START + timedelta(seconds=10), END)


def test_a_cleared_alarm_is_not_active_and_ends_when_cleared() -> None:
    """The severity is that of the raise."""
    (item,) = group([event(10), event(70, "cleared")], START, END)
    assert (item.active, item.end) == (False, START + timedelta(seconds=70))
    assert item.severity is Severity.WARNING


def test_a_clear_alone_tells_of_an_alarm_from_before_the_window() -> None:
    """It was active from the start of the window."""
    (item,) = group([event(70, "cleared")], START, END)
    assert (item.start, item.end) == (START, START + timedelta(seconds=70))
    assert (item.severity, item.numbers["count"].value) == (Severity.INFO, 0)


def test_three_raises_within_a_minute_are_chattering() -> None:
    """ISA-18.2; two are not, nor three in ten minutes."""
    quick = [event(t) for t in (10, 30, 50)]
    (item,) = group(quick, START, END)
    assert item.kind is EvidenceKind.CHATTERING
    assert item.numbers["peak_rate"].value == 3
    slow = group([event(10), event(200), event(400)], START, END)
    assert slow[0].kind is EvidenceKind.ALARM


def test_more_than_ten_alarms_in_ten_minutes_are_a_flood() -> None:
    """Ten are none."""
    many = [event(20.0 * n, code=f"E{n}") for n in range(11)]
    assert [i.kind for i in group(many, START, END)].count(EvidenceKind.FLOOD) == 1
    assert EvidenceKind.FLOOD not in [i.kind for i in group(many[:10], START, END)]


def test_an_alarm_active_for_a_day_is_standing() -> None:
    """24 hours after ISA-18.2."""
    (item,) = group([event(0)], START, START + timedelta(hours=25))
    assert item.kind is EvidenceKind.STANDING


def test_a_note_is_evidence_with_its_words_as_a_quote_only() -> None:
    """Untrusted words stand in quotes, never in the statement."""
    (item,) = group([event(5, "note", "", text="pump sounds rough, see E999")], START, END)
    assert item.kind is EvidenceKind.NOTE
    assert item.quotes == ("pump sounds rough, see E999",)
    assert "pump" not in item.statement


def test_quotes_are_few_short_and_different() -> None:
    """Twenty long texts become three short ones."""
    texts = [event(t, text=f"{t % 5} " + "x" * 500) for t in range(20)]
    item = next(i for i in group(texts, START, END) if i.kind is EvidenceKind.CHATTERING)
    settings = EvidenceSettings()
    assert len(item.quotes) == settings.max_quotes
    assert max(len(quote) for quote in item.quotes) == settings.quote_length


def test_events_outside_the_window_do_not_count() -> None:
    """Neither before nor at its end."""
    assert group([event(-1), event(600)], START, END) == ()
