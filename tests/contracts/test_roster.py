"""What collectors know of each other is the same, whichever store keeps it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.errors import StoreFault
from ingest.roster import Attendance, Roster, Share
from ingest.roster_sqlite import SqliteRoster, roster_path

Open = Callable[[], Roster]
TERM_S = 30.0
LANES = ("tcp://a:502", "tcp://b:502", "tcp://c:502", "tcp://d:502")


@pytest.fixture(params=["sqlite", "postgres"])
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same roster as another process would."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield lambda: stack.enter_context(SqliteRoster(roster_path(tmp_path)))
        else:
            from ingest.roster_postgres import PostgresRoster

            url: str = request.getfixturevalue("postgres")
            yield lambda: stack.enter_context(PostgresRoster(url))


def attend(roster: Roster, name: str, term_s: float = TERM_S, lanes: object = LANES) -> Share:
    assert isinstance(lanes, tuple)
    return roster.attend(Attendance(name, lanes), term_s)


def hand_over(roster: Roster, name: str) -> frozenset[str]:
    """One turn of a collector that stops at once what it should give up."""
    share = attend(roster, name)
    roster.release(name, share.surplus)
    return share.held - share.surplus


def test_one_collector_holds_every_lane(another: Open) -> None:
    """And keeps them at every turn."""
    roster = another()
    for _ in range(3):
        assert attend(roster, "one") == Share(frozenset(LANES))


def test_a_collector_that_joins_gets_its_share_after_it_was_released(another: Open) -> None:
    """No lane is two collectors' at any moment."""
    first, second = another(), another()
    attend(first, "one")
    assert attend(second, "two").held == frozenset()
    share = attend(first, "one")
    assert share.held == frozenset(LANES)
    assert len(share.surplus) == 2
    assert attend(second, "two").held == frozenset()
    first.release("one", share.surplus)
    assert attend(second, "two").held == share.surplus
    assert attend(first, "one") == Share(share.held - share.surplus)


def test_three_collectors_come_to_rest(another: Open) -> None:
    """Two, one and one; nothing moves any more."""
    roster = another()
    names = ("one", "two", "three")
    for _ in range(4):
        last = {name: hand_over(roster, name) for name in names}
    assert sorted(len(held) for held in last.values()) == [1, 1, 2]
    assert frozenset().union(*last.values()) == frozenset(LANES)
    assert {name: hand_over(roster, name) for name in names} == last


def test_the_lanes_of_one_that_fell_silent_go_to_the_others(another: Open) -> None:
    """At the end of its term, by the clock of the store, and not before."""
    roster = another()
    attend(roster, "dead", term_s=3.0)
    assert attend(roster, "heir").held == frozenset()
    deadline = time.monotonic() + 30
    while attend(roster, "heir").held != frozenset(LANES):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [pulse.collector for pulse in roster.pulses()] == ["dead", "heir"]


def test_one_that_leaves_in_order_leaves_nothing(another: Open) -> None:
    """The others have its lanes at their next turn."""
    roster = another()
    attend(roster, "one")
    roster.claim("housekeeping", "one", TERM_S)
    roster.leave("one")
    assert attend(roster, "two").held == frozenset(LANES)
    assert roster.claim("housekeeping", "two", TERM_S)
    assert [pulse.collector for pulse in roster.pulses()] == ["two"]


def test_one_that_comes_back_under_its_name_goes_on_at_once(another: Open) -> None:
    """A restart within the term costs no pause."""
    attend(another(), "one")
    roster = another()
    attend(roster, "two")
    assert len(attend(roster, "one").held) == 4


def test_a_collector_gets_no_lane_that_it_does_not_know(another: Open) -> None:
    """Another plant description, or none of Modbus at all."""
    roster = another()
    assert attend(roster, "listener", lanes=()).held == frozenset()
    assert attend(roster, "half", lanes=LANES[:2]).held == frozenset(LANES[:2])
    for _ in range(3):
        whole, half = hand_over(roster, "whole"), hand_over(roster, "half")
    assert whole >= frozenset(LANES[2:])
    assert attend(roster, "whole").surplus == frozenset()
    assert half | whole == frozenset(LANES)


