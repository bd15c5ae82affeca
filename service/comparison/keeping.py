"""Where a comparison is kept while it runs, and what is removed of one that came to no report."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ingest.errors import SettingsFault
from service.comparison.kept import FOLDER, folder_of
from service.comparison.known_file import KNOWN
from service.comparison.measuring import attempt
from service.comparison.nouns import Report
from service.comparison.report_html import write_html
from service.comparison.report_json import FILE, write_json

MODELS = "models"
"""Store of the model that stands for fine-tuning, in the folder of a comparison."""
RUNNING = ".running"
"""Locked by the process that compares; the lock goes when the process does, however it ends."""


@contextmanager
def folders(home: Path, identity: str, copy_to: Path | None) -> Iterator[Path]:
    """The folder of the comparison, and the further one: both can be written to, before it begins.

    Where no report comes of it, what was begun is removed; where its process was killed, the next
    comparison does that.

    Raises:
        SettingsFault: one of them cannot be made or written to, or holds another comparison.
    """
    folder = folder_of(home, identity)
    if (folder / FILE).exists():
        raise SettingsFault(f"There is a comparison {identity} already.", remedy="Name another.")
    for place in filter(None, (folder, copy_to)):
        _refuse_unwritable(place)
    with (folder / RUNNING).open("wb") as lock:
        if not _locked(lock.fileno()):
            raise SettingsFault(f"Comparison {identity} is running.", remedy="Name another.")
        _sweep(home, besides=folder)
        try:
            yield folder
        finally:
            _tidied(folder)


def write_report(report: Report, *places: Path | None) -> Report:
    """The page, then the JSON: where that is, all is there. A page that fails costs no figure.

    Raises:
        OSError: a folder cannot be written to any more.
    """
    for place in filter(None, places):
        page, reason = attempt(partial(write_html, report, place))
        if page is None:
            words = f"The page could not be drawn: {reason}"
            report = replace(report, notes=(*report.notes, words))
        write_json(report, place)
    return report


def _sweep(home: Path, *, besides: Path) -> None:
    """Remove what comparisons left that were killed."""
    for mark in (home / FOLDER).glob(f"*/{RUNNING}"):
        if mark.parent == besides:
            continue
        with suppress(OSError), mark.open("rb") as lock:
            if _locked(lock.fileno()):
                _tidied(mark.parent)


def _tidied(folder: Path) -> None:
    """Without the mark, and where there is no report without what was made on the way."""
    if not (folder / FILE).exists():
        shutil.rmtree(folder / MODELS, ignore_errors=True)
        (folder / KNOWN).unlink(missing_ok=True)
    (folder / RUNNING).unlink(missing_ok=True)
    with suppress(OSError):  # others may keep their files there
        folder.rmdir()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_unwritable(folder: Path) -> None:
    probe = folder / ".probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise SettingsFault(
            f"The report cannot be written to {folder}: {fault.strerror}.",
            remedy="Name another folder.",
        ) from fault
