"""How every history rolls up, what it lets go, and what is read of it then."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.history import History
from ingest.housekeeping import LATE, Housekeeping
from ingest.settings import IngestSettings
from ingest.upkeep import HOUR, MINUTE, Limits
from ingest.vocabulary import Quality, Reading, Value

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def reading(after: timedelta, value: Value, **changes: object) -> Reading:
    """What the sensor says so long after the start."""
    first = Reading(
        machine="press-3",
        signal="oil_temp",
        value=value,
        unit="degC",
        quality=Quality.GOOD,
        source_time=START + after,
        received_time=START + after + SECOND,
        source="mqtt:press-3",
        sequence=int(after.total_seconds()),
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def tidy(history: History, now: datetime, **days: float) -> None:
    """Housekeeping as often as it takes."""
    housekeeping = Housekeeping(history, IngestSettings(**days))  # type: ignore[arg-type]
    while housekeeping.run_once(now).behind:
        pass


def balanced(history: History) -> bool:
    return all(
        count.received == count.stored + count.duplicates + count.dead_lettered
        for count in history.counters()
    )


def test_a_rollup_says_what_its_readings_come_to(history: History) -> None:
    """Numbers by value and time; what is bad or a text is counted apart and changes nothing."""
    history.write(
        [
            reading(1 * SECOND, 5.0),
            reading(2 * SECOND, 2.0),
            reading(3 * SECOND, 9),
            reading(4 * SECOND, 4.0, unit="K"),
            reading(5 * SECOND, None),
            reading(6 * SECOND, 1000.0, quality=Quality.BAD),
            reading(7 * SECOND, "off"),
            reading(70 * SECOND, True),
        ]
    )
    tidy(history, START + HOUR + LATE)
    first, second = history.rollups(MINUTE)
    assert (first.machine, first.signal, first.source) == ("press-3", "oil_temp", "mqtt:press-3")
    assert (first.start, first.step) == (START, MINUTE)
    assert (first.count, first.rest, first.texts, first.mean) == (4, 3, 1, 5.0)
    assert (first.low, first.low_time) == (2.0, START + 2 * SECOND)
    assert (first.high, first.high_time) == (9.0, START + 3 * SECOND)
    assert (first.first, first.first_time) == (5.0, START + 1 * SECOND)
    assert (first.last, first.last_time) == (4.0, START + 4 * SECOND)
    assert first.received_time == START + 8 * SECOND
    assert (first.all_good, first.is_bool) == (True, False)
    assert (second.start, second.count, second.is_bool) == (START + MINUTE, 1, True)
    (hour,) = history.rollups(HOUR)
    assert (hour.count, hour.rest, hour.texts, hour.total) == (5, 3, 1, 21.0)
    assert (hour.low, hour.low_time) == (1.0, START + 70 * SECOND)
    assert (hour.high, hour.high_time) == (9.0, START + 3 * SECOND)
    assert (hour.first, hour.last) == (5.0, 1.0)


def test_rollups_agree_with_their_readings_however_they_came(history: History) -> None:
    """In any order, in pieces, late by hours, from two sources, with housekeeping in between."""
    dice = random.Random(7)
    readings = [
        reading(
            dice.randrange(4 * 3600) * SECOND,
            dice.choice([float(dice.randrange(100)), dice.randrange(100), None, "text"]),
            source=dice.choice(["mqtt:press-3", "modbus:press-3"]),
            quality=dice.choice(list(Quality)),
            sequence=number,
        )
        for number in range(1500)
    ]
    for at in range(0, len(readings), 100):
        history.write(readings[at : at + 100])
        tidy(history, START + timedelta(seconds=dice.randrange(6 * 3600)))
    tidy(history, START + 6 * HOUR)
    for step in (MINUTE, HOUR):
        found = {(one.source, one.start): one for one in history.rollups(step)}
        expected: dict[tuple[str, datetime], list[Reading]] = {}
        for one in readings:
            start = one.source_time - (one.source_time - START) % step
            expected.setdefault((one.source, start), []).append(one)
        assert found.keys() == expected.keys()
        for key, members in expected.items():
            numbers = [
                member.value
                for member in members
                if member.quality is not Quality.BAD and isinstance(member.value, int | float)
            ]
            rollup = found[key]
            assert (rollup.count, rollup.rest) == (len(numbers), len(members) - len(numbers))
            assert rollup.total == pytest.approx(sum(numbers))
            assert rollup.low == min(numbers, default=None)
            assert rollup.high == max(numbers, default=None)


def test_rollups_may_be_asked_for_by_machine_and_time(history: History) -> None:
    """Start included, end excluded."""
    history.write(
        [reading(n * MINUTE, n, machine=machine) for n in range(3) for machine in ("a", "b")]
    )
    tidy(history, START + HOUR)
    found = history.rollups(MINUTE, "b", START + MINUTE, START + 2 * MINUTE)
    assert [(one.machine, one.low) for one in found] == [("b", 1.0)]
    assert list(history.rollups(HOUR)) == []


def test_what_is_too_old_goes_and_its_extremes_stay(history: History) -> None:
    """Readings go first, then minutes, and hours last; the points say what they stand for."""
    history.write([reading(n * SECOND, n % 600 / 10) for n in range(0, 3 * 3600, 5)])
    end = START + 3 * HOUR
    tidy(history, end + DAY, keep_raw_days=1, keep_minutes_days=2, keep_hours_days=3)
    assert list(history.export()) == []
    minutes = history.readings("press-3", "oil_temp", START, end, max_points=500)
    assert {point.rollup_s for point in minutes} == {60}
    assert len(minutes) == 2 * 180
    assert (minutes[0].source_time, minutes[0].value) == (START, 0.0)
    assert (minutes[1].source_time, minutes[1].value) == (START + 55 * SECOND, 5.5)
    tidy(history, end + 2 * DAY, keep_raw_days=1, keep_minutes_days=2, keep_hours_days=3)
    assert list(history.rollups(MINUTE)) == []
    hours = history.readings("press-3", "oil_temp", START, end, max_points=500)
    assert [(point.value, point.rollup_s) for point in hours] == [(0.0, 3600), (59.5, 3600)] * 3
    tidy(history, end + 3 * DAY, keep_raw_days=1, keep_minutes_days=2, keep_hours_days=3)
    assert history.readings("press-3", "oil_temp", START, end, max_points=500) == []
    assert balanced(history)


def test_readings_and_rollups_meet_without_a_gap(history: History) -> None:
    """One answer over what is gone, what is rolled up and what has just come; nothing twice."""
    history.write([reading(n * MINUTE, n) for n in range(48 * 60)])
    now = START + 48 * HOUR
    tidy(history, now, keep_raw_days=1)
    found = history.readings("press-3", "oil_temp", START, now, max_points=5000)
    assert [point.value for point in found] == list(range(48 * 60))
    assert {point.rollup_s for point in found[: 24 * 60]} == {60}
    assert {point.rollup_s for point in found[24 * 60 :]} == {0}
    assert [reading.value for reading in history.readings("press-3", "oil_temp", START, now)] == [
        *range(24 * 60, 48 * 60)
    ]


def test_a_long_stretch_is_read_from_rollups_and_keeps_its_extremes(history: History) -> None:
    """Far more readings than points: the peak and the dip are there, as and when measured."""
    numbers = dict.fromkeys(range(0, 12 * 3600, 6), 50.0)
    numbers[6 * 1234], numbers[6 * 4321] = 99.0, 1.0
    history.write([reading(n * SECOND, value) for n, value in numbers.items()])
    end = START + 12 * HOUR
    before = history.readings("press-3", "oil_temp", START, end, max_points=100)
    tidy(history, end + HOUR)
    found = history.readings("press-3", "oil_temp", START, end, max_points=100)
    assert len(found) <= 100
    for points in (before, found):
        moments = {point.value: point.source_time for point in points if point.value != 50.0}
        assert moments == {99.0: START + 7404 * SECOND, 1.0: START + 25926 * SECOND}
    assert {point.rollup_s for point in before} == {0}
    assert {point.rollup_s for point in found} == {60}
    assert [point.source_time for point in found] == sorted(point.source_time for point in found)


def test_texts_are_not_hidden_by_rollups(history: History) -> None:
    """A signal that says words is read as it was received, as long as that is there."""
    history.write([reading(n * SECOND, f"step {n}") for n in range(0, 12 * 3600, 20)])
    tidy(history, START + 13 * HOUR)
    found = history.readings("press-3", "oil_temp", START, START + 12 * HOUR, max_points=100)
    assert found[0].value == "step 0"


def test_a_stretch_of_bad_readings_is_seen_as_one(history: History) -> None:
    """Where no number was, no number is shown."""
    history.write([reading(n * SECOND, None) for n in range(0, 120, 10)])
    tidy(history, START + 2 * DAY, keep_raw_days=1)
    found = history.readings("press-3", "oil_temp", START, START + HOUR, max_points=100)
    assert [(point.value, point.quality) for point in found] == [(None, Quality.BAD)] * 2


def test_a_reading_from_before_what_is_kept_is_set_aside(history: History) -> None:
    """It may be one that was stored and deleted, so it is neither stored again nor dropped."""
    old, young = reading(0 * SECOND, 1.0), reading(DAY, 2.0)
    history.write([old, young])
    tidy(history, START + DAY + 2 * HOUR, keep_raw_days=1)
    written = history.write([old, young, reading(-DAY, 0.0)])
    assert (written.stored, written.duplicates, written.dead_lettered) == (0, 1, 2)
    letters = history.dead_letters()
    assert all("have been deleted" in letter.reason for letter in letters)
    assert {json.loads(letter.payload)["value"] for letter in letters} == {0.0, 1.0}
    assert balanced(history)
    assert [row.value for row in history.export()] == [2.0]


def test_nothing_is_deleted_before_it_is_rolled_up(history: History) -> None:
    """However short the time that readings are kept."""
    history.write([reading(n * MINUTE, n) for n in range(180)])
    upkeep = history.upkeep()
    upkeep.advance(START + 90 * MINUTE)
    while upkeep.roll():
        pass
    while upkeep.expire(Limits(raw=START + 3 * HOUR)):
        pass
    assert [row.value for row in history.export()] == list(range(60, 180))
    tidy(history, START + 2 * DAY, keep_raw_days=1)
    assert sum(one.count for one in history.rollups(MINUTE)) == 180


def test_a_reading_that_comes_behind_a_piece_that_is_done_is_not_missed(history: History) -> None:
    """Its mark is worked off after the slice of which the piece was a part."""
    machines = [f"m{n}" for n in range(20)]  # more series than the first piece takes
    for after in (10 * MINUTE, 40 * MINUTE):
        history.write([reading(after, 1.0, machine=machine) for machine in machines])
    upkeep = history.upkeep()
    upkeep.advance(START + 30 * MINUTE)
    while upkeep.roll():
        pass
    upkeep.advance(START + 60 * MINUTE)
    assert upkeep.roll()
    history.write([reading(45 * MINUTE, 2.0, machine="m0")])
    while upkeep.roll():
        pass
    assert sum(one.count for one in history.rollups(MINUTE)) == 41
    assert sum(one.count for one in history.rollups(HOUR)) == 41


def test_writers_are_not_disturbed_by_housekeeping(reopen: Callable[[], History]) -> None:
    """Every reading is in a rollup in the end, whenever it came."""
    first, second = reopen(), reopen()
    stop = threading.Event()

    def keep_tidy() -> None:
        dice = random.Random(3)
        housekeeping = Housekeeping(second, IngestSettings())
        while not stop.is_set():
            housekeeping.run_once(START + timedelta(seconds=dice.randrange(7200)))

    dice = random.Random(5)
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(keep_tidy)
        try:
            for number in range(0, 1200, 20):
                moments = [dice.randrange(3600) * SECOND for _ in range(20)]
                first.write([reading(at, 1.0, sequence=number + n) for n, at in enumerate(moments)])
        finally:
            stop.set()
        beside.result()
    tidy(second, START + 3 * HOUR)
    assert sum(one.count for one in first.rollups(MINUTE)) == 1200
    assert sum(one.count for one in first.rollups(HOUR)) == 1200
