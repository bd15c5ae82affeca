"""What one collector does for all: rates are learned and said as notes, by one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.alarms import group
from ingest.chores import OWN_SOURCE, Chores
from ingest.errors import StoreFault
from ingest.rates import LEARNED_AFTER, RateChange
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import RATE, EventState, Quality, Reading

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAR_PAST, FAR_AHEAD = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SOURCE = "mqtt:t/mill"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[SqliteHistory]:
    """An empty history."""
    with SqliteHistory(tmp_path / "history.db") as opened:
        yield opened


class Gateway:
    """Sends numbered readings into the history."""

    def __init__(self, history: SqliteHistory) -> None:
        self._history = history
        self._sent = 0

    def send(self, count: int) -> None:
        first, self._sent = self._sent, self._sent + count
        self._history.write(
            [
                Reading("mill", "s", 1.0, "", Quality.GOOD, NOON, NOON, SOURCE, sequence=number)
                for number in range(first, self._sent)
            ]
        )


def test_a_slow_source_is_logged_and_noted_on_its_machine_once(
    history: SqliteHistory, caplog: pytest.LogCaptureFixture
) -> None:
    """As the collector's own word: no evidence, no alarm, and no rate is learned from it."""
    gateway = Gateway(history)
    chores = Chores(history, window_s=60, machine_of=lambda _: "mill")
    for window in range(LEARNED_AFTER + 10):
        gateway.send(60 if window < LEARNED_AFTER + 3 else 3)
        chores.turn(1.0)
    (note,) = history.events("mill", FAR_PAST, FAR_AHEAD)
    assert (note.code, note.state, note.source) == (RATE, EventState.NOTE, OWN_SOURCE)
    assert note.text == f"{SOURCE} sends 3 a minute, usual are 60"
    assert caplog.text.count("rate of a source") == 1
    assert [change.source for change in chores.slow] == [SOURCE]
    assert group([note], FAR_PAST, FAR_AHEAD) == ()


def test_a_source_of_no_machine_is_logged_all_the_same(
    history: SqliteHistory, caplog: pytest.LogCaptureFixture
) -> None:
    """A note needs a machine to stand on."""
    gateway, chores = Gateway(history), Chores(history, window_s=60)
    for window in range(LEARNED_AFTER + 6):
        gateway.send(60 if window < LEARNED_AFTER + 3 else 3)
        chores.turn(1.0)
    assert "usual are 60" in caplog.text
    assert history.events(None, FAR_PAST, FAR_AHEAD) == []


def test_while_the_store_refuses_records_no_source_is_called_slow(history: SqliteHistory) -> None:
    """The lack is ours then."""
    gateway = Gateway(history)
    trouble = [""]
    chores = Chores(history, window_s=60, trouble=lambda: trouble[0])
    for window in range(LEARNED_AFTER + 8):
        trouble[0] = "disk full" if window > LEARNED_AFTER + 3 else ""
        gateway.send(0 if trouble[0] else 60)
        chores.turn(1.0)
    assert chores.slow == []


def test_a_chore_that_is_anothers_is_left_to_it(history: SqliteHistory) -> None:
    """And what was learned before is forgotten: it would be out of date when it is ours again."""
    gateway = Gateway(history)
    ours, kept = {"rates"}, list[datetime]()
    chores = Chores(
        history,
        window_s=60,
        claim=lambda name, _term_s: name in ours,
        machine_of=lambda _: "mill",
        housekeeping=kept.append,
    )
    for _ in range(LEARNED_AFTER + 3):
        gateway.send(60)
        chores.turn(1.0)
    assert kept == []
    ours.clear()
    chores.turn(1.0)
    ours |= {"rates", "housekeeping"}
    for _ in range(4):
        chores.turn(1.0)
    assert len(kept) == 4
    assert chores.slow == []


def test_a_store_that_is_away_for_a_moment_makes_nobody_forget(
    history: SqliteHistory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn is put off; the next one covers the time of both."""
    turns: list[str] = []
    done = threading.Event()

    def claim(name: str, _term_s: float) -> bool:
        turns.append(name)
        if len(turns) == 1:
            raise StoreFault("the server is away")
        return True

    minutes: list[float] = []

    def take(_received: object, covered: float) -> list[RateChange]:
        minutes.append(covered)
        done.set()
        return []

    chores = Chores(history, window_s=0.05, claim=claim)
    monkeypatch.setattr(chores._rates, "take", take)
    chores.start()
    try:
        assert done.wait(60)
    finally:
        chores.stop()
    assert "chores are put off" in caplog.text
    assert minutes[0] * 60 > 0.09
