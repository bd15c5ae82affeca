"""The order of a Sparkplug node's messages: what came late, what came again, what is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

_NUMBERS = 256
_HALF = _NUMBERS // 2
_PATIENCE = timedelta(seconds=5)
"""How long a message may be overtaken by later ones."""
_MOST_MISSING = 16
"""A longer gap is no matter of order."""


class Taken(NamedTuple):
    """The order after a message, and what it says of those before."""

    order: Order
    lost: str
    """Why the node must announce itself again; empty for a message in order."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is expected next. Sequence numbers run from 0 to 255 and begin again."""

    expected: int | None = None
    """None until the first message after a start: then any number will do."""
    newest: int = 0
    """Time of the last message in order, by the node's clock."""
    missing: tuple[tuple[int, datetime], ...] = ()
    """Numbers that were jumped over, and until when they are waited for."""

    def born(self, number: int, at: int) -> Order:
        """A birth begins anew with whatever number it has."""
        return Order((number + 1) % _NUMBERS, at)

    def take(self, number: int, at: int, now: datetime) -> Taken:
        """A message with its number and the node's time."""
        if self.expected is None:
            return Taken(self.born(number, at), "")
        after = self._after(number, at, now)
        late = [missed for missed, until in after.missing if until < now]
        if late or len(after.missing) > _MOST_MISSING:
            first = late[0] if late else after.missing[0][0]
            return Taken(replace(after, missing=()), f"message {first} did not come")
        return Taken(after, "")

    def _after(self, number: int, at: int, now: datetime) -> Order:
        expected = self.expected or 0
        ahead = (number - expected) % _NUMBERS
        if ahead == 0:
            return replace(self, expected=(number + 1) % _NUMBERS, newest=at)
        if any(number == missed for missed, _ in self.missing):
            return replace(self, missing=tuple(m for m in self.missing if m[0] != number))
        if at < self.newest or (at == self.newest and ahead >= _HALF):
            return self  # it came before and comes again
        until = now + _PATIENCE
        jumped = (((expected + step) % _NUMBERS, until) for step in range(ahead))
        return Order((number + 1) % _NUMBERS, at, (*self.missing, *jumped))
