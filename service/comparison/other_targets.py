"""What the decision would be with another target: walked again, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from service.comparison.contenders import Contender, Field, choose
from service.comparison.nouns import Circumstances, Route

ENOUGH = {
    Route.PROMPT: "prompting would be enough",
    Route.RAG: "retrieval would be enough",
    Route.FINETUNE: "fine-tuning would do",
    Route.CASCADE: "two in turn would do",
}
MOST = 3
"""Sentences about targets below the one that is wanted."""
DIGITS = range(2, 10)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Targets with the same decision: above one figure, up to another."""

    above: float
    upto: float
    winner: Contender

    @property
    def told(self) -> tuple[str, str]:
        """Its lowest and its highest target with two decimals, or as many as it takes."""
        for digits in DIGITS:
            unit = 10**digits
            low, high = _under(self.above, unit) + 1, _under(self.upto, unit)
            if self.above < low / unit <= high / unit <= self.upto:
                return f"{low / unit:.{digits}f}", f"{high / unit:.{digits}f}"
        return f"{self.upto!r}", f"{self.upto!r}"


def stretches(field: Field, given: Circumstances) -> tuple[Stretch, ...]:
    """From low targets to the highest that anybody reaches."""
    found: list[Stretch] = []
    above = 0.0
    for end in sorted({one.reach for one in field.everyone if one.reach > 0}):
        winner = choose(field, end, given)
        if winner is not None and found and found[-1].winner is winner:
            found[-1] = Stretch(found[-1].above, end, winner)
        elif winner is not None:
            found.append(Stretch(above, end, winner))
        above = end
    return tuple(found)


def other_targets(field: Field, given: Circumstances) -> Iterator[str]:
    """One sentence a stretch of targets: the nearest below first, then those above."""
    every = stretches(field, given)
    below = [one for one in every if one.upto < given.target]
    for stretch in below[: -MOST - 1 : -1]:
        yield _sentence(stretch)
    yield from (_sentence(one) for one in every if one.above >= given.target)
    beyond = (_under(every[-1].upto, 100) + 1) / 100 if every else 0.0
    if given.target < beyond <= 1:
        yield f"A target of {beyond:.2f} or more: nothing that was measured reaches it."


def _sentence(stretch: Stretch) -> str:
    low, high = stretch.told
    said = f"{ENOUGH[stretch.winner.route]} ({stretch.winner.name})"
    if not stretch.above:
        return f"A target of {high} or less: {said}."
    if low == high:
        return f"A target of {high}: {said}."
    return f"A target of {low} to {high}: {said}."


def _under(figure: float, unit: int) -> int:
    """In whole units, not above it; a figure that is a whole number of them but for its bits is."""
    return floor(figure * unit + 1e-9)
