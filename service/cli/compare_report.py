"""What a comparison found, as a table with its reasons or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.options import console, print_json, print_table

if TYPE_CHECKING:
    from service.comparison.applying import Applied
    from service.comparison.nouns import ArmResult, CascadeResult, Report

HEADS = (
    *("arm", "labels", "macro-F1 (95 %)", "p50 ms", "1,000,000 items"),
    *("set-up s", "consistency", "new class s"),
)


def show(report: Report, home: Path, *, done: Applied | None, as_json: bool) -> None:
    """For a program or for a person.

    Args:
        report: what was found.
        home: where it is kept.
        done: how it is followed; None: it is not.
        as_json: for a program.
    """
    from service.comparison.report_json import report_as_dict

    if as_json:
        told = {} if done is None else {"applied": _followed(done)}
        print_json({**report_as_dict(report), **told})
        return
    currency = report.prices.currency
    whole = [one for one in report.arms if one.labels_per_class is None or one.chosen]
    rows = (*map(_arm, whole), *map(_cascade, report.cascades))
    print_table(HEADS, ([*row[:4], f"{row[4]} {currency}", *row[5:]] for row in rows), wide=True)
    for sentence in _sentences(report, home):
        console.say(sentence)
    if done is not None:
        console.say(done.words)


def _followed(done: Applied) -> dict[str, str]:
    route = done.route
    return {"route": route.route, "revision": route.revision, "version": route.version}


def _arm(one: ArmResult) -> list[str]:
    low, high = one.quality.ci95
    name = f"{one.approach.value}/{one.name}{' *' if one.chosen else ''}"
    return [
        *(name, str(one.labels), f"{one.quality.macro_f1:.3f} ({low:.3f}-{high:.3f})"),
        *(f"{one.p50_ms:.1f}", _million(one.cost_per_1000), f"{one.setup_s:.1f}"),
        "" if one.consistency is None else f"{one.consistency.share:.3f}",
        _seconds(one),
    ]


def _million(cost_per_1000: float) -> str:
    return f"{1000 * cost_per_1000:,.2f}"


def _seconds(one: ArmResult) -> str:
    """Until a new class is answered."""
    if one.flexibility is None:
        return ""
    seconds = one.flexibility.seconds
    return "never" if seconds is None else f"{seconds:.1f}"


def _cascade(one: CascadeResult) -> list[str]:
    low, high = one.quality.ci95
    figures = f"{one.quality.macro_f1:.3f} ({low:.3f}-{high:.3f})"
    name = f"{one.first}, then {one.then}"
    return [name, "", figures, f"{one.p50_ms:.1f}", _million(one.cost_per_1000), "", "", ""]


def _sentences(report: Report, home: Path) -> Iterator[str]:
    from service.comparison.kept import folder_of

    yield f"{report.task}, {report.split}. * stands for its approach."
    if any(one.labels_per_class is not None for one in report.arms):
        yield "The report has the learning curves too."
    yield f"Wanted: macro-F1 {report.target:g} ({report.target_from})."
    yield from report.notes
    for one in report.failed:
        name = f"{one.approach.value}/{one.name}"
        yield f"{name} with {one.labels} labels failed: {one.reason}"
    decision = report.decision
    yield f"Recommended: {decision.approach.value}{decision.arm and f' ({decision.arm})'}."
    yield from (f"  {reason}" for reason in decision.reasons)
    if decision.would_change:
        yield "What would change it:"
        yield from (f"  {sentence}" for sentence in decision.would_change)
    yield f"The report is in {folder_of(home, report.id)}."
