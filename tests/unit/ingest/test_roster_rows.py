"""Rows of the roster come back as what was said, by whatever clock."""

from __future__ import annotations

import pytest

from ingest.roster import Attendance, Member
from ingest.roster_rows import member_row, members_of, pulses_of


def test_an_attendance_comes_back_as_member_and_pulse() -> None:
    """Lanes for the sharing, figures and words for people."""
    attendance = Attendance("a", {"tcp://x", "tcp://y"}, {"records": 1.5}, {"store": "full"})
    collector, lanes, renewed, term_s, figures, words = member_row(attendance, 100.0, 6.0)
    assert members_of([(collector, lanes, renewed, term_s)]) == {
        "a": Member(frozenset({"tcp://x", "tcp://y"}), renewed=100.0, term_s=6.0)
    }
    (pulse,) = pulses_of([(collector, renewed, figures, words)], 102.0)
    assert (pulse.collector, pulse.age_s, pulse.fresh) == ("a", 2.0, True)
    assert (pulse.figures, pulse.words) == ({"records": 1.5}, {"store": "full"})


@pytest.mark.parametrize("now", [40.0, 160.0])
def test_a_pulse_from_long_ago_or_ahead_is_no_sign_of_life(now: float) -> None:
    """A clock that was set back must not keep a dead collector alive."""
    (pulse,) = pulses_of([("a", 100.0, "{}", "{}")], now)
    assert not pulse.fresh
