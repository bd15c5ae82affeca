"""What the pictures of a report are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, permutations
from typing import TYPE_CHECKING

from service.comparison.nouns import ArmResult, CascadeResult, Report
from service.comparison.report_ways import Way
from service.comparison.report_words import (
    arm_id,
    count,
    milliseconds,
    money,
    percent,
    plain,
)

if TYPE_CHECKING:
    from finetune.comparison_plots import Curve, Line, Mark

ASKED = {
    "again": "asked again",
    "reworded": "reworded",
    "reordered": "re-ordered",
    "typos": "typos",
}
FEWEST_ITEMS, MOST_ITEMS = 100.0, 1_000_000.0
PER_MILLION = 0.1
"""Where 1,000 items cost less the axis tells of a million."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, and what it says."""

    title: str
    caption: str
    svg: str


def pictures(report: Report, ways: Sequence[Way]) -> tuple[Picture, ...]:
    """Those that there are figures for."""
    made = (
        _curve(report, ways),
        _cost(report, ways),
        _latency(ways),
        _consistency(ways),
        _total(report, ways),
    )
    return tuple(picture for picture in made if picture is not None)


def quality_picture(report: Report, ways: Sequence[Way]) -> Picture | None:
    """How right each is, against the target."""
    from finetune.comparison_plots import draw_quality

    if not ways:
        return None
    marks = _marks(ways)
    told = ", ".join(f"{mark.name} {mark.value:.2f}" for mark in marks)
    return Picture(
        "How right each is",
        "Lines are 95 % intervals. Where two overlap widely, the order may be chance.",
        draw_quality(
            marks,
            target=report.target,
            chance=max(way.quality.chance_macro_f1 for way in ways),
            words=f"Macro-F1 on the test: {told}. Target {report.target:.2f}.",
        ),
    )


def _curve(report: Report, ways: Sequence[Way]) -> Picture | None:
    from finetune.comparison_plots import draw_curve

    curves = tuple(_curves(report, ways))
    if not any(len(curve.points) > 1 for curve in curves):
        return None
    told = "; ".join(
        f"{curve.name} from {curve.points[0].value:.2f} at {curve.points[0].at:.0f} "
        f"to {curve.points[-1].value:.2f} at {curve.points[-1].at:.0f}"
        for curve in curves
        if curve.main
    )
    return Picture(
        "What more labels bring",
        "Bands are 95 % intervals; the dashed line is the target. Thin lines: what was not chosen.",
        draw_curve(curves, target=report.target, words=f"Macro-F1 by labelled examples: {told}."),
    )


def _curves(report: Report, ways: Sequence[Way]) -> Iterator[Curve]:
    from finetune.comparison_plots import Curve

    chosen = {arm_id(one): way for way in ways if (one := way.arm)}
    for name, same in groupby(sorted(report.arms, key=arm_id), key=arm_id):
        way = chosen.get(name)
        kind = way.kind if way else "other"
        points = tuple(
            _mark(one, at=one.labels, kind=kind) for one in sorted(same, key=lambda one: one.labels)
        )
        if way or len(points) > 1:
            yield Curve(kind, way.name if way else plain(name, 40), points, way is not None)


def _cost(report: Report, ways: Sequence[Way]) -> Picture | None:
    from finetune.comparison_plots import draw_cost

    if not ways:
        return None
    main = _marks(ways)
    others = [
        _mark(one, at=one.cost_per_1000)
        for one in report.arms
        if one.labels_per_class is None and not one.chosen
    ]
    currency = report.prices.currency
    million = max(mark.at for mark in main) < PER_MILLION
    told = ", ".join(
        f"{mark.name} {mark.value:.2f} for {money(mark.at, currency)}" for mark in main
    )
    return Picture(
        "Quality and what it costs to run",
        "Up and to the left is better. Tokens and CPU together; grey: what was not chosen.",
        draw_cost(
            [replace(mark, at=mark.at * (1000 if million else 1)) for mark in (*others, *main)],
            target=report.target,
            per=f"{currency} per {'million' if million else '1,000'} items",
            words=f"Macro-F1 and cost of 1,000 items: {told}.",
        ),
    )


def _latency(ways: Sequence[Way]) -> Picture | None:
    from finetune.comparison_plots import Mark, draw_latency

    if not ways:
        return None
    marks = [Mark(way.kind, way.name, way.found.p50_ms, 0.0, way.found.p95_ms) for way in ways]
    told = ", ".join(
        f"{mark.name} {milliseconds(mark.value)}, 95th percentile {milliseconds(mark.high)}"
        for mark in marks
    )
    return Picture(
        "How long one answer takes",
        "One item at a time, from the question to the answer.",
        draw_latency(marks, words=f"Latency: {told}."),
    )


def _consistency(ways: Sequence[Way]) -> Picture | None:
    from finetune.comparison_plots import Mark, draw_consistency

    known = [
        (way, found) for way in ways if (one := way.arm) and (found := one.consistency) is not None
    ]
    if not known:
        return None
    groups = [
        [Mark(way.kind, way.name, getattr(found, field), 0.0, 0.0) for way, found in known]
        for field in ASKED
    ]
    told = ", ".join(f"{way.name} {percent(found.share)}" for way, found in known)
    return Picture(
        "Does it say the same again?",
        "The same item asked again, reworded, in another order, and with typing errors.",
        draw_consistency(
            list(ASKED.values()), groups, words=f"Answers that stay the same, on the mean: {told}."
        ),
    )


def _total(report: Report, ways: Sequence[Way]) -> Picture | None:
    """Only where the order changes on the way: else the table says it all."""
    from finetune.comparison_plots import Line, draw_total

    lines = [
        Line(way.kind, way.name, one.one_off_cost, one.cost_per_1000 / 1000)
        for way in ways
        if (one := way.arm)
    ]
    crossings = [
        f"From {count(at)} items on {late.name.lower()} has cost less than {early.name.lower()}."
        for early, late in permutations(lines, 2)
        if (at := _overtaken(early, late)) is not None
    ]
    if not crossings:
        return None
    return Picture(
        "What it has cost in all",
        f"Labels and set-up first, then every item. {' '.join(crossings)}",
        draw_total(
            lines,
            currency=report.prices.currency,
            span=(FEWEST_ITEMS, MOST_ITEMS),
            words=" ".join(crossings),
        ),
    )


def _overtaken(early: Line, late: Line) -> float | None:
    """Items, to two figures, from which on the late one has cost less; None: never within sight."""
    if late.once <= early.once or late.each >= early.each:
        return None
    items = (late.once - early.once) / (early.each - late.each)
    return float(f"{items:.1e}") if FEWEST_ITEMS < items < MOST_ITEMS else None


def _marks(ways: Sequence[Way]) -> list[Mark]:
    return [
        _mark(way.found, at=way.found.cost_per_1000, kind=way.kind, name=way.name) for way in ways
    ]


def _mark(
    one: ArmResult | CascadeResult, *, at: float, kind: str = "other", name: str = ""
) -> Mark:
    from finetune.comparison_plots import Mark

    low, high = one.quality.ci95
    return Mark(kind, name, one.quality.macro_f1, low, high, at=at, main=kind != "other")
