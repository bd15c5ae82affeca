"""The model card: what a person should know before relying on a model, with two pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.engine import CARD
from finetune.examples import Floats, Rows
from finetune.limits import Limits, Outcomes
from finetune.plots import CONFUSION, RELIABILITY, plot_confusion, plot_reliability
from finetune.report import TrainReport
from finetune.score import LabelFigures
from finetune.targets import targets_told
from finetune.task import Task

HOW_CHOSEN = (
    "Every candidate is scored on rows that it was not fitted on (out of fold). A dearer one is "
    "taken only when it beats the cheaper one beyond the noise (paired bootstrap on macro-F1)."
)
HOW_JUDGED = "The test was looked at once, with the model fitted without it."
ON_ALL = "What is stored was then fitted again on all rows."
AS_JUDGED = "What is stored is that very model: it has not learnt the rows of the test."
FITTED_ON = "fitted_on"
"""Key of the notes of a report: the number of rows that the stored model learnt, if not all."""
MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card is written from."""

    report: TrainReport
    task: Task
    limits: Limits
    outcomes: Outcomes
    """On the test."""
    labels: tuple[LabelFigures, ...]
    probabilities: Floats
    """On the test."""
    truth: Rows
    """Labels of the test."""


def write_card(folder: Path, facts: CardFacts) -> None:
    """Put the card and its pictures into a folder: the same bytes from the same facts."""
    title = f"{facts.report.task}: {facts.report.chosen}"
    rows = facts.probabilities, facts.truth
    plot_reliability(folder / RELIABILITY, *rows, title=title)
    plot_confusion(folder / CONFUSION, *rows, names=facts.task.label_names, title=title)
    (folder / CARD).write_text(card(facts), encoding="utf-8")


def card(facts: CardFacts) -> str:
    """The card as Markdown."""
    report, task = facts.report, facts.task
    parts = [
        f"# {plain(report.task)} {report.version}",
        plain(task.title) or f"Decides between {len(task.labels)} labels.",
        f"Candidate **{report.chosen}**. {HOW_CHOSEN}",
        _listed(report.notes.get("why", ())),
        f"Split: {plain(report.split)}. {HOW_JUDGED} {_stored(report.notes)}",
        _candidates(report),
        "## On the test",
        _test(report, facts.outcomes),
        _listed(targets_told(report.notes.get("targets", {}))),
        f"![Reliability]({RELIABILITY}) ![Confusion]({CONFUSION})",
        _labels(facts.labels),
        "## When it does not answer",
        _limits(facts.limits),
        _warnings(report.notes),
        _made_with(report.notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Text from a file on one line, in which nothing is taken for Markdown or HTML."""
    quoted = " ".join(text.split()).replace("\\", "\\\\")
    for mark in "|`*[]!":
        quoted = quoted.replace(mark, f"\\{mark}")
    return quoted.replace("<", "&lt;").replace(">", "&gt;")


def _stored(notes: Mapping[str, Any]) -> str:
    return AS_JUDGED if FITTED_ON in notes else ON_ALL


def _candidates(report: TrainReport) -> str:
    rows = [
        f"| {one.name} | {one.accuracy:.3f} | {one.macro_f1:.3f} | {one.seconds:.1f} "
        f"| {one.ended} |"
        for one in report.candidates
    ]
    head = "| candidate (out of fold) | accuracy | macro-F1 | seconds | ended |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _test(report: TrainReport, found: Outcomes) -> str:
    test = report.test
    low, high = test.ci95
    by_mass = "" if test.ece_equal_mass is None else f" ({test.ece_equal_mass:.3f} by equal mass)"
    right = "none was given" if found.accuracy is None else f"{found.accuracy:.1%} of those right"
    return (
        f"- {test.n} rows: accuracy {test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f})\n"
        f"- expected calibration error {test.ece:.3f}{by_mass}\n"
        f"- could be answered at 90 % accuracy: {test.coverage_at_90:.0%}\n"
        f"- under its limits: {found.label:.0%} answered ({right}), "
        f"{found.review:.0%} for review, {found.unknown:.0%} unknown\n"
        f"- label sets: the right label is in {found.set_coverage:.1%} of them, "
        f"{found.set_size:.1f} labels a set"
    )


def _labels(labels: tuple[LabelFigures, ...]) -> str:
    rows = [
        f"| {number} | {plain(one.label)} | {one.rows} | {one.precision:.3f} | {one.recall:.3f} "
        f"| {one.f1:.3f} |"
        for number, one in enumerate(labels, start=1)
    ]
    head = "| no. | label | test rows | precision | recall | F1 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _limits(limits: Limits) -> str:
    if limits.threshold > 1:
        review = f"Nothing reaches {limits.asked:.0%} right answers: all is left to a person."
    else:
        review = (
            f"Below a confidence of {limits.threshold:.2f} a person should look: so that "
            f"{limits.asked:.0%} of the labels given are right."
        )
    lines = [f"- {review}"]
    if limits.unknown_below is not None:
        lines.append(
            "- Unknown is what is less familiar with the training rows than "
            f"{limits.unknown_below:.2f}; of rows like those learnt it takes 5 %."
        )
    lines.append(
        f"- Into the label set comes every label of probability {limits.least:.3f} and more, so "
        "that the right one is in it in 90 % of cases."
    )
    return "\n".join(lines)


def _warnings(notes: Mapping[str, Any]) -> str:
    said = [*notes.get("data_warnings", ()), *notes.get("split_notes", ())]
    more = [f"and {len(said) - MOST_WARNINGS} more"] if len(said) > MOST_WARNINGS else []
    return "## About the data\n\n" + _listed([*said[:MOST_WARNINGS], *more]) if said else ""


def _made_with(notes: Mapping[str, Any]) -> str:
    libraries = notes.get("libraries", {})
    if not libraries:
        return ""
    return (
        "Made with " + ", ".join(f"{name} {one}" for name, one in sorted(libraries.items())) + "."
    )


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)
