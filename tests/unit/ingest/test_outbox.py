"""What is owed to a centre: queued with the record, forgotten when confirmed or refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.errors import DataFault, SettingsFault, StoreFault
from ingest.history import Record
from ingest.outbox import Outbox, Refused, Waiting, outbox_figures
from ingest.outbox_items import as_json, item_of, record_of
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity, Value

NOON = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)
SOURCE = "mqtt:andon/line-1/press-3/telemetry"
CENTRE = "http://centre"


def reading(number: int | None, value: Value = 61.5, signal: str = "oil_temp") -> Reading:
    quality = Quality.BAD if value is None else Quality.GOOD
    received = NOON + timedelta(seconds=number or 0)
    return Reading("press-3", signal, value, "degC", quality, NOON, received, SOURCE, number)


def event(number: int) -> Event:
    words = ("E217", Severity.WARNING, EventState.RAISED, "Öl heiß")
    return Event("press-3", *words, NOON, NOON, "mqtt:events", number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history lies."""
    return tmp_path / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[SqliteHistory]:
    """A history from before there was an outbox."""
    with SqliteHistory(path) as opened:
        opened.write([reading(0)])
        yield opened


@pytest.fixture
def outbox(history: SqliteHistory) -> Iterator[Outbox]:
    """The outbox of that history, queueing."""
    with Outbox(history.path) as opened:
        opened.begin(CENTRE, "cell-a")
        yield opened


def records(outbox: Outbox) -> list[Record]:
    return [waiting.record for waiting in outbox.head(2000)]


def test_what_is_stored_is_queued_once_and_in_order(history: SqliteHistory, outbox: Outbox) -> None:
    """From the beginning of the outbox on; a duplicate is not owed again; counts are as ever."""
    sent: list[Record] = [reading(1), event(1), reading(2)]
    for record in sent:
        written = history.write([record, record, reading(0)])
        assert (written.received, written.stored, written.duplicates) == (3, 1, 2)
    assert records(outbox) == sent
    history.write(sent)
    assert records(outbox) == sent


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0, -0.0, 0.1, 5e-324, 2**63 - 1, "1", None])
def test_a_value_is_queued_and_sent_as_it_is(
    history: SqliteHistory, outbox: Outbox, value: Value
) -> None:
    """With its type and every digit, through the queue and through the wire."""
    sent = reading(1, value)
    history.write([sent])
    (queued,) = records(outbox)
    assert repr(queued) == repr(sent)
    assert repr(record_of(as_json(item_of(queued)))) == repr(sent)


def test_an_event_and_a_reading_without_a_number_go_over_the_wire() -> None:
    """Nothing of their identity is left to be assumed."""
    for sent in (event(3), reading(None)):
        assert record_of(as_json(item_of(sent))) == sent


def test_what_is_no_record_is_refused() -> None:
    """Such as a payload that was cut off."""
    for payload in (b'{"machine": "press', b"[]", b"{}", as_json(item_of(event(1)) | {"state": 1})):
        with pytest.raises(DataFault):
            record_of(payload)


