"""A source that sends much less than usual is said once, and its return once."""

from __future__ import annotations

import random
from collections.abc import Iterable
from math import sqrt

import pytest

from ingest.rates import LEARNED_AFTER, MOST_SOURCES, REMEMBERED, RateChange, Rates, Turn

STEADY = [60] * 20


def changes(counts: Iterable[int], minutes: float = 1.0) -> list[tuple[int, RateChange]]:
    """What is said of a source that sends that many records in each window."""
    rates, total, found = Rates(), 0, []
    rates.take({"s": 0}, minutes)
    for window, count in enumerate(counts):
        total += count
        found += [(window, change) for change in rates.take({"s": total}, minutes)]
    return found


def turns(counts: Iterable[int]) -> list[tuple[int, Turn]]:
    return [(window, change.turn) for window, change in changes(counts)]


def test_a_source_that_drops_most_of_its_messages_is_said_once_and_its_return_once() -> None:
    """Two low windows raise it, two good ones end it."""
    found = changes([*STEADY, *[3] * 8, *STEADY])
    assert [(window, str(change)) for window, change in found] == [
        (21, "s sends 3 a minute, usual are 60"),
        (29, "s sends 60 a minute again, usual are 60"),
    ]


def test_one_low_window_is_nothing() -> None:
    """A gateway that restarts, or a window cut in an unlucky place."""
    assert turns([*STEADY, 0, *STEADY, 5, *STEADY]) == []


def test_half_of_the_usual_is_not_much_less() -> None:
    """A machine that runs slower sends fewer cycles."""
    assert turns([*STEADY, *[30] * 30]) == []


def test_nothing_is_said_before_it_is_learned() -> None:
    """A source that stops soon after it began was perhaps only tried out."""
    assert turns([60] * (LEARNED_AFTER // 2) + [0] * 60) == []


def test_silence_is_less_too() -> None:
    """As far as chance does not explain it."""
    assert turns([*STEADY, 0, 0, 0]) == [(21, Turn.SLOW)]


def test_a_lasting_change_becomes_usual() -> None:
    """It is said that it does, and what comes later is held against the new rate."""
    found = turns([*STEADY * 3, *[10] * 80, 60, 60, 60])
    assert [turn for _, turn in found] == [Turn.SLOW, Turn.USUAL_NOW]
    assert found[1][0] < 60 + REMEMBERED


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("usual", [0, 1, 3, 8, 20, 60, 600])
def test_chance_alone_is_never_said(seed: int, usual: int) -> None:
    """Counts that scatter as counts do, for eight hours."""
    draw = random.Random(seed * 1000 + usual)
    counts = [max(0, round(draw.gauss(usual, sqrt(usual)))) for _ in range(480)]
    assert turns(counts) == []


@pytest.mark.parametrize("seed", range(10))
def test_a_source_that_varies_much_is_judged_by_its_own_spread(seed: int) -> None:
    """One that sends on change sends a lot in one minute and little in the next."""
    draw = random.Random(seed)
    assert turns([draw.choice((5, 40, 120)) for _ in range(480)]) == []


def test_a_longer_window_is_no_faster_source() -> None:
    """Rates are a minute's, whatever the window."""
    found = changes([120] * 20 + [6] * 5, minutes=2.0)
    assert [(change.per_minute, change.usual_per_minute) for _, change in found] == [(3.0, 60.0)]


def test_a_window_in_which_we_took_nothing_in_does_not_count() -> None:
    """Nor does the flood of what waited meanwhile."""
    rates = Rates()
    for minute in range(20):
        rates.take({"s": 60 * minute}, 1)
    for _ in range(5):
        rates.skip({"s": 60 * 19})
    assert rates.take({"s": 60 * 20}, 1) == []
    assert rates.slow == []


def test_slow_sources_are_listed_until_they_are_back() -> None:
    """For the figures."""
    rates, total = Rates(), {"a": 0, "b": 0}
    rates.take(total, 1)
    for window in range(30):
        total = {"a": total["a"] + 60, "b": total["b"] + (60 if window < 20 else 1)}
        rates.take(total, 1)
    assert [change.source for change in rates.slow] == ["b"]


def test_topics_that_somebody_makes_up_take_no_memory_without_end() -> None:
    """What was heard first stays learned; what comes when the memory is full is not."""
    rates = Rates()
    rates.take({"s": 0}, 1.0)
    rates.skip({f"made up {number}": 1 for number in range(MOST_SOURCES)})
    for window in range(1, 30):
        assert rates.take({"s": 60 * window, "late": 60 * window}, 1.0) == []
    silent = {"s": 60 * 29, "late": 60 * 29}
    said = [*rates.take(silent, 1.0), *rates.take(silent, 1.0)]
    assert [change.source for change in said] == ["s"]
