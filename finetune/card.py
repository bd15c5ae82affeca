"""The model card: what a person should know before relying on a model."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.report import TrainReport
from finetune.task import Task

HOW_CHOSEN = (
    "Chosen on the validation: a dearer candidate is taken only when it beats the cheaper one "
    "beyond the noise (paired bootstrap on macro-F1)."
)
HOW_JUDGED = (
    "The test was looked at once, with the model fitted without it. What is stored was then fitted "
    "again on all rows (the weights of LoRA were not)."
)


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label on the test."""

    label: str
    rows: int
    f1: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the model stops answering."""

    threshold: float
    unknown_below: float


def card(report: TrainReport, task: Task, limits: Limits, labels: tuple[LabelFigures, ...]) -> str:
    """The card as Markdown."""
    parts = [
        f"# {report.task} {report.version}",
        task.title or f"Decides between {len(task.labels)} labels.",
        f"Candidate **{report.chosen}**. {HOW_CHOSEN}",
        f"Split: {report.split}. {HOW_JUDGED}",
        _limits(limits),
        _candidates(report),
        _test(report),
        _labels(labels),
    ]
    return "\n\n".join(parts) + "\n"


def _limits(limits: Limits) -> str:
    said = f"Abstains below a confidence of {limits.threshold:.2f}."
    if limits.unknown_below <= -1:
        return said
    return (
        f"{said} Takes a text for unknown when its cosine to the nearest training text is below "
        f"{limits.unknown_below:.2f}."
    )


def _candidates(report: TrainReport) -> str:
    rows = [
        f"| {one.name} | {one.accuracy:.3f} | {one.macro_f1:.3f} | {one.seconds:.1f} |"
        for one in report.candidates
    ]
    head = ["| candidate (validation) | accuracy | macro-F1 | seconds |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _test(report: TrainReport) -> str:
    test = report.test
    return (
        f"Test, {test.n} rows: accuracy {test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f}, "
        f"expected calibration error {test.ece:.3f}, "
        f"answered at 90 % accuracy {test.coverage_at_90:.0%}."
    )


def _labels(labels: tuple[LabelFigures, ...]) -> str:
    rows = [f"| {one.label} | {one.rows} | {one.f1:.3f} |" for one in labels]
    return "\n".join(["| label | test rows | F1 |", "|---|---|---|", *rows])
