"""Those who stand for the approaches, two at a time: the cheap one first, the dear one after it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from service.comparison.cascade import Cascade, Step
from service.comparison.cost import cost_per_1000
from service.comparison.figures import Bench, Measured
from service.comparison.measuring import MOST_OF_MODEL, ask
from service.comparison.nouns import CascadeResult, Item, Reply
from service.comparison.quality import macro_f1, quality
from service.comparison.report_words import arm_id


def pairs(standing: Sequence[Measured]) -> list[tuple[Measured, Measured]]:
    """Every two of them, the one that is cheaper a thousand items first."""
    ordered = sorted(standing, key=lambda one: one.result.cost_per_1000)
    return list(combinations(ordered, 2))


def cascaded(first: Measured, then: Measured, bench: Bench) -> CascadeResult:
    """The two together, asked the test as the service would ask them.

    Raises:
        AndonFault: no answers could be had.
    """
    both = _Counted(Cascade(first.answerer, then.answerer))
    asks_model = first.asks_model or then.asks_model
    asked = ask(both, bench.test[:MOST_OF_MODEL] if asks_model else bench.test)
    order = first.known.task.label_names
    found = quality(asked.items, asked.replies, order=order, seed=bench.seed)
    alone = max(macro_f1(asked.items, one.replies[: len(asked.items)]) for one in (first, then))
    return CascadeResult(
        first=arm_id(first.result),
        then=arm_id(then.result),
        quality=found,
        share_first=both.by_first / len(asked.items),
        p50_ms=asked.p50_ms,
        p95_ms=asked.p95_ms,
        cost_per_1000=cost_per_1000(asked.replies, asked.cpu_s_per_1000, bench.prices),
        gain=found.macro_f1 - alone,
    )


class _Counted:
    """A cascade that counts whom it asked."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self.by_first = 0

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        steps: list[Step] = self._cascade.steps(items)
        self.by_first += sum(step.then is None for step in steps)
        return [step.reply for step in steps]
