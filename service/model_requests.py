"""What engineers ask of the models over HTTP: train, evaluate, promote, and what is on file."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import UploadFile

from finetune.evaluation import evaluate
from finetune.models import TASK_NAME, ModelStore
from finetune.promotion import GateRefused, GateReport
from finetune.task import shipped_tasks
from ingest.errors import DataFault, NotKnown
from service.comparison.applying import Wish, followed
from service.faults import Conflict, TooLarge
from service.learning import Learning
from service.model_bodies import Evaluate, Promote, Train
from service.ports import Shelf
from service.task_routes import TaskRoute
from service.trainings import Training, Wanted

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
MOST_EVALUATED = 5_000_000
"""Bytes of a file that is judged while the caller waits."""
MOST_FILE = 8_000_000
"""Bytes of a card or a plot."""
PLOTS = {"reliability": "reliability.png", "confusion": "confusion.png"}

_evaluating = threading.Lock()


def started(learning: Learning, task: str, asked: Train, *, by: str) -> Training:
    """A training with what was uploaded.

    Raises:
        DataFault: files that we cannot read, or none where the task needs them.
        Conflict: a training runs.
    """
    if not TASK_NAME.fullmatch(task):
        raise DataFault(f"{task!r} is no name for a task: letters, digits, dash and underscore.")
    if asked.file is None and (asked.task_file is not None or task not in shipped_tasks()):
        raise DataFault(f"Task {task} needs its rows: send them as file.")
    wanted = Wanted(
        task,
        data=f"rows{suffix_of(asked.file)}" if asked.file else "",
        task_file="task.toml" if asked.task_file else "",
        seed=asked.seed,
        up_to=asked.up_to or "",
        feedback=asked.feedback,
        promote=asked.promote,
    )
    with TemporaryDirectory(prefix="andon-rows-") as folder:
        uploads = {wanted.data: asked.file, wanted.task_file: asked.task_file}
        files = {
            name: saved(upload, Path(folder) / name)
            for name, upload in uploads.items()
            if upload is not None
        }
        return learning.trainings.start(wanted, files, by=by)


def evaluated(store: ModelStore, task: str, asked: Evaluate) -> Mapping[str, Any]:
    """How good a version is on uploaded rows, as `andon evaluate --json` prints it.

    Raises:
        TooLarge: more rows than one waits for.
        Conflict: someone else's rows are being judged.
    """
    if (asked.file.size or 0) > MOST_EVALUATED:
        raise TooLarge(f"At most {MOST_EVALUATED} bytes are judged at once: send fewer rows.")
    with _one_at_a_time(), TemporaryDirectory(prefix="andon-rows-") as folder:
        rows = saved(asked.file, Path(folder) / f"rows{suffix_of(asked.file)}")
        return evaluate(task, rows, store, version=asked.version).as_dict()


def promoted(shelf: Shelf, task: str, asked: Promote, *, by: str) -> GateReport:
    """Put a version into use, if the gate lets it or an engineer says why it must.

    Raises:
        Conflict: the gate refuses it, with its reasons.
    """
    try:
        return shelf.promote(task, asked.version, force=asked.force, who=by, reason=asked.reason)
    except GateRefused as refused:
        raise Conflict(
            refused.message,
            remedy="It stays stored; to use it all the same send force and a reason.",
            reasons=refused.reasons,
        ) from refused


def route_set(home: Path, shelf: Shelf, wish: Wish, *, comparison: str | None = None) -> TaskRoute:
    """Answer a task as a comparison recommends, or by another way that it measured.

    Raises:
        Conflict: the gate refuses its model, with its reasons, or it recommends nothing.
        NotKnown: there is no such comparison, or nothing in it goes that way.
    """
    try:
        done = followed(home, wish, comparison=comparison, store=shelf.store, promotes=shelf)
    except GateRefused as refused:
        raise Conflict(
            refused.message,
            remedy="The route stays as it was; to use it all the same send force and a reason.",
            reasons=refused.reasons,
        ) from refused
    return done.route


def on_file(store: ModelStore, task: str, version: str, name: str) -> bytes:
    """A card or a plot of a version; NotKnown when it has none."""
    path = store.folder(task, version) / name
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_FILE:
        raise NotKnown(f"Version {version} of task {task} has no {name}.")
    return path.read_bytes()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _evaluating.acquire(blocking=False):
        raise Conflict("Other rows are being judged: try again when that is done.")
    try:
        yield
    finally:
        _evaluating.release()


def suffix_of(file: UploadFile) -> str:
    """The ending of its name, where it is one of a file of rows; DataFault otherwise."""
    suffix = Path(file.filename or "").suffix.lower()
    if suffix not in SUFFIXES:
        raise DataFault(f"The rows need a file name that ends in one of {', '.join(SUFFIXES)}.")
    return suffix


def saved(upload: UploadFile, path: Path) -> Path:
    """What was uploaded, as that file."""
    with path.open("wb") as sink:
        shutil.copyfileobj(upload.file, sink)
    return path
