"""What a report shows, in words: the decision first, then what it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from service.comparison.nouns import (
    Approach,
    ArmResult,
    Branch,
    CascadeResult,
    ClassQuality,
    Decision,
    Report,
    Route,
)
from service.comparison.report_pictures import Picture, pictures, quality_picture
from service.comparison.report_table import Row, rows
from service.comparison.report_ways import Way, ways_of
from service.comparison.report_words import (
    NAMES,
    count,
    f1,
    interval,
    milliseconds,
    money,
    percent,
    plain,
    running,
    seconds,
    verdict_on,
)

MOST_LABELS = 12
"""Of which it is told how well each is found."""
MOST_NOTES = 40
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
"""Between two sentences."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that stands out."""

    name: str
    figure: str
    more: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """How well one label is found."""

    label: str
    items: str
    f1: str
    share: float
    """Of 100, for its bar."""
    mistaken_for: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of everything that was measured."""

    kind: str
    way: str
    name: str
    model: str
    labels: str
    figures: tuple[str, ...]
    notes: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class View:
    """All that the page is made of."""

    task: str
    asked: str
    """What was the question."""
    kind: str
    verdict: str
    which: str
    why: str
    tiles: tuple[Tile, ...]
    branches: tuple[Branch, ...]
    would_change: tuple[str, ...]
    quality: Picture | None
    pictures: tuple[Picture, ...]
    ways: tuple[Way, ...]
    rows: tuple[Row, ...]
    labels: tuple[LabelRow, ...]
    labels_left_out: int
    measured: tuple[Measured, ...]
    failed: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    made: str
    id: str


def view_of(report: Report) -> View:
    """The report in words and pictures."""
    ways, decision = ways_of(report), report.decision
    closest = max(ways, key=lambda way: way.quality.macro_f1, default=None)
    if decision.approach is not Route.NONE:
        closest = next((way for way in ways if way.taken), None)
    taken = closest.found if closest else None
    labels = sorted(taken.quality.classes, key=lambda one: one.f1) if taken else []
    return View(
        task=plain(report.task, 120),
        asked=_asked(report),
        kind=_kind(decision, closest),
        verdict=_verdict(decision, closest),
        which=_which(report, closest),
        why=_why(decision) if taken else "Nothing could be measured.",
        tiles=_tiles(report, taken) if taken else (),
        branches=tuple(_plain_branch(one) for one in decision.branches),
        would_change=tuple(plain(one, 600) for one in decision.would_change),
        quality=quality_picture(report, ways),
        pictures=pictures(report, ways),
        ways=ways,
        rows=rows(report, ways),
        labels=tuple(_label(one) for one in labels[:MOST_LABELS]),
        labels_left_out=max(0, len(labels) - MOST_LABELS),
        measured=tuple(_measured(one, report.prices.currency) for one in report.arms),
        failed=tuple(
            (NAMES[one.approach], plain(one.name, 60), plain(one.reason)) for one in report.failed
        ),
        facts=_facts(report),
        notes=_notes(report),
        made=_moment(report.made_at),
        id=plain(report.id, 130),
    )


def _asked(report: Report) -> str:
    approaches = {one.approach for one in report.arms} | {one.approach for one in report.failed}
    if approaches and Approach.FINETUNE not in approaches:
        return "by the prompt alone, by retrieval, or by both?"
    return "prompting, retrieval or fine-tuning?"


def _verdict(decision: Decision, closest: Way | None) -> str:
    arm = closest.arm if closest and decision.approach is Route.PROMPT else None
    name, baseline = (arm.name, arm.baseline) if arm else ("", False)
    return verdict_on(decision.approach, name, baseline=baseline)


def _kind(decision: Decision, closest: Way | None) -> str:
    """How the verdict looks."""
    if decision.approach is Route.NONE or closest is None:
        return str(decision.approach)
    return closest.kind


def _which(report: Report, way: Way | None) -> str:
    if way is None:
        return ""
    name = way.which
    if way.arm is not None:
        model = plain(way.arm.model, 80)
        name = model if model.startswith(name) else f"{name}, {model}"
    return f"Closest: {name}" if report.decision.approach is Route.NONE else name


def _why(decision: Decision) -> str:
    """The branch that decided, in one sentence; where nothing reaches, the last that was denied."""
    denied = [one for one in decision.branches if one.answer not in ("yes", "not known")]
    agreed = [one for one in decision.branches if one.answer == "yes"]
    told = denied if decision.approach is Route.NONE else agreed
    reason = next((one.reason for one in reversed(told or decision.branches)), "")
    return plain(SENTENCE.split(reason, maxsplit=1)[0], 600)


def _tiles(report: Report, one: ArmResult | CascadeResult) -> tuple[Tile, ...]:
    found = one.quality
    figure, more = running(one.cost_per_1000, report.prices.currency)
    shown = (
        Tile("Macro-F1", f1(found), f"{interval(found)} (95 %), {count(found.n)} test items"),
        Tile("Running cost", figure, "; ".join(filter(None, ("for 1,000 items", more)))),
        Tile("One answer", milliseconds(one.p50_ms), f"95 of 100 in {milliseconds(one.p95_ms)}"),
    )
    if isinstance(one, CascadeResult):
        return (*shown, Tile("First step ends", percent(one.share_first), "of the items"))
    return (*shown, Tile("Set-up", seconds(one.setup_s), f"with {count(one.labels)} labels"))


def _plain_branch(one: Branch) -> Branch:
    return Branch(plain(one.question), plain(one.answer, 160), plain(one.reason, 800))


def _label(one: ClassQuality) -> LabelRow:
    mistaken = plain(one.mistaken_for, 60)
    return LabelRow(plain(one.label, 60), count(one.n), f"{one.f1:.2f}", 100 * one.f1, mistaken)


def _measured(one: ArmResult, currency: str) -> Measured:
    return Measured(
        kind=one.approach,
        way=NAMES[one.approach],
        name=plain(one.name, 60),
        model=plain(one.model, 80),
        labels=count(one.labels),
        figures=(
            f1(one.quality),
            interval(one.quality),
            percent(one.quality.answered),
            milliseconds(one.p50_ms),
            money(one.cost_per_1000, currency),
            seconds(one.setup_s),
        ),
        notes=plain(" ".join(one.notes), 600),
        chosen=one.chosen,
    )


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """Everything that was reckoned with."""
    prices = report.prices
    versions = ", ".join(f"{name} {version}" for name, version in sorted(report.versions.items()))
    told = (
        ("Rows", f"{count(report.rows)}, of which {count(report.test_rows)} for the test"),
        ("Split", report.split),
        ("Target", f"macro-F1 {report.target:.2f} ({report.target_from})"),
        ("Language model", report.model or "none is set"),
        ("CPU", f"{prices.cpu_hour:g} {prices.currency} an hour of one core"),
        (
            "Labels",
            f"{prices.label_minutes:g} min each, {prices.labour_hour:g} {prices.currency} an hour",
        ),
        ("Machine", report.machine),
        ("Versions", versions),
        ("Data, SHA-256", report.data_sha256),
        ("Seed", str(report.seed)),
        ("Took", seconds(report.seconds)),
        ("Comparison", report.id),
    )
    return tuple((name, plain(words, 1000)) for name, words in told if words)


def _notes(report: Report) -> tuple[str, ...]:
    """Of the comparison and of what stands for an approach, each once."""
    of_arms = (
        f"{NAMES[one.approach]}, {one.name}: {note}"
        for one in report.arms
        if one.chosen
        for note in one.notes
    )
    every = dict.fromkeys(plain(note, 600) for note in (*report.notes, *of_arms))
    return tuple(every)[:MOST_NOTES]


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%d %B %Y, %H:%M} UTC"
    except ValueError:
        return plain(text, 40)