def test_a_write_that_fails_leaves_neither_record_nor_debt(
    history: SqliteHistory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are one transaction."""
    before = outbox.figures()
    monkeypatch.setattr("ingest.writing.Writing.finish", lambda _: _fail())
    with pytest.raises(StoreFault):
        history.write([reading(7)])
    assert outbox.figures() == before
    assert len(list(history.export())) == 1


def _fail() -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_every_writer_of_the_history_fills_the_outbox(outbox: Outbox, path: Path) -> None:
    """Another process that knows nothing of a centre: a second collector, a replay, a push."""
    with SqliteHistory(path) as other:
        other.write([reading(4)])
    assert records(outbox) == [reading(4)]


def test_a_confirmed_record_is_forgotten_and_its_number_not_given_again(
    history: SqliteHistory, outbox: Outbox
) -> None:
    """So that a late confirmation can never hit another record."""
    history.write([reading(1), reading(2)])
    first, second = outbox.head(10)
    outbox.confirm([first], [], NOON)
    assert outbox.head(10) == [second]
    outbox.confirm([second], [], NOON)
    history.write([reading(3)])
    (third,) = outbox.head(10)
    assert third.id > second.id


def test_a_refused_record_is_set_aside_and_can_be_offered_again(
    history: SqliteHistory, outbox: Outbox
) -> None:
    """As a dead letter of its own source, with the centre's reason; the counts balance."""
    sent: list[Record] = [event(1), reading(1)]
    history.write(sent)
    refused = [
        Refused(waiting, as_json(item_of(waiting.record)), "press-3 is not known")
        for waiting in outbox.head(10)
    ]
    outbox.confirm([], refused, NOON)
    assert records(outbox) == []
    letters = history.dead_letters()
    assert {letter.source for letter in letters} == {f"forward:{SOURCE}", "forward:mqtt:events"}
    assert "the centre refuses it: press-3 is not known" in letters[0].reason
    assert _balanced(history)
    assert outbox.retry() == 2
    assert records(outbox) == sent
    assert history.dead_letters() == []
    assert {count.received for count in history.counters() if "forward:" in count.source} == {0}


def _balanced(history: SqliteHistory) -> bool:
    return all(
        count.received == count.stored + count.duplicates + count.dead_lettered
        for count in history.counters()
    )


def test_thousands_of_refused_records_are_queued_again_in_their_order(
    history: SqliteHistory, outbox: Outbox
) -> None:
    """They are taken by pages; one among them that cannot be read stays."""
    sent: list[Record] = [reading(number) for number in range(1, 1_004)]
    history.write(sent)
    contents = [as_json(item_of(record)) for record in sent]
    contents[500] = b"cut off"
    pairs = zip(outbox.head(2_000), contents, strict=True)
    outbox.confirm([], [Refused(waiting, content, "no") for waiting, content in pairs], NOON)
    assert outbox.retry() == 1_002
    assert records(outbox) == sent[:500] + sent[501:]
    assert len(history.dead_letters()) == 1


def test_a_letter_that_is_cut_off_stays_where_it_is(history: SqliteHistory, outbox: Outbox) -> None:
    """It cannot be offered again, and it does not vanish."""
    history.write([reading(1)])
    (waiting,) = outbox.head(1)
    outbox.confirm([], [Refused(waiting, b'{"machine"', "no")], NOON)
    assert outbox.retry() == 0
    assert len(history.dead_letters()) == 1


def test_the_figures_say_how_much_waits_and_since_when(
    history: SqliteHistory, outbox: Outbox, path: Path
) -> None:
    """For the forwarder itself and for who only looks."""
    assert outbox.figures() == outbox_figures(path)
    assert (figures := outbox_figures(path)) is not None
    assert (figures.url, figures.cell, figures.waiting) == (CENTRE, "cell-a", 0)
    assert figures.oldest is None
    history.write([reading(1), reading(2), reading(3)])
    outbox.confirm(outbox.head(1), [], NOON)
    assert (figures := outbox_figures(path)) is not None
    assert (figures.waiting, figures.oldest) == (2, NOON + timedelta(seconds=2))


def test_without_an_outbox_there_are_no_figures(history: SqliteHistory, tmp_path: Path) -> None:
    """Neither in a history without one nor where there is no history."""
    assert outbox_figures(history.path) is None
    assert outbox_figures(tmp_path / "nowhere.db") is None


def test_an_outbox_that_is_ended_forgets(
    history: SqliteHistory, outbox: Outbox, path: Path
) -> None:
    """Nothing waits and nothing is queued; the history has its records."""
    history.write([reading(1)])
    assert outbox.end() == 1
    history.write([reading(2)])
    assert records(outbox) == []
    assert outbox_figures(path) is None
    assert len(list(history.export())) == 3


def test_a_cell_keeps_its_name(history: SqliteHistory) -> None:
    """Drawn once when none is given; another one later is refused, another centre is not."""
    with Outbox(history.path) as outbox:
        name = outbox.begin(CENTRE)
        assert name.startswith("cell-")
        assert outbox.begin("https://moved", name) == outbox.begin("https://moved") == name
        with pytest.raises(SettingsFault, match=f"{name}.*andon outbox end"):
            outbox.begin(CENTRE, "other")
        outbox.end()
        assert outbox.begin(CENTRE, "other") == "other"


def test_a_damaged_history_has_no_outbox(path: Path) -> None:
    """Said as a fault of the store, by whoever opens it."""
    path.write_text("this is no database, and long enough to be taken for one " * 20)
    with pytest.raises(StoreFault):
        Outbox(path)
    with pytest.raises(StoreFault):
        outbox_figures(path)


def test_a_waiting_record_is_what_was_stored(history: SqliteHistory, outbox: Outbox) -> None:
    """NaN is no value in the history, so neither in the outbox."""
    history.write([replace(reading(1), value=float("nan"))])
    assert outbox.head(1) == [Waiting(1, reading(1, None))]
    with closing(sqlite3.connect(history.path)) as connection:
        (kept,) = connection.execute("SELECT count(*) FROM outbox").fetchone()
    assert kept == 1
    assert json.loads(as_json(item_of(outbox.head(1)[0].record)))["value"] is None
