"""One arm with one number of labels, from its set-up to its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.comparison.cost import cost_per_1000, one_off_cost, tokens_per_1000
from service.comparison.entrants import Entrant, Size
from service.comparison.measuring import (
    MOST_OF_MODEL,
    Asked,
    Standing,
    Watch,
    ask,
    set_up,
    unwatched,
)
from service.comparison.nouns import ArmResult, Item, Known, Prices, Reply
from service.comparison.ports import Answerer
from service.comparison.quality import quality


@dataclass(frozen=True, slots=True)
class Bench:
    """What every arm is measured on and reckoned with."""

    test: tuple[Item, ...]
    """In an order of chance."""
    warm: Item
    """What an arm is asked first, so that it is warm; no row of the test."""
    prices: Prices
    seed: int


@dataclass(frozen=True, slots=True)
class Measured:
    """An arm with its figures, and ready to answer more."""

    entrant: Entrant
    known: Known
    answerer: Answerer
    asks_model: bool
    replies: tuple[Reply, ...]
    """To the test in its order, or to as much of it as was asked."""
    result: ArmResult


def measured(
    entrant: Entrant, size: Size, known: Known, *, bench: Bench, watch: Watch = unwatched
) -> Measured:
    """Set the arm up, ask it the test, reckon.

    Raises:
        AndonFault: it cannot be set up, or gives no answers.
    """
    standing = set_up(entrant.arm, known, bench.warm)
    asked = ask(standing.answerer, _test_for(standing, bench.test), watch=watch)
    result = _result(entrant, size, known, bench=bench, standing=standing, asked=asked)
    return Measured(entrant, known, standing.answerer, standing.asks_model, asked.replies, result)


def _test_for(standing: Standing, test: Sequence[Item]) -> Sequence[Item]:
    return test[:MOST_OF_MODEL] if standing.asks_model else test


def _result(
    entrant: Entrant, size: Size, known: Known, *, bench: Bench, standing: Standing, asked: Asked
) -> ArmResult:
    arm, answerer = entrant.arm, standing.answerer
    labels = int(getattr(answerer, "learnt", len(known.examples)))
    cpu_s = standing.cpu_s + float(getattr(answerer, "spared_cpu_s", 0.0))
    return ArmResult(
        approach=arm.approach,
        name=str(getattr(answerer, "name", arm.name)),
        model=str(getattr(answerer, "model", arm.model)),
        labels=labels,
        labels_per_class=size,
        quality=quality(asked.items, asked.replies, order=known.task.label_names, seed=bench.seed),
        setup_s=standing.seconds + float(getattr(answerer, "spared_s", 0.0)),
        setup_cpu_s=cpu_s,
        p50_ms=asked.p50_ms,
        p95_ms=asked.p95_ms,
        cpu_s_per_1000=asked.cpu_s_per_1000,
        tokens_per_1000=tokens_per_1000(asked.replies),
        cost_per_1000=cost_per_1000(asked.replies, asked.cpu_s_per_1000, bench.prices),
        one_off_cost=one_off_cost(cpu_s, labels, bench.prices),
        baseline=arm.baseline,
        notes=(*getattr(answerer, "notes", ()), *_limits(asked, bench.test)),
    )


def _limits(asked: Asked, test: Sequence[Item]) -> tuple[str, ...]:
    """What was not asked in full."""
    notes: list[str] = []
    if len(asked.items) < len(test):
        drawn = f"{len(asked.items)} of the {len(test)} rows of the test, drawn by chance"
        notes.append(f"Asked {drawn}, as each asks a language model.")
    if failed := sum(reply.failed for reply in asked.replies):
        notes.append(f"For {failed} rows of the test no answer could be had: counted as wrong.")
    return tuple(notes)
