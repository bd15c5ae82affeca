"""From a task and its data to a stored model: fit, choose, judge once, store, read back."""

from __future__ import annotations

import logging
from pathlib import Path

from finetune.account import reported
from finetune.alone import alone
from finetune.candidates.lora import LoraSettings
from finetune.course import Course, Wish, course_of
from finetune.dataset import read_dataset
from finetune.features import Windows
from finetune.finished import stored_before
from finetune.judging import judged
from finetune.ladder import choose, climb
from finetune.models import ModelStore
from finetune.progress import Progress, silent
from finetune.report import TrainReport
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
    windows: Windows | None = None,
) -> TrainReport:
    """Score every candidate over folds, choose one, judge it on the test, store it on all rows.

    A training that was killed goes on where it stopped when the same is asked for again.

    Raises:
        SettingsFault: a file or the encoder is missing, another training of the task runs, or
            the home cannot be written to.
        DataFault: the data cannot be used.
        ModelFault: the stored model does not answer as the fitted one.
        GateRefused: the stored version is not put into use, as it is worse than the one in use.
    """
    store.versions(task.name)  # refuses a name that is none before it becomes a folder
    rows = read_dataset(task, data, windows=windows)
    with bounded(threads), alone(store.root / task.name):
        course = course_of(rows, store, Wish(seed, threads, progress, lora, up_to))
        report = stored_before(course, store) or _trained(course, store)
        try:
            if promote:
                store.promote(task.name, report.version)
        finally:
            course.checkpoint.remove()
    log.info("model trained", extra={"task": task.name, "version": report.version})
    return report


def _trained(course: Course, store: ModelStore) -> TrainReport:
    rungs = climb(course.contest, course.recipes)
    chosen = choose(rungs, course.contest.truth, seed=course.wish.seed)
    verdict = judged(course, rungs, chosen)
    return stored(course, verdict, reported(course, rungs, verdict), store)
