"""A source that sends much less than it usually does: learned from its own last hour, no setting.

Silence of a whole machine is found elsewhere (`ingest/detect_silence.py`, with declared periods).
This is about a gateway that drops nine of ten messages and never falls silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from statistics import fmean, median

LEARNED_AFTER = 15
"""Windows that must have been seen before anything is said."""
REMEMBERED = 60
"""Windows that what is usual is learned from: a lasting change becomes usual in half of them."""
MOST_SOURCES = 20_000
"""Sources that are learned; whoever publishes can make up topics, and each would be one more."""

_JUDGED = 2
"""Windows that must be low together: one can be a restart."""
_SLOW_SHARE = 1 / 3
_BACK_SHARE = 0.6
_COUNTING_ERRORS = 4.0


class Turn(StrEnum):
    """What happened to a source."""

    SLOW = "slow"
    BACK = "back"
    USUAL_NOW = "usual now"


@dataclass(frozen=True, slots=True)
class RateChange:
    """A source began or ceased to send much less than usual; records a minute."""

    source: str
    turn: Turn
    per_minute: float
    usual_per_minute: float

    def __str__(self) -> str:
        now, usual = _shown(self.per_minute), _shown(self.usual_per_minute)
        match self.turn:
            case Turn.SLOW:
                return f"{self.source} sends {now} a minute, usual are {usual}"
            case Turn.BACK:
                return f"{self.source} sends {now} a minute again, usual are {usual}"
            case Turn.USUAL_NOW:
                return f"{self.source} sends {now} a minute, and that is usual by now"


@dataclass(slots=True)
class _Known:
    received: float
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED + _JUDGED))
    slow: RateChange | None = None


class Rates:
    """Looks at what every source has sent, window by window, and says what changed."""

    def __init__(self) -> None:
        self._sources: dict[str, _Known] = {}

    @property
    def slow(self) -> list[RateChange]:
        """The sources that send too little now, as they began to."""
        return [known.slow for known in list(self._sources.values()) if known.slow]

    def skip(self, received: Mapping[str, int]) -> None:
        """A window in which we ourselves took nothing in says nothing about the sources."""
        for source, count in received.items():
            if known := self._known(source, count):
                known.received = count

    def take(self, received: Mapping[str, int], minutes: float) -> list[RateChange]:
        """Judge one window.

        Args:
            received: records of each source since it was first heard.
            minutes: length of the window that ends now.
        """
        changes = []
        for source, count in received.items():
            known = self._known(source, count)
            if known is None:
                continue
            known.rates.append(max(count - known.received, 0) / minutes)
            known.received = count
            if change := _judged(source, known):
                known.slow = change if change.turn is Turn.SLOW else None
                changes.append(change)
        return changes

    def _known(self, source: str, received: int) -> _Known | None:
        """What was learned of a source; None for one that is heard for the first time."""
        known = self._sources.get(source)
        if known is None and len(self._sources) < MOST_SOURCES:
            self._sources[source] = _Known(received)
        return known


def _judged(source: str, known: _Known) -> RateChange | None:
    rates = list(known.rates)
    before, lately = rates[:-_JUDGED], rates[-_JUDGED:]
    if len(before) < LEARNED_AFTER:
        return None
    now = fmean(lately)
    if known.slow is None:
        usual = median(before)
        is_slow = all(rate < slow_below(before) for rate in (now, lately[-1]))
        return RateChange(source, Turn.SLOW, now, usual) if is_slow else None
    usual = known.slow.usual_per_minute
    if now >= _BACK_SHARE * usual:
        return RateChange(source, Turn.BACK, now, usual)
    if now >= _BACK_SHARE * median(before):
        return RateChange(source, Turn.USUAL_NOW, now, usual)
    return None


def slow_below(rates: list[float]) -> float:
    """The rate under which a source is slow: far under its median, and beyond its own spread.

    A third of the median; lower where the source varies much (well under the lowest of its
    windows, a few outages aside) or sends so few records that chance alone explains a lack. At
    most 0 where nothing can be said.
    """
    usual = median(rates)
    lowest = sorted(rates)[len(rates) // 20]
    chance = sqrt(usual / _JUDGED)
    return min(
        _SLOW_SHARE * usual,
        lowest - (usual - lowest) / 2,
        usual - _COUNTING_ERRORS * chance,
    )


def _shown(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"
