"""From a task and its data to a stored model: fit, choose, judge once, store, read back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from finetune.account import reported
from finetune.alone import alone
from finetune.candidates.lora import LoraSettings
from finetune.checkpoint import Checkpoint
from finetune.course import Course, Wish, course_of, every_row
from finetune.dataset import Dataset, read_dataset
from finetune.features import Windows
from finetune.finished import stored_before
from finetune.judging import judged
from finetune.labelled import LabelledRow
from finetune.ladder import choose, climb
from finetune.models import ModelStore
from finetune.progress import Progress, silent
from finetune.promotion import GateRefused, GateReport
from finetune.report import TrainReport
from finetune.score import ASKED_ACCURACY
from finetune.split import Split
from finetune.storing import stored
from finetune.task import Task
from finetune.threads import bounded

log = logging.getLogger(__name__)


def train(
    task: Task,
    data: Path,
    store: ModelStore,
    *,
    seed: int = 0,
    progress: Progress = silent,
    threads: int = 2,
    promote: bool = True,
    lora: LoraSettings | None = None,
    up_to: str | None = None,
    asked: float = ASKED_ACCURACY,
    extra: Sequence[LabelledRow] = (),
    windows: Windows | None = None,
) -> TrainReport:
    """Score every candidate over folds, choose one, judge it on the test, store it on all rows.

    A training that was killed goes on where it stopped when the same is asked for again. A version
    that the gate refuses stays stored; the report's `gate` says why.

    Raises:
        SettingsFault: a file or the encoder is missing, another training of the task runs, or
            the home cannot be written to.
        DataFault: the data cannot be used.
        ModelFault: the stored model does not answer as the fitted one.
    """
    store.versions(task.name)  # refuses a name that is none before it becomes a folder
    rows = read_dataset(task, data, extra=extra, windows=windows)
    wish = Wish(seed, threads, progress, lora, up_to, asked)
    with bounded(threads), alone(store.root / task.name):
        course = course_of(rows, store, wish)
        report = stored_before(course, store) or _trained(course, store)
        if promote:
            gate = _promoted(store, task.name, report.version)
            report = replace(report, notes={**report.notes, "gate": gate.as_dict()})
        course.checkpoint.remove()
    log.info("model trained", extra={"task": task.name, "version": report.version})
    return report


def train_apart(
    rows: Dataset, store: ModelStore, wish: Wish, *, checkpoint: Checkpoint | None = None
) -> TrainReport:
    """The same of rows whose test is kept elsewhere: no row is held back from what is stored.

    What is told of the model is what the folds said; `judged_for_use` judges it on the test.

    Args:
        rows: all that is learnt; with vectors, where these were made already.
        store: where the version goes.
        wish: what the caller asks.
        checkpoint: the folds that were fitted already; None: those that a kill left.

    Raises:
        SettingsFault: the encoder is missing, or the home cannot be written to.
        DataFault: the rows cannot be folded.
        ModelFault: the stored model does not answer as the fitted one.
    """
    task = rows.task.name
    store.versions(task)
    every = every_row(rows)
    with bounded(wish.threads), alone(store.root / task):
        split = Split(every, every[:0], rows.bonds.how)
        course = course_of(rows, store, wish, split=split, checkpoint=checkpoint)
        report = _trained(course, store)
        course.checkpoint.remove()
    log.info("model trained", extra={"task": task, "version": report.version})
    return report


def _trained(course: Course, store: ModelStore) -> TrainReport:
    rungs = climb(course.contest, course.recipes)
    chosen = choose(rungs, course.contest.truth, seed=course.wish.seed)
    verdict = judged(course, rungs, chosen)
    return stored(course, verdict, reported(course, rungs, verdict), store)


def _promoted(store: ModelStore, task: str, version: str) -> GateReport:
    try:
        return store.promote(task, version)
    except GateRefused as refusal:
        return refusal.report
