"""A comparison of questions as a command asks for it: from a file to a kept report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from finetune.progress import Progress
from ingest.errors import DataFault
from rag.evaluation.questions import Asked, read_questions
from service.comparison.arms import Engines
from service.comparison.keeping import folders, write_report
from service.comparison.measuring import attempt
from service.comparison.nouns import ArmResult, Decision, FailedArm, Prices, Report
from service.comparison.question_arms import question_arms
from service.comparison.question_decision import Asking, decide_questions
from service.comparison.question_library import Shelf
from service.comparison.question_measuring import Setting, measured
from service.comparison.report_words import arm_id
from service.comparison.reporting import machine, target_of, versions


@dataclass(frozen=True, slots=True)
class QuestionOrder:
    """What is to be asked, and with what it is reckoned."""

    id: str
    data: Path
    """Questions, one JSON object a line."""
    home: Path
    shelf: Shelf
    target: float | None = None
    seed: int = 0
    prices: Prices = field(default_factory=Prices)
    copy_to: Path | None = None
    """A further folder for the report."""


TASK = "questions"


def questions_compared(
    order: QuestionOrder, questions: Sequence[Asked], engines: Engines, progress: Progress
) -> Report:
    """Ask every arm, decide, and keep the report.

    Raises:
        SettingsFault: the folder of the report cannot be written to, or the target is none.
    """
    target, began = target_of(None, order.target), time.monotonic()
    with folders(order.home, order.id, order.copy_to) as folder:
        arms, failed = _measured(order, questions, engines, progress)
        model = engines.model.model if engines.model else ""
        unworded = sum(not (one.words or one.declined) for one in questions)
        decision = decide_questions(arms, Asking(target.value, unworded, model, failed))
        report = Report(
            id=order.id,
            task=TASK,
            split=f"all {len(questions)} questions: nothing is learnt from them",
            target=target.value,
            target_from=target.source,
            rows=len(questions),
            test_rows=len(questions),
            data_sha256=hashlib.sha256(order.data.read_bytes()).hexdigest(),
            seed=order.seed,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=time.monotonic() - began,
            versions=versions(),
            machine=machine(),
            model=model,
            prices=order.prices,
            arms=_standing(arms, decision),
            cascades=(),
            decision=decision,
            failed=failed,
            notes=_notes(questions),
        )
        return write_report(report, folder, order.copy_to)


def questions_of(path: Path) -> list[Asked]:
    """Of the part to report on, where the file has parts; else all.

    Raises:
        DataFault: lines that are no questions, or none with an answer.
    """
    found = read_questions(path)
    if any(one.part == "report" for one in found):
        found = [one for one in found if one.part == "report"]
    if all(one.declined for one in found):
        raise DataFault(
            f"{path}: no question in it has an answer.",
            remedy='Add some with "expected" or "words".',
        )
    return found


def _measured(
    order: QuestionOrder, questions: Sequence[Asked], engines: Engines, progress: Progress
) -> tuple[tuple[ArmResult, ...], tuple[FailedArm, ...]]:
    drawn = np.random.default_rng(order.seed).permutation(len(questions))
    setting = Setting(tuple(questions[at] for at in drawn), order.prices, order.seed)
    results: list[ArmResult] = []
    failed: list[FailedArm] = []
    arms = question_arms(order.shelf, engines.model)
    for at, arm in enumerate(arms):
        found, reason = attempt(
            partial(measured, arm, setting, partial(_watched, progress, arm.name, at, len(arms)))
        )
        if found is None:
            failed.append(FailedArm(arm.approach, arm.name, 0, reason))
        else:
            results.append(found)
    progress("decided", 1.0)
    return tuple(results), tuple(failed)


def _watched(progress: Progress, name: str, at: int, of: int, share: float) -> None:
    progress(name, (at + share) / of)


def _standing(results: Sequence[ArmResult], decision: Decision) -> tuple[ArmResult, ...]:
    """Who is recommended stands for its approach; elsewhere the last, with the model if one is set.

    Nothing is tuned by the questions: the walk is known before one is asked.
    """
    stands = {one.approach: arm_id(one) for one in results}
    taken = [one for one in results if arm_id(one) == decision.arm]
    stands |= {one.approach: decision.arm for one in taken}
    return tuple(replace(one, chosen=stands[one.approach] == arm_id(one)) for one in results)


def _notes(questions: Sequence[Asked]) -> tuple[str, ...]:
    declined = sum(one.declined for one in questions)
    worded = sum(bool(one.words) for one in questions)
    judged = f"{worded} are right by words of the answer, the others by the place that is cited"
    return (
        f"{len(questions) - declined} questions have an answer, {declined} are to be declined.",
        f"{judged}; each place counts as one label.",
    )
