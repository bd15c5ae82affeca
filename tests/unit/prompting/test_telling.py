"""What is told, in which order and in which words: summaries that a shift leader would sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.vocabulary import (
    Evidence,
    EvidenceKind,
    Quantity,
    RowRange,
    Severity,
    Statement,
    Summary,
)
from prompting.library import PromptLibrary
from prompting.summarizer import Summarizer
from prompting.telling import Watched, completed

END = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
START = END - timedelta(hours=8)
NAMES = {"de": {("press-3", "oil_temp"): "Öltemperatur", ("press-3", "pressure"): "Systemdruck"}}
SUMMARIZER = Summarizer(None, PromptLibrary(), timezone="Europe/Berlin", names=NAMES)
KINDS = EvidenceKind
NUMBER = [0]


def item(
    kind: EvidenceKind,
    at_min: float,
    lasting_min: float = 0.0,
    *,
    numbers: dict[str, Quantity] | None = None,
    machine: str = "press-3",
    severity: Severity = Severity.WARNING,
    direction: str = "",
    signals: tuple[str, ...] = (),
    codes: tuple[str, ...] = (),
    quotes: tuple[str, ...] = (),
) -> Evidence:
    """So many minutes before the end; still so without an end of its own."""
    start = END - timedelta(minutes=at_min)
    active = not lasting_min
    end = END if active else start + timedelta(minutes=lasting_min)
    lasted = Quantity((end - start).total_seconds(), "s")
    NUMBER[0] += 1
    return Evidence(
        id=f"E{NUMBER[0]:04}",
        kind=kind,
        machine=machine,
        signals=signals,
        start=start,
        end=end,
        severity=severity,
        statement="",
        numbers={"duration": lasted, **(numbers or {})},
        rows=(RowRange("readings", 10, 90),) if signals else (RowRange("events", 7, 7),),
        active=active,
        direction=direction,
        codes=codes,
        quotes=quotes,
    )


def low_pressure(at_min: float = 180.0, lasting_min: float = 12.0) -> Evidence:
    """Pressure below its limit, once."""
    numbers = {
        "peak": Quantity(168.4, "bar"),
        "limit": Quantity(190.0, "bar"),
        "baseline": Quantity(211.7, "bar"),
        "count": Quantity(1.0),
    }
    return item(
        KINDS.LIMIT_VIOLATION,
        at_min,
        lasting_min,
        numbers=numbers,
        direction="down",
        signals=("pressure",),
    )


def drift(at_min: float = 55.0) -> Evidence:
    """Oil that still drifts up."""
    numbers = {"baseline": Quantity(48.21, "degC"), "level": Quantity(63.04, "degC")}
    return item(KINDS.DRIFT, at_min, numbers=numbers, direction="up", signals=("oil_temp",))


def alarm(code: str, at_min: float, lasting_min: float = 0.0, *, times: int = 1) -> Evidence:
    """With words of the machine."""
    return item(
        KINDS.ALARM,
        at_min,
        lasting_min,
        numbers={"count": Quantity(float(times))},
        codes=(code,),
        quotes=(f"words of {code}.",),
    )


def note(words: str, at_min: float, machine: str = "press-3") -> Evidence:
    """By a person."""
    return item(KINDS.NOTE, at_min, 1e-9, machine=machine, severity=Severity.INFO, quotes=(words,))


def message(code: str, at_min: float) -> Evidence:
    """Small talk of the machine."""
    return replace(alarm(code, at_min, 1.0), severity=Severity.INFO)


def told(*evidence: Evidence, language: str = "en", prompt: str = "issue-summary") -> Summary:
    """By rule."""
    return SUMMARIZER.summarize(
        evidence,
        scope="press-3",
        start=START,
        end=END,
        language=language,
        prompt=prompt,
        watched=Watched(7, 3),
    )


def texts(found: Summary) -> list[str]:
    """Its sentences."""
    return [statement.text for statement in found.statements]


SHIFT = (
    note("All quiet at the start", 470),
    low_pressure(),
    alarm("X-5649", 180.2, 12.0),
    alarm("X-8995", 179.0, 11.0),
    note("Pump sounds tired", 178),
    drift(),
    alarm("E217", 54),
    message("I117", 300),
)


def test_a_shift_in_english() -> None:
    """Cause, what it set off, the next cause, notes of that time, and what is not told."""
    found = told(*SHIFT)
    assert found.headline == (
        "press-3: oil temp drifted up, with alarm E217; pressure was below its low limit"
    )
    assert texts(found) == [
        "Pressure was below its low limit of 190 bar from 11:00 to 11:12; lowest 168 bar.",
        (
            "With it came alarms X-5649 (10:59, “words of X-5649”) and X-8995 (11:01, “words of "
            "X-8995”); they are over."
        ),
        "Oil temp has drifted up since 13:05, from 48.2 °C to 63 °C.",
        "Alarm E217 came with it at 13:06 and is still active: “words of E217”.",
        "Noted at 11:02: “Pump sounds tired”.",
        "Not told here: 1 message and 1 note.",
    ]


def test_a_shift_in_german() -> None:
    """The same, with the names that people there use."""
    found = told(*SHIFT, language="de")
    assert found.headline == (
        "press-3: Öltemperatur langsam gestiegen, mit Meldung E217; "
        "Systemdruck lag unter dem unteren Grenzwert"
    )
    assert texts(found) == [
        (
            "Systemdruck lag von 11:00 bis 11:12 Uhr unter dem unteren Grenzwert von 190 bar; "
            "tiefster Wert 168 bar."
        ),
        (
            "Dazu kamen die Meldungen X-5649 (10:59 Uhr, „words of X-5649“) und X-8995 (11:01 Uhr, "
            "„words of X-8995“); sie sind vorbei."
        ),
        "Öltemperatur steigt seit 13:05 Uhr langsam, von 48,2 °C auf 63 °C.",
        "Dazu kam um 13:06 Uhr Meldung E217, die noch ansteht: „words of E217“.",
        "Notiert um 11:02 Uhr: „Pump sounds tired“.",
        "Hier nicht genannt: 1 Hinweis und 1 Notiz.",
    ]


def test_what_is_not_told_is_cited() -> None:
    """So that a reader can look."""
    found = told(*SHIFT)
    cited = {identity for statement in found.statements for identity in statement.evidence}
    assert cited == {one.id for one in found.evidence}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Nothing stands out: 7 signals were watched, 3 messages came in, no gap."),
        ("de", "Nichts Auffälliges: 7 Signale beobachtet, 3 Meldungen gekommen, keine Lücke."),
    ],
)
def test_a_quiet_shift_says_what_was_watched(language: str, expected: str) -> None:
    """Notes and messages are no findings, and no headline."""
    found = told(note("All quiet", 100), message("I117", 50), language=language)
    assert found.headline.endswith(("nothing out of the ordinary", "nichts Auffälliges"))
    assert found.statements[0] == Statement(expected, ())
    assert "„All quiet“" in texts(found)[2] or "“All quiet”" in texts(found)[2]
    assert "I117 (13:10" in texts(found)[1]


def test_silence_is_not_called_quiet() -> None:
    """Without a reading nothing can be said."""
    found = SUMMARIZER.summarize((), scope="press-3", start=START, end=END, watched=Watched(0, 0))
    assert found.headline == "press-3: no data"
    assert texts(found) == ["No signal was received in this time, so nothing can be said about it."]


def test_another_day_is_named() -> None:
    """In the form that the preposition wants."""
    old = replace(drift(), start=START - timedelta(days=2))
    assert "since 06:00 on 20 Nov," in texts(told(old))[0]
    assert "steigt seit dem 20.11., 06:00 Uhr langsam" in texts(told(old, language="de"))[0]
    gone = replace(alarm("E9", 600, 60.0), start=START - timedelta(days=400))
    assert "from 07:00 on 18 Oct 2025 to 05:00:" in texts(told(gone))[0]
    assert "vom 18.10.2025, 07:00 bis" in texts(told(gone, language="de"))[0]
    came = replace(alarm("E9", 600), start=START - timedelta(days=1))
    assert "kam am 21.11. um 06:00 Uhr" in texts(told(came, language="de"))[0]


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (1.5, "1.5 s", "1,5 s"),
        (42.4, "42 s", "42 s"),
        (1500, "25 min", "25 min"),
        (8400, "2 h 20 min", "2 h 20 min"),
        (10_800, "3 h", "3 h"),
        (273_600, "3 days 4 h", "3 Tage 4 h"),
    ],
)
def test_how_long_it_lasted_in_human_form(seconds: float, english: str, german: str) -> None:
    """In the units that suit it."""
    standing = item(KINDS.STANDING, 30, numbers={"duration": Quantity(seconds, "s")}, codes=("E1",))
    assert f"for {english}." in texts(told(standing))[0]
    assert f"an, {german} lang." in texts(told(standing, language="de"))[0]


def test_singular_and_plural() -> None:
    """One, two, many."""
    assert "has come twice since" in texts(told(alarm("E1", 30, times=2)))[0]
    assert "has come 7 times since" in texts(told(alarm("E1", 30, times=7)))[0]
    assert "kam seit 13:30 Uhr 7-mal" in texts(told(alarm("E1", 30, times=7), language="de"))[0]
    two = replace(drift(), signals=("oil_temp", "pressure"))
    three = replace(drift(), signals=("oil_temp", "pressure", "flow"))
    assert texts(told(two, language="de"))[0].endswith("; Systemdruck veränderte sich mit.")
    assert texts(told(three, language="de"))[0].endswith(
        "; Systemdruck und flow veränderten sich mit."
    )


def test_a_message_is_not_called_an_alarm() -> None:
    """An alarm that comes as often as usual is one all the same."""
    usual = replace(
        alarm("E1", 50, 5.0, times=4),
        severity=Severity.INFO,
        numbers={"count": Quantity(4.0), "usual": Quantity(5.0), "duration": Quantity(300, "s")},
    )
    found = texts(told(usual, drift()))
    assert "Alarm E1 came 4 times (usually 5) from 13:10 to 13:15 and is over" in found[1]
    both = told(message("I117", 50), language="de")
    assert any("Hinweisen kam I117" in text for text in texts(both))


def test_of_two_machines_every_sentence_names_its_own() -> None:
    """Each problem of the headline too, and each note."""
    other = replace(drift(50.0), machine="mill-1")
    found = told(low_pressure(60.0, 55.0), other, note("a", 58), note("b", 49, "mill-1"))
    assert (
        found.headline == "mill-1: oil temp drifted up; press-3: pressure was below its low limit"
    )
    assert texts(found)[0].startswith("press-3: pressure was below")
    assert texts(found)[1].startswith("mill-1: oil temp has drifted")
    assert texts(found)[2] == "Noted on press-3 at 13:02: “a”; on mill-1 at 13:11: “b”."


def test_a_trip_chain_is_told_by_its_first_alarm() -> None:
    """Followers by name while they are few, else by number."""
    chain = item(
        KINDS.FIRST_OUT,
        30,
        1.0,
        numbers={"count": Quantity(2.0), "duration": Quantity(20, "s")},
        codes=("E1", "E2", "E3"),
        quotes=("pump tripped",),
    )
    assert texts(told(chain))[0] == (
        "Alarm E1 came first, at 13:30: “pump tripped”; E2 and E3 followed within 20 s."
    )
    many = replace(
        chain,
        codes=tuple(f"E{n}" for n in range(1, 10)),
        numbers={**chain.numbers, "count": Quantity(8.0)},
    )
    assert "8 alarms followed within 20 s, first E2, E3, E4, E5 and others" in texts(told(many))[0]


def test_an_engineer_gets_seconds_figures_and_rows_in_strict_order() -> None:
    """Alarm before the cause where it came before."""
    found = told(*SHIFT, prompt="engineer-explanation")
    assert texts(found)[1:4] == [
        (
            "Alarm X-5649 was active from 10:59:48 to 11:11:48: “words of X-5649” "
            "(event 7, duration 12 min)."
        ),
        (
            "Pressure was below its low limit of 190 bar from 11:00:00 to 11:12:00; lowest 168 bar "
            "(readings 10\N{EN DASH}90, usual 212 bar, duration 12 min)."
        ),
        (
            "Alarm X-8995 was active from 11:01:00 to 11:12:00: “words of X-8995” "
            "(event 7, duration 11 min)."
        ),
    ]


def test_a_section_with_evidence_never_claims_to_be_empty() -> None:
    """Though no sentence of it was told; the others say that there is nothing."""
    full = completed((), (alarm("E217", 54),), language="en")
    assert [one.section for one in full] == [
        "exceptions",
        "out_of_service",
        "open_cards",
        "instructions",
    ]


def test_a_handover_without_data_does_not_say_that_all_was_well() -> None:
    """No signal was received: that is said in place of nothing out of the ordinary."""
    unheard = completed((), (), language="en", watched=Watched(0, 0))
    heard = completed((), (), language="en", watched=Watched(3, 0))
    assert unheard[0].text.startswith("No signal was received in this time")
    assert heard[0].text == "Nothing out of the ordinary."
