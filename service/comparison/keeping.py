"""Where a comparison is kept while it runs, and what is removed of one that came to no report."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from ingest.errors import SettingsFault, StoreFault
from service.comparison.kept import FOLDER, folder_of
from service.comparison.known_file import KNOWN
from service.comparison.measuring import attempt
from service.comparison.nouns import Report
from service.comparison.report_html import FILE as PAGE
from service.comparison.report_html import write_html
from service.comparison.report_json import FILE, write_json

MODELS = "models"
"""Store of the model that stands for fine-tuning, in the folder of a comparison."""
RUNNING = ".running"
"""Locked by the process that compares; the lock goes when the process does, however it ends."""
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def folders(home: Path, identity: str, copy_to: Path | None) -> Iterator[Path]:
    """The folder of the comparison, and the further one: both can be written to, before it begins.

    Where no report comes of it, what was begun is removed; where its process was killed, the next
    comparison does that.

    Raises:
        SettingsFault: one of them cannot be made or written to, or holds another comparison.
        StoreFault: the disk is full.
    """
    folder = folder_of(home, identity)
    if (folder / FILE).exists():
        raise SettingsFault(f"There is a comparison {identity} already.", remedy="Name another.")
    with _marked(folder):
        try:
            if copy_to is not None:
                _refuse_unwritable(copy_to)
            _sweep(home, besides=folder)
            yield folder
        except OSError as fault:
            if fault.errno not in FULL:
                raise
            raise _full(folder, copy_to, fault) from fault
        finally:
            _tidied(folder)


def _full(folder: Path, copy_to: Path | None, fault: OSError) -> StoreFault:
    if not (folder / FILE).exists():
        words = f"The comparison cannot be kept in {folder}: {fault.strerror}."
        return StoreFault(words, remedy="Make room, and compare again.")
    words = f"The report is kept in {folder}; there is no room for its copy in {copy_to}."
    return StoreFault(words, remedy="Copy it from there.")


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


def _marked(folder: Path) -> IO[bytes]:
    """The mark of a comparison, locked; anew where another one took it for that of a dead one."""
    mark = folder / RUNNING
    while True:
        _refuse_unwritable(folder)
        with suppress(FileNotFoundError), ExitStack() as stack:
            lock = stack.enter_context(mark.open("wb"))
            if not _locked(lock.fileno()):
                words = f"Comparison {folder.name} is running."
                raise SettingsFault(words, remedy="Name another.")
            if os.path.samestat(os.fstat(lock.fileno()), mark.stat()):
                stack.pop_all()
                return lock


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
        for path in (*folder.glob(".*.new"), *folder.glob(f".{KNOWN}-*")):
            path.unlink(missing_ok=True)
        for name in (KNOWN, PAGE):
            (folder / name).unlink(missing_ok=True)
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
