"""How far a training is, as a share of the whole: each step with what it is expected to cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole training that is done, 0 to 1."""
Advance = Callable[[float], None]


def silent(_what: str, _share: float) -> None:
    """Progress that nobody watches."""


class Steps:
    """The steps of a training in their order; one that begins ends all before it."""

    def __init__(self, costs: Mapping[str, float], progress: Progress) -> None:
        """Costs by step, in any unit."""
        self._costs = dict(costs)
        self._progress = progress
        self._told = 0.0

    def begin(self, name: str) -> Advance:
        """A step begins; what is given back is called with the share of it that is done."""
        names = list(self._costs)
        before = sum(self._costs[earlier] for earlier in names[: names.index(name)])
        cost, total = self._costs[name], sum(self._costs.values())

        def advance(share: float) -> None:
            self._told = max(self._told, (before + cost * share) / total)
            self._progress(name, self._told)

        advance(0.0)
        return advance
