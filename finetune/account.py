"""What a training tells of itself: figures, reasons, and all that is needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from finetune.course import Course, libraries, order_sha256
from finetune.judging import Verdict
from finetune.ladder import Rung
from finetune.reasons import reasons
from finetune.report import CandidateFigures, TrainReport, rounded
from finetune.targets import targets_reached


def reported(course: Course, rungs: Sequence[Rung], verdict: Verdict) -> TrainReport:
    """For a person and for programs; the version is not known yet."""
    split, truth = course.split, course.contest.truth
    return TrainReport(
        task=course.data.task.name,
        version="",
        split=f"{split.how}: {len(split.develop)} rows train and choose over "
        f"{len(course.contest.folds)} folds, {len(split.test) or 'none'} test",
        chosen=verdict.rung.name,
        candidates=tuple(
            CandidateFigures(
                rung.name, rung.accuracy(truth), rung.macro_f1(truth), rung.seconds, rung.ended
            )
            for rung in rungs
        ),
        test=verdict.test,
        notes={
            "why": list(reasons(rungs, verdict.rung, truth, seed=course.wish.seed)),
            "labels": [rounded(asdict(figures)) for figures in verdict.labels],
            "outcomes": verdict.outcomes.as_dict(),
            "targets": targets_reached(course.data.task, verdict.test),
            **_rows(course),
            **_repeating(course, verdict),
        },
    )


def _rows(course: Course) -> Mapping[str, Any]:
    data = course.data
    return {
        "rows": len(data.labels),
        "rows_from_feedback": len(data.people),
        "splits": {
            "develop": len(course.split.develop),
            "test": len(course.split.test),
            "folds": [
                {"train": len(fold.train), "held": len(fold.held)} for fold in course.contest.folds
            ],
        },
        "split_notes": list(course.split.notes),
        "data_warnings": [warning.words for warning in data.inspection.warnings],
    }


def _repeating(course: Course, verdict: Verdict) -> Mapping[str, Any]:
    return {
        "seed": course.wish.seed,
        "asked_accuracy": course.wish.asked,
        "threads": course.wish.threads,
        "device": course.device,
        "epochs": verdict.rung.epochs,
        "data_sha256": course.data.sha256,
        "order_sha256": order_sha256(course.data),
        "libraries": libraries(),
        "resumed": course.checkpoint.resumed,
        "discarded": list(course.checkpoint.discarded),
    }
