"""Alarms are counted by code, and chattering, flood and standing ones are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.alarms import AlarmPast, findings, group, past_of, still_open
from ingest.detect import Finding
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


def found(
    events: Sequence[Event], hours: float = 8.0, standing: Sequence[Event] = ()
) -> list[Finding]:
    end = START + timedelta(hours=hours)
    past = AlarmPast(standing=tuple(standing))
    return findings(events, START, end, settings=EvidenceSettings(), past=past)


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


def test_two_floods_with_a_calm_hour_between_are_two_items() -> None:
    """Each begins with its first alarm; both say how much of the time was in flood."""
    early = [event(60.0 + 20.0 * n, code=f"E{n}") for n in range(20)]
    late = [event(7200.0 + 30.0 * n, code=f"E{n}") for n in range(15)]
    first, second = (f for f in found(early + late) if f.kind is EvidenceKind.FLOOD)
    assert (first.start, second.start) == (START.timestamp() + 60, START.timestamp() + 7200)
    assert (first.numbers["count"].value, second.numbers["count"].value) == (20, 15)
    assert first.numbers["share"].value == round(100 * (380 + 420) / 28_800, 1)
    assert not first.active


def test_a_flood_goes_on_while_five_alarms_come_in_ten_minutes() -> None:
    """Ten a minute apart each keep it going; at three in ten minutes it is over."""
    burst = [event(10.0 * n, code=f"E{n}") for n in range(12)]
    lasting = [event(200.0 + 110.0 * n, code=f"F{n}") for n in range(20)]
    sparse = [event(2700.0 + 250.0 * n, code=f"G{n}") for n in range(9)]
    (flood,) = (f for f in found(burst + lasting + sparse) if f.kind is EvidenceKind.FLOOD)
    assert flood.numbers["count"].value == 32
    assert flood.end == START.timestamp() + 200 + 19 * 110


def test_a_flood_is_active_while_it_has_not_ended() -> None:
    """Five alarms in the last ten minutes of the window."""
    many = [event(28_300.0 + 20.0 * n, code=f"E{n}") for n in range(20)]
    (flood,) = (f for f in found(many) if f.kind is EvidenceKind.FLOOD)
    assert flood.active
    assert flood.end == START.timestamp() + 28_800


def test_a_flood_begins_where_it_gets_dense() -> None:
    """Not with a lone alarm minutes before; and messages make no flood."""
    lone = event(100, code="E99")
    many = [event(400.0 + 20.0 * n, code=f"E{n}") for n in range(20)]
    (flood,) = (f for f in found([lone, *many]) if f.kind is EvidenceKind.FLOOD)
    assert flood.start == START.timestamp() + 400
    messages = [replace(one, severity=Severity.INFO) for one in many]
    assert EvidenceKind.FLOOD not in [f.kind for f in found(messages)]


def test_one_chattering_alarm_alone_is_no_flood() -> None:
    """Thirty raises in ten minutes are one item, not two."""
    restless = [
        event(10.0 * n, state) for n, state in enumerate(["raised", "cleared"] * 30, start=1)
    ]
    assert [f.kind for f in found(restless)] == [EvidenceKind.CHATTERING]


def test_alarms_that_came_only_in_a_flood_are_told_with_it() -> None:
    """It is as bad as the worst of them; what is still up or came again is told by itself."""
    flood = [
        e
        for n in range(20)
        for e in (event(20.0 * n, code=f"E{n}"), event(20.0 * n + 5, "cleared", f"E{n}"))
        if (n, e.state) != (3, EventState.CLEARED)
    ]
    flood[0] = replace(flood[0], severity=Severity.CRITICAL)
    again = [event(9000, code="E7"), event(9010, "cleared", "E7")]
    again += [event(at, state, "E9") for at in (250, 320) for state in ("raised", "cleared")]
    items = found(flood + again)
    assert items[0].severity is Severity.CRITICAL
    assert items[0].kind is EvidenceKind.FLOOD
    assert sorted(f.codes[0] for f in items[1:]) == ["E3", "E7"]
    assert items[0].codes[:3] == ("E0", "E1", "E2")


def test_what_was_up_before_the_window_and_all_through_it_stands() -> None:
    """It is told from its true beginning; in a window of minutes it is an alarm like others."""
    (item,) = found([], standing=[event(-7200.0)])
    assert (item.kind, item.active) == (EvidenceKind.STANDING, True)
    assert item.start == START.timestamp() - 7200
    assert item.numbers["duration"].value == 36_000
    assert item.numbers["count"].value == 0
    (short,) = found([], hours=0.2, standing=[event(-7200.0)])
    assert short.kind is EvidenceKind.ALARM
    assert found([event(60, "cleared")], standing=[event(-7200.0)])[0].kind is EvidenceKind.ALARM


def test_a_day_old_alarm_stands_in_any_window() -> None:
    """ISA-18.2 knows no windows."""
    (item,) = found([], hours=0.2, standing=[event(-86_400.0)])
    assert item.kind is EvidenceKind.STANDING


def test_still_open_is_what_was_raised_and_not_cleared() -> None:
    """The first raise of it; nothing where a machine never clears."""
    up = event(10, code="E1")
    past = [up, event(20, code="E1"), event(15, code="E2"), event(30, "cleared", "E2")]
    assert still_open([*past, event(5, "note", "")]) == (up,)
    assert still_open([event(10, code="E1")]) == ()


def test_the_past_holds_what_stands_and_what_is_usual() -> None:
    """From the oldest event on; of the future it knows nothing."""
    day = 86_400.0
    events = [event(-3 * day), event(-2 * day, "cleared"), event(-day, code="E5"), event(60)]
    past = past_of(events, START)
    assert [e.code for e in past.standing] == ["E5"]
    usual = past.usual_of("E217", START, END)
    assert usual is not None
    assert 0 < usual.count < 0.05
    assert past_of([event(60)], START) == AlarmPast()


def test_the_worst_actors_have_a_share_and_a_rank() -> None:
    """Only where there are many alarms, and not those that came once."""
    often = [event(700.0 * n, code="E1") for n in range(15)]
    seldom = [event(700.0 * n + 300, code="E2") for n in range(5)]
    once = [event(25_000, code="E3")]
    shares = {
        f.codes[0]: (f.numbers["share"].value, f.numbers["rank"].value)
        for f in found(often + seldom + once)
        if "share" in f.numbers
    }
    assert shares == {"E1": (71.4, 1), "E2": (23.8, 2)}


def test_what_goes_away_at_once_is_fleeting() -> None:
    """Counted, unless it chatters."""
    brief = [event(100, "raised"), event(104, "cleared"), event(900), event(990, "cleared")]
    (item,) = found(brief)
    assert item.numbers["fleeting"].value == 1


def test_long_codes_and_many_notes_are_cut() -> None:
    """Nothing a source sends makes an item long, or items many."""
    settings = EvidenceSettings()
    (item,) = found([event(10, code="E" * 10_000)])
    assert len(item.codes[0]) == settings.code_length
    notes = [event(float(n), "note", "", text=f"n{n}") for n in range(500)]
    assert len(found(notes)) == settings.max_items


def test_at_one_instant_the_order_of_arrival_counts() -> None:
    """Raised and cleared in the same microsecond is over; cleared and raised is not."""
    over, up = [event(10), event(10, "cleared")], [event(10, "cleared"), event(10)]
    assert [found(over)[0].active, found(up)[0].active] == [False, True]
