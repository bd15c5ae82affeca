"""What every history keeps, recognises and counts."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import NotKnown
from ingest.history import Birth, DeadLetter, History, Record, Written
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(**changes: object) -> Reading:
    first = Reading(
        machine="press-3",
        signal="oil_temp",
        value=61.2,
        unit="degC",
        quality=Quality.GOOD,
        source_time=START,
        received_time=START + SECOND,
        source="mqtt:andon/line-1/press-3/telemetry",
        sequence=1,
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def event(**changes: object) -> Event:
    first = Event(
        machine="press-3",
        code="E217",
        severity=Severity.WARNING,
        state=EventState.RAISED,
        text="oil temp high",
        source_time=START,
        received_time=START + SECOND,
        source="mqtt:andon/line-1/press-3/events",
        sequence=1,
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def letter(payload: bytes = b"{", reason: str = "no JSON") -> DeadLetter:
    return DeadLetter("mqtt:andon/line-1/press-3/telemetry", payload, reason, START)


def balanced(history: History) -> bool:
    return all(
        count.received == count.stored + count.duplicates + count.dead_lettered
        for count in history.counters()
    )


def test_a_reading_comes_back_as_it_was_written(history: History) -> None:
    """Every field survives, to the microsecond and with the type of the value."""
    written = [
        reading(value=value, signal=f"s{index}", source_time=START + timedelta(microseconds=1))
        for index, value in enumerate([61.25, -7, True, False, "auto", 2**63 - 1])
    ]
    history.write(written)
    found = history.latest("press-3")
    assert found == written
    assert [type(item.value) for item in found] == [float, int, bool, bool, str, int]


def test_an_event_comes_back_as_it_was_written(history: History) -> None:
    """Every field survives and the row is named."""
    history.write([event()])
    (found,) = history.events("press-3", START, START + SECOND)
    assert replace(found, row=None) == event()
    assert found.row is not None


def test_the_same_record_twice_is_one(history: History) -> None:
    """A redelivered record is counted as a duplicate, whenever it was received."""
    again = START + timedelta(hours=1)
    first: list[Record] = [reading(), event()]
    assert history.write(first) == Written(2, 2, 0, 0)
    repeated: list[Record] = [reading(received_time=again), event(received_time=again)]
    assert history.write(repeated) == Written(2, 0, 2, 0)
    assert len(list(history.export())) == 1
    assert balanced(history)


@pytest.mark.parametrize(
    "other",
    [
        {"sequence": 2},
        {"source_time": START + timedelta(microseconds=1)},
        {"signal": "motor_current"},
        {"source": "modbus:press-3"},
        {"machine": "mill-1"},
        {"sequence": None},
    ],
)
def test_what_differs_in_its_identity_is_another(history: History, other: object) -> None:
    """No part of the identity is left out: a publisher may also count from 1 again."""
    assert history.write([reading(), reading(**other)]).stored == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [{"sequence": 2}, {"source_time": START + SECOND}, {"code": "E242"}, {"machine": "mill-1"}],
)
def test_events_that_differ_in_their_identity_are_two(history: History, other: object) -> None:
    """Two machines behind one source never share an event."""
    assert history.write([event(), event(**other)]).stored == 2  # type: ignore[arg-type]


def test_readings_of_one_millisecond_are_not_merged(history: History) -> None:
    """Without a sequence number the content tells two readings of one instant apart."""
    crowd = [reading(sequence=None, value=float(value)) for value in range(50)]
    assert history.write([*crowd, *crowd]) == Written(100, 50, 50, 0)


def test_events_of_one_instant_without_sequence_are_told_apart_by_content(
    history: History,
) -> None:
    """Two notes of one instant are two, the same note again is one."""
    notes = [event(sequence=None, text=text) for text in ("one", "two", "one")]
    assert history.write(notes) == Written(3, 2, 1, 0)


def test_a_value_beyond_64_bits_is_set_aside_and_its_neighbours_stay(history: History) -> None:
    """One bad row is a dead letter with its reason, not a crash loop."""
    batch = [reading(sequence=1), reading(sequence=2, value=2**63), reading(sequence=3)]
    assert history.write(batch) == Written(3, 2, 0, 1)
    (dead,) = history.dead_letters()
    assert json.loads(dead.payload)["value"] == 2**63
    assert "too large" in dead.reason
    assert balanced(history)


def test_a_lone_surrogate_is_set_aside(history: History) -> None:
    """Text that no UTF-8 can hold harms nothing but itself."""
    assert history.write([event(text="\ud800"), event(sequence=2)]) == Written(2, 1, 0, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_no_number_is_kept_as_bad(history: History, value: float | None) -> None:
    """NaN and infinity are the sensor saying that it has no value."""
    history.write([reading(value=value)])
    (found,) = history.latest("press-3")
    assert (found.value, found.quality) == (None, Quality.BAD)


def test_counters_are_durable_and_by_source(reopen: Callable[[], History]) -> None:
    """Another process sees the same counts, and they grow there."""
    first = reopen()
    first.write([reading(), event()], [letter()])
    second = reopen()
    second.write([reading()])
    by_source = {count.source: count for count in second.counters()}
    assert first.counters() == second.counters()
    telemetry = by_source["mqtt:andon/line-1/press-3/telemetry"]
    assert (telemetry.received, telemetry.stored) == (3, 1)
    assert (telemetry.duplicates, telemetry.dead_lettered) == (1, 1)
    assert telemetry.last_received == START + SECOND


def test_a_window_holds_the_good_numbers_and_the_events(history: History) -> None:
    """Start included, end excluded, bad and text left out, rows named."""
    history.write(
        [
            *(reading(sequence=n, value=n, source_time=START + n * SECOND) for n in range(-1, 5)),
            reading(sequence=90, value=None, source_time=START + 2 * SECOND),
            reading(sequence=91, signal="mode", value="auto"),
            event(),
            event(sequence=2, source_time=START + 4 * SECOND),
        ]
    )
    window = history.window("press-3", START, START + 4 * SECOND)
    series = window.series["oil_temp"]
    assert set(window.series) == {"oil_temp"}
    assert list(series.values) == [0, 1, 2, 3]
    assert list(series.times) == [START.timestamp() + n for n in range(4)]
    assert len(set(series.rows)) == 4
    assert [found.sequence for found in window.events] == [1]


def test_one_signal_of_two_sources_is_one_series_in_time_order(history: History) -> None:
    """Where a signal came from does not split what is seen of it."""
    history.write(
        [
            reading(value=2.0, source_time=START + SECOND),
            reading(value=1.0, source="modbus:press-3"),
            reading(value=3.0, source="modbus:press-3", source_time=START + 2 * SECOND),
        ]
    )
    window = history.window("press-3", START, START + 3 * SECOND)
    assert list(window.series["oil_temp"].values) == [1, 2, 3]
    (newest,) = history.latest("press-3")
    assert newest.value == 3.0


def test_thinning_keeps_the_extremes(history: History) -> None:
    """A screen of a few points still shows the peak and the dip."""
    numbers = [50.0] * 500
    numbers[123], numbers[377] = 99.0, 1.0
    history.write(
        [
            reading(sequence=n, value=value, source_time=START + n * SECOND)
            for n, value in enumerate(numbers)
        ]
    )
    end = START + timedelta(hours=1)
    thinned = history.readings("press-3", "oil_temp", START, end, max_points=20)
    values = [found.value for found in thinned]
    assert len(thinned) <= 20
    assert {99.0, 1.0} <= set(values)
    assert [found.source_time for found in thinned] == sorted(f.source_time for f in thinned)
    assert len(history.readings("press-3", "oil_temp", START, end)) == 500


def test_the_limit_of_events_keeps_the_newest(history: History) -> None:
    """In time order all the same."""
    history.write([event(sequence=n, source_time=START + n * SECOND) for n in range(10)])
    end = START + timedelta(hours=1)
    assert [e.sequence for e in history.events(None, START, end, limit=3)] == [7, 8, 9]
    assert history.events("mill-1", START, end) == []


def test_machines_are_those_with_readings_or_events(history: History) -> None:
    """Both tables count."""
    history.write([reading(machine="mill-1"), event(machine="comp-1")])
    assert history.machines() == ["comp-1", "mill-1"]


def test_an_export_is_in_time_order_and_filtered(history: History) -> None:
    """By machine and time, start included, end excluded."""
    history.write(
        [
            reading(sequence=2, source_time=START + 2 * SECOND),
            reading(sequence=1, source_time=START + SECOND),
            reading(machine="mill-1"),
        ]
    )
    rows = list(history.export("press-3", START + SECOND, START + 2 * SECOND))
    assert [row.sequence for row in rows] == [1]
    assert [row.machine for row in history.export()] == ["mill-1", "press-3", "press-3"]


def test_a_replayed_letter_becomes_its_records_and_the_counters_balance(
    history: History,
) -> None:
    """One message that was not readable may hold several readings."""
    history.write([], [letter()])
    (stored,) = history.dead_letters()
    history.replay(stored, [reading(), reading(sequence=2)])
    (count,) = history.counters()
    assert (count.received, count.stored, count.dead_lettered) == (2, 2, 0)
    assert history.dead_letters() == []
    with pytest.raises(NotKnown):
        history.replay(stored, [])


def test_dead_letters_are_found_by_a_part_of_their_source(history: History) -> None:
    """The newest of them; nothing in the text is a pattern."""
    sources = ["mqtt:a/1", "mqtt@north:a/1", "mqtt:b/1", "mqtt@north:a/2", "mqtt:100%"]
    history.write([], [replace(letter(), source=source) for source in sources])

    def found(source: str, limit: int = 10) -> list[str]:
        return [dead.source for dead in history.dead_letters(limit, source=source)]

    assert found("") == sources[::-1]
    assert found("@north:") == ["mqtt@north:a/2", "mqtt@north:a/1"]
    assert found("a/", 1) == ["mqtt@north:a/2"]
    assert found("%") == ["mqtt:100%"]


def birth(content: str, seconds: int = 0, name: str = "plant/gw-1") -> Birth:
    return Birth("", name, content, START + seconds * SECOND)


def test_a_birth_is_known_to_the_next_process(reopen: Callable[[], History]) -> None:
    """Kept with the records of its message, counted nowhere."""
    reopen().write([reading()], births=[birth("one"), birth("two", name="plant/gw-1/press-3")])
    second = reopen()
    assert second.births() == [birth("one"), birth("two", name="plant/gw-1/press-3")]
    assert sum(count.received for count in second.counters()) == 1


def test_a_later_birth_takes_the_place_of_an_earlier_one_only(history: History) -> None:
    """Whatever the order in which they are written; each broker has its own."""
    history.write([], births=[birth("late", 5)])
    history.write([], births=[birth("early", 1), replace(birth("other", 1), broker="north")])
    assert [found.content for found in history.births()] == ["late", "other"]
    history.write([], births=[birth("again", 5)])
    assert [found.content for found in history.births()] == ["again", "other"]


def test_writers_and_readers_in_several_threads_do_not_disturb_each_other(
    history: History,
) -> None:
    """Nothing is lost and nothing is counted twice."""

    def write(lane: int) -> None:
        for number in range(20):
            history.write([reading(machine=f"m{lane}", sequence=number)])
            history.latest(f"m{lane}")

    threads = [threading.Thread(target=write, args=(lane,)) for lane in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(history.export())) == 80
    assert sum(count.stored for count in history.counters()) == 80
