"""What engineers ask over HTTP about comparisons."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import UploadFile

from finetune.task import shipped_tasks
from ingest.errors import DataFault
from rag.reading import SUFFIXES as DOCUMENTS
from service.comparison_bodies import Compare
from service.comparisons import Asked, ComparisonRun, Comparisons
from service.model_requests import saved, suffix_of


def begun(comparisons: Comparisons, sent: Compare, *, by: str) -> ComparisonRun:
    """A comparison with what was uploaded.

    Raises:
        DataFault: files that we cannot read, or none where the task needs them.
        Conflict: a comparison runs.
    """
    if sent.file is None and (sent.task_file is not None or sent.task not in shipped_tasks()):
        raise DataFault(f"Task {sent.task} needs its rows: send them as file.")
    asked = Asked(
        sent.task,
        data=f"rows{suffix_of(sent.file)}" if sent.file else "",
        task_file="task.toml" if sent.task_file else "",
        codes=f"codes{_table(sent.codes)}" if sent.codes else "",
        target=sent.target,
        up_to=sent.up_to or "",
        seed=sent.seed,
        apply=sent.apply,
    )
    uploads = {asked.data: sent.file, asked.task_file: sent.task_file, asked.codes: sent.codes}
    with TemporaryDirectory(prefix="andon-rows-") as folder:
        files = {
            name: saved(upload, Path(folder) / name)
            for name, upload in uploads.items()
            if upload is not None
        }
        return comparisons.start(asked, files, by=by)


def _table(file: UploadFile) -> str:
    suffix = Path(file.filename or "").suffix.lower()
    if suffix not in DOCUMENTS:
        words = ", ".join(sorted(DOCUMENTS))
        raise DataFault(f"The codes need a file name that ends in one of {words}.")
    return suffix
