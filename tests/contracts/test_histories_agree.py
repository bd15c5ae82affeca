"""Both histories answer the same to whatever is written to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.history import DeadLetter, History, Record
from ingest.housekeeping import Housekeeping
from ingest.opening import opened_history
from ingest.rollups import Rollup
from ingest.settings import IngestSettings
from ingest.upkeep import HOUR, MINUTE
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity, Value

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SPAN_S = 6 * 3600
MACHINES = ("press-3", "mill-1", "Ölpresse")
SIGNALS = ("oil_temp", "Druck", "MODE")


@pytest.fixture
def both(postgres: str, tmp_path: Path) -> Iterator[tuple[History, History]]:
    """A file and a database, both empty."""
    with (
        opened_history(tmp_path, IngestSettings()) as file,
        opened_history(tmp_path, IngestSettings(history_url=postgres)) as database,
    ):
        yield file, database


def record(dice: random.Random) -> Record:
    """A record of a small world, so that many are repeated."""
    times = {
        "source_time": START + timedelta(seconds=dice.randrange(SPAN_S // 60) * 60),
        "received_time": START + timedelta(seconds=SPAN_S),
    }
    common: dict[str, Any] = {
        "machine": dice.choice(MACHINES),
        "source": f"mqtt:{dice.randrange(3)}",
        "sequence": dice.choice([None, dice.randrange(-2, 3)]),
        **times,
    }
    if dice.random() < 0.3:
        return Event(
            code=dice.choice(["E217", "", "w21"]),
            severity=dice.choice(list(Severity)),
            state=dice.choice(list(EventState)),
            text=dice.choice(["", "läuft\n", "\ud800", "x" * 5000]),
            **common,
        )
    values: list[Value] = [
        *(0.1, -0.0, 1e300, float("nan"), float("inf"), None, True, False, 0, 1, -7),
        *(2**63 - 1, -(2**63), 2**63, 10**400, "", "auto", "\ud800", "ß" * 300),
    ]
    return Reading(
        signal=dice.choice(SIGNALS),
        value=dice.choice(values),
        unit=dice.choice(["degC", "", "µm", "\udfff"]),
        quality=dice.choice(list(Quality)),
        **common,
    )


def settled(rollup: Rollup) -> Rollup:
    """Without what depends on the order of readings of one instant or of one value."""
    return replace(rollup, total=0.0, low_time=None, high_time=None, first=None, last=None, unit="")


def answers(history: History) -> list[object]:
    """Everything that can be asked, but for the numbers of rows and the words of a driver."""
    end = START + timedelta(seconds=SPAN_S)
    found: list[object] = [history.machines(), history.counters()]
    found.append(sorted(repr(row) for row in history.export()))
    found += [[settled(one) for one in history.rollups(step)] for step in (MINUTE, HOUR)]
    found.append(sorted((letter.source, letter.payload) for letter in history.dead_letters(9999)))
    for machine in MACHINES:
        events = history.events(machine, START, end, limit=10_000)
        found.append(sorted(repr(replace(event, row=None)) for event in events))
        window = history.window(machine, START, end)
        found.append(
            {
                signal: sorted(zip(series.times, series.values, strict=True))
                for signal, series in window.series.items()
            }
        )
        found.append([reading.source_time for reading in history.latest(machine)])
        for signal in SIGNALS:
            thinned = history.readings(machine, signal, START, end, max_points=20)
            found.append([point.value for point in thinned if point.rollup_s])
    return found


@pytest.mark.parametrize("seed", range(3))
def test_both_say_the_same(both: tuple[History, History], seed: int) -> None:
    """Batches of any size, housekeeping in between: the same written, kept, counted and read."""
    dice = random.Random(seed)
    settings = IngestSettings(keep_raw_days=0.1)
    tidying = [Housekeeping(history, settings) for history in both]
    for _ in range(40):
        batch = [record(dice) for _ in range(dice.choice([0, 1, 2, 30]))]
        letters = [DeadLetter("mqtt:0", b"\0{", "no \ud800 JSON", START)] * dice.randrange(2)
        first, second = (history.write(batch, letters) for history in both)
        assert first == second
        if dice.random() < 0.2:
            now = START + timedelta(seconds=dice.randrange(SPAN_S))
            for one in tidying:
                while one.run_once(now).behind:
                    pass
    ours, theirs = (answers(history) for history in both)
    assert ours == theirs
