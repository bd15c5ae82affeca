"""Who collects: every collector's sign of life, and which lanes each of them holds by lease.

A lane is a Modbus connection: one collector polls it. Times are those of the store's own clock, so
that the clocks of the collectors' hosts do not matter. A collector that says nothing for the term
of its lease is taken for dead, and the others divide its lanes among themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

STALE_AFTER_S = 10.0
"""A pulse older than this is no sign of life."""
FORGET_AFTER_S = 86_400.0
"""A collector that was silent for this long is struck off."""
CLOCK_SLACK_S = 1.0
"""How far back the store's clock may step before a lease counts as one from a wrong clock."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """What a collector says of itself about once a second."""

    collector: str
    lanes: Collection[str] = ()
    """Every lane that it could poll."""
    figures: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    """Troubles in words, by name; an empty text is none."""


@dataclass(frozen=True, slots=True)
class Share:
    """The lanes that are a collector's for one term from when it asked."""

    held: frozenset[str] = frozenset()
    surplus: frozenset[str] = frozenset()
    """Those among `held` that it should stop and then release: others have too few."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A collector's last sign of life."""

    collector: str
    age_s: float
    figures: Mapping[str, float]
    words: Mapping[str, str]

    @property
    def fresh(self) -> bool:
        """Whether the collector can be taken for alive."""
        return self.age_s < STALE_AFTER_S


class Roster(Protocol):
    """The port to what collectors know of each other. Each call is one transaction."""

    def attend(self, attendance: Attendance, term_s: float) -> Share:
        """Leave a pulse, renew what is held, and take what is free and due to us.

        Raises:
            StoreFault: nothing was renewed; what was held lapses at the end of its term.
        """
        ...

    def release(self, collector: str, lanes: Iterable[str]) -> None:
        """Give up leases before their time."""
        ...

    def claim(self, name: str, holder: str, term_s: float) -> bool:
        """Take or renew the lease of a chore that one of all does; False: another has it."""
        ...

    def leave(self, collector: str) -> None:
        """Go in order: no pulse and no lease is left."""
        ...

    def pulses(self) -> list[Pulse]:
        """Every collector that is not struck off, by name."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A collector as the store knows it."""

    lanes: frozenset[str]
    renewed: float
    term_s: float

    def alive(self, now: float) -> bool:
        """Whether it said something within its term."""
        return _within(now, self.renewed, self.term_s)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lane and who has it."""

    holder: str
    renewed: float
    term_s: float

    def valid(self, now: float) -> bool:
        """Whether nobody else may take it."""
        return _within(now, self.renewed, self.term_s)

    def bars(self, collector: str, now: float) -> bool:
        """Whether that collector may not take it."""
        return self.holder != collector and self.valid(now)


def _within(now: float, renewed: float, term_s: float) -> bool:
    return -CLOCK_SLACK_S <= now - renewed < term_s


def share_of(
    collector: str, members: Mapping[str, Member], leases: Mapping[str, Lease], *, now: float
) -> Share:
    """What one collector may hold from now on, seen from what is in the store."""
    valid = {lane: lease.holder for lane, lease in leases.items() if lease.valid(now)}
    wanted = {name: member.lanes for name, member in members.items() if member.alive(now)}
    target = divide(wanted, valid)
    ours = {lane for lane in wanted[collector] if valid.get(lane) == collector}
    free = {lane for lane, to in target.items() if to == collector and lane not in valid}
    surplus = {lane for lane in ours if target[lane] != collector}
    return Share(frozenset(ours | free), frozenset(surplus))


def divide(wanted: Mapping[str, Collection[str]], held: Mapping[str, str]) -> dict[str, str]:
    """Who should have each lane: as evenly as can be, with as few moves as can be.

    Args:
        wanted: the lanes that each living collector could poll.
        held: the holder of each lane that is held.
    """
    takers: dict[str, list[str]] = {}
    for name in sorted(wanted):
        for lane in wanted[name]:
            takers.setdefault(lane, []).append(name)
    load = dict.fromkeys(wanted, 0)
    target: dict[str, str] = {}
    for lane in sorted(takers, key=lambda lane: (held.get(lane) not in takers[lane], lane)):
        holder = held.get(lane)
        chosen = holder if holder in takers[lane] else min(takers[lane], key=load.__getitem__)
        target[lane] = str(chosen)
        load[target[lane]] += 1
    while move := _levelling_move(target, takers, load):
        lane, to = move
        load[target[lane]] -= 1
        load[to] += 1
        target[lane] = to
    return target


def _levelling_move(
    target: Mapping[str, str], takers: Mapping[str, list[str]], load: Mapping[str, int]
) -> tuple[str, str] | None:
    """The lane whose move evens the loads most; None when no move does."""
    best: tuple[int, str, str] | None = None
    for lane, holder in target.items():
        to = min(takers[lane], key=load.__getitem__)
        gain = load[holder] - load[to]
        if gain >= 2 and (best is None or gain > best[0]):
            best = (gain, lane, to)
    return (best[1], best[2]) if best else None