def test_a_chore_is_one_collectors_until_its_term_is_over(another: Open) -> None:
    """Renewed by its holder, refused to the others, and not divided as a lane."""
    roster = another()
    assert roster.claim("housekeeping", "one", 3.0)
    assert roster.claim("housekeeping", "one", 3.0)
    assert not another().claim("housekeeping", "two", TERM_S)
    deadline = time.monotonic() + 30
    while not roster.claim("housekeeping", "two", TERM_S):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not roster.claim("housekeeping", "one", TERM_S)
    assert attend(roster, "two").held == frozenset(LANES)


def test_nobody_releases_what_another_holds(another: Open) -> None:
    """A late release after a takeover does no harm."""
    roster = another()
    attend(roster, "one")
    roster.release("two", LANES)
    assert attend(roster, "two").held == frozenset()


def test_pulses_show_what_was_said_last(another: Open) -> None:
    """Figures, words and age."""
    roster = another()
    for depth in (1.0, 2.0):
        roster.attend(Attendance("one", (), {"queue": depth}, {"store": "disk full"}), TERM_S)
    (pulse,) = another().pulses()
    assert (pulse.collector, pulse.figures, pulse.words) == (
        "one",
        {"queue": 2.0},
        {"store": "disk full"},
    )
    assert pulse.fresh
    assert pulse.age_s < 10


def test_many_that_attend_at_once_never_hold_the_same_lane(another: Open) -> None:
    """Every answer is compared with what the others were told."""
    names = [f"collector-{number}" for number in range(4)]
    rosters = [another() for _ in names]
    holders: dict[str, set[str]] = {name: set() for name in names}
    guard = threading.Lock()
    clashes: list[str] = []

    def work(roster: Roster, name: str) -> None:
        for _ in range(12):
            share = attend(roster, name)
            keep = set(share.held - share.surplus)
            with guard:
                holders[name] = set(share.held)
                others = set().union(*(holders[other] for other in names if other != name))
                clashes.extend(share.held & others)
                holders[name] = keep
            roster.release(name, share.surplus)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(rosters, names, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert clashes == []
    assert all(not thread.is_alive() for thread in threads)


class SteppingClock:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_clock_set_back_keeps_no_dead_collector_alive(tmp_path: Path) -> None:
    """A lease from the future is none; its living holder has it again at its next turn."""
    clock = SteppingClock()
    with SqliteRoster(roster_path(tmp_path), clock=clock) as roster:
        attend(roster, "dead")
        clock.now -= 3600
        assert attend(roster, "heir").held == frozenset(LANES)


def test_a_collector_long_gone_is_struck_off(tmp_path: Path) -> None:
    """So that replaced containers do not pile up."""
    clock = SteppingClock()
    with SqliteRoster(roster_path(tmp_path), clock=clock) as roster:
        attend(roster, "gone")
        clock.now += 90_000
        attend(roster, "here")
        assert [pulse.collector for pulse in roster.pulses()] == ["here"]


def test_a_roster_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    """As the store's own trouble, with the file's name."""
    roster_path(tmp_path).write_bytes(b"no database" * 200)
    with pytest.raises(StoreFault, match=r"roster\.db"):
        SqliteRoster(roster_path(tmp_path))


def test_a_server_that_went_away_is_found_again(postgres_server: object) -> None:
    """The call fails while it is away, and the next one works."""
    from ingest.roster_postgres import PostgresRoster
    from tests.private_postgres import PrivatePostgres

    assert isinstance(postgres_server, PrivatePostgres)
    with postgres_server.database() as url, PostgresRoster(url) as roster:
        attend(roster, "one")
        postgres_server.stop()
        try:
            with pytest.raises(StoreFault, match=r"postgresql://"):
                attend(roster, "one")
        finally:
            postgres_server.start()
        assert attend(roster, "one").held == frozenset(LANES)
