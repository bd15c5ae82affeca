"""The rows of the classic comparison, a column for each way: what was measured, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.comparison.contenders import by_chance
from service.comparison.cost import one_off_cost_of_both
from service.comparison.nouns import ArmResult, CascadeResult, Quality, Report
from service.comparison.report_ways import Way
from service.comparison.report_words import (
    arm_id,
    count,
    f1,
    interval,
    milliseconds,
    percent,
    plain,
    running,
    seconds,
    short_money,
)
from service.comparison.required import required


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, and what stands small below it."""

    figure: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is compared."""

    name: str
    what: str
    cells: tuple[Cell, ...]


UNKNOWN = Cell("-", "not measured")


def rows(report: Report, ways: Sequence[Way]) -> tuple[Row, ...]:
    """In the order of the question: right, cheap, quick, and what it takes to keep."""
    currency, found = report.prices.currency, [way.found for way in ways]
    of_two = _of_both(report, ways)
    told = (
        ("Quality", "macro-F1 on the test", [_quality(one.quality) for one in found]),
        (
            "Answers by itself",
            "the rest is for a person",
            [_answered(one.quality) for one in found],
        ),
        ("Running cost", "for 1,000 items", [_running(one, currency) for one in found]),
        ("One-off cost", "labels and set-up", [_once(one, of_two, currency) for one in found]),
        ("Latency", "one item alone, median", [_latency(one) for one in found]),
        ("Set-up", "from nothing to the first answer", [_setup(one, of_two) for one in found]),
        ("Required data", "to reach the target", [_data(report, one) for one in found]),
        ("Flexibility", "a new class is added", [_flexible(one) for one in found]),
        ("Consistency", "answers that stay the same", [_consistent(one) for one in found]),
        ("Maintenance", "after a change of codes", [_maintained(one) for one in found]),
    )
    return tuple(
        Row(name, what, tuple(cells)) for name, what, cells in told if set(cells) != {UNKNOWN}
    )


def _quality(found: Quality) -> Cell:
    chance = f"; guessing has {found.chance_macro_f1:.2f}" if by_chance(found) else ""
    return Cell(f1(found), f"{interval(found)}, accuracy {found.accuracy:.2f}{chance}")


def _answered(found: Quality) -> Cell:
    if found.accuracy_answered is None:
        return Cell(percent(found.answered), "it gives no answer")
    return Cell(percent(found.answered), f"of these {percent(found.accuracy_answered)} right")


def _running(one: ArmResult | CascadeResult, currency: str) -> Cell:
    figure, of_million = running(one.cost_per_1000, currency)
    if isinstance(one, CascadeResult):
        told = [of_million, f"{percent(one.share_first)} end at the first step"]
    else:
        tokens = f"{count(one.tokens_per_1000)} tokens" if one.tokens_per_1000 else ""
        told = [of_million, f"{seconds(one.cpu_s_per_1000)} of CPU", tokens]
    return Cell(figure, "; ".join(filter(None, told)))


@dataclass(frozen=True, slots=True)
class _OfBoth:
    """What the two steps of a cascade take together."""

    setup_s: float
    one_off_cost: float


def _of_both(report: Report, ways: Sequence[Way]) -> _OfBoth | None:
    """Set up one after the other; the labels of the one serve the other too."""
    cascades = [one for way in ways if (one := way.cascade)]
    names = {name for one in cascades for name in (one.first, one.then)}
    both = [arm for way in ways if (arm := way.arm) and arm_id(arm) in names]
    if len(both) != 2:
        return None
    cost = one_off_cost_of_both(both[0], both[1], report.prices)
    return _OfBoth(sum(one.setup_s for one in both), cost)


def _once(one: ArmResult | CascadeResult, both: _OfBoth | None, currency: str) -> Cell:
    if isinstance(one, ArmResult):
        what = f"{count(one.labels)} labels and {seconds(one.setup_cpu_s)} of CPU"
        return Cell(short_money(one.one_off_cost, currency), what)
    if both is None:
        return UNKNOWN
    return Cell(short_money(both.one_off_cost, currency), "the same labels serve both")


def _latency(one: ArmResult | CascadeResult) -> Cell:
    return Cell(milliseconds(one.p50_ms), f"95 of 100 within {milliseconds(one.p95_ms)}")


def _setup(one: ArmResult | CascadeResult, both: _OfBoth | None) -> Cell:
    if isinstance(one, ArmResult):
        return Cell(seconds(one.setup_s), f"with {count(one.labels)} labelled examples")
    return Cell(seconds(both.setup_s), "one after the other") if both else UNKNOWN


def _data(report: Report, one: ArmResult | CascadeResult) -> Cell:
    """By the learning curve."""
    if isinstance(one, CascadeResult):
        return Cell("as its steps", "each as it stands beside")
    if not one.labels:
        reached = one.quality.macro_f1 >= report.target
        return Cell("no labels", "it reaches it" if reached else "it learns from none")
    needed = required(report.arms, one, report.target)
    if needed.labels is None:
        return Cell("out of sight", needed.words)
    return Cell(f"{count(needed.labels)} labels", f"by its learning curve: {needed.words}")


def _flexible(one: ArmResult | CascadeResult) -> Cell:
    found = one.flexibility if isinstance(one, ArmResult) else None
    if found is None:
        return UNKNOWN
    taken = f"{percent(found.recall)} of {plain(found.label, 40)} found"
    kept = f"{percent(found.others_kept)} of the others kept"
    return Cell(seconds(found.seconds), f"{taken}, {kept}; {plain(found.redone, 240)}")


def _consistent(one: ArmResult | CascadeResult) -> Cell:
    found = one.consistency if isinstance(one, ArmResult) else None
    if found is None:
        return UNKNOWN
    parts = (
        f"again {percent(found.again)}",
        f"reworded {percent(found.reworded)}",
        f"re-ordered {percent(found.reordered)}",
        f"typos {percent(found.typos)}",
    )
    return Cell(percent(found.share), ", ".join(parts))


def _maintained(one: ArmResult | CascadeResult) -> Cell:
    found = one.maintenance if isinstance(one, ArmResult) else None
    if found is None:
        return UNKNOWN
    if found.repair_s is None:
        mended = "the repair does not help"
    else:
        mended = f"{percent(found.repaired)} mended in {seconds(found.repair_s)}"
    return Cell(f"{percent(found.stale)} stale", f"{mended}: {plain(found.redone, 240)}")
